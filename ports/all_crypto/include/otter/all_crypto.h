/* SPDX-License-Identifier: Apache-2.0 */

/** Every algorithm that images can use, for host programs and for tests; a firmware names its own. */
#ifndef OTTER_ALL_CRYPTO_H
#define OTTER_ALL_CRYPTO_H

#include "otter/crypto.h"

/** Ed25519 by libsodium, the rest by Mbed TLS. */
extern const struct otter_crypto otter_all_crypto;

#endif
