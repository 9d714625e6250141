/* SPDX-License-Identifier: Apache-2.0 */

/** Hashes and signatures by Mbed TLS.
 *
 * SHA-256 needs no memory beyond its struct. Checking a signature needs temporary memory from
 * Mbed TLS's allocator: on devices, and wherever the bootloader's configuration is linked, hand it
 * a pool first (otter/mbedtls_platform.h). Without enough memory a signature is bad. */
#ifndef OTTER_MBEDTLS_CRYPTO_H
#define OTTER_MBEDTLS_CRYPTO_H

#include "otter/crypto.h"

/** SHA-256, and all signature algorithms below. */
extern const struct otter_crypto otter_mbedtls_crypto;

/** ECDSA over P-256. Keys are SubjectPublicKeyInfo in DER with an uncompressed point, 91 bytes.
 * Signatures are DER; zero bytes may follow, as old signing tools padded them. */
extern const struct otter_signature_ops otter_mbedtls_ecdsa_p256;

#endif
