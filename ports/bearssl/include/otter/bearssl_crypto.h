/* SPDX-License-Identifier: Apache-2.0 */

/** SHA-256 and ECDSA P-256 by BearSSL: half the code and a third of the time that Mbed TLS takes on a
 * Cortex-M4, and no memory but the stack. For bootloaders; it has no TLS here. */
#ifndef OTTER_BEARSSL_CRYPTO_H
#define OTTER_BEARSSL_CRYPTO_H

#include "otter/crypto.h"

/** SHA-256 and ECDSA P-256, and no encrypted images: what the default signature needs. */
extern const struct otter_crypto otter_bearssl_crypto;

/** SHA-256, for a struct otter_crypto of the program's own. */
enum otter_result otter_bearssl_sha256_start(struct otter_sha256 *sha);
enum otter_result otter_bearssl_sha256_update(struct otter_sha256 *sha, const void *bytes,
                                              size_t len);
enum otter_result otter_bearssl_sha256_finish(struct otter_sha256 *sha,
                                              uint8_t digest[OTTER_SHA256_SIZE]);

/** ECDSA over P-256. Keys are SubjectPublicKeyInfo in DER with an uncompressed point, 91 bytes.
 * Signatures are DER; zero bytes may follow, as old signing tools padded them. */
extern const struct otter_signature_ops otter_bearssl_ecdsa_p256;

#endif
