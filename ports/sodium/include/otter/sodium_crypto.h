/* SPDX-License-Identifier: Apache-2.0 */

/** Ed25519 by libsodium, which needs no memory but the stack. */
#ifndef OTTER_SODIUM_CRYPTO_H
#define OTTER_SODIUM_CRYPTO_H

#include "otter/crypto.h"

/** Ed25519 (RFC 8032) whose message is the 32 bytes of the digest. Keys are SubjectPublicKeyInfo in
 * DER, 44 bytes; signatures are 64 bytes. Keys and signatures that are not in canonical form, or
 * whose points are of small order, are bad. */
extern const struct otter_signature_ops otter_sodium_ed25519;

#endif
