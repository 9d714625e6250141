/* SPDX-License-Identifier: Apache-2.0 */

/** ECDSA P-256 by micro-ecc: the smallest check of a signature that there is for a Cortex-M4, and the
 * fastest. It takes no memory but the stack. */
#ifndef OTTER_MICRO_ECC_CRYPTO_H
#define OTTER_MICRO_ECC_CRYPTO_H

#include "otter/crypto.h"

/** ECDSA over P-256, to be named in a program's struct otter_crypto. Keys are SubjectPublicKeyInfo in
 * DER with an uncompressed point, 91 bytes; that the point is on the curve is taken for granted, as the
 * keys are the program's own. Signatures are DER; zero bytes may follow, as old signing tools padded
 * them. */
extern const struct otter_signature_ops otter_micro_ecc_ecdsa_p256;

#endif
