/* SPDX-License-Identifier: Apache-2.0 */

/** Hashes, signatures and decryption by Mbed TLS.
 *
 * A program names what it wants in a struct otter_crypto of its own, or takes otter_mbedtls_crypto;
 * the linker leaves out what nobody names.
 *
 * SHA-256 and AES need no memory beyond their structs. Signatures and wrapped keys need temporary
 * memory from Mbed TLS's allocator: on devices, and wherever the bootloader's configuration is
 * linked, hand it a pool first (otter/mbedtls_platform.h). Without enough memory a signature is
 * bad, and unwrapping a key is OTTER_ERR_CRYPTO. */
#ifndef OTTER_MBEDTLS_CRYPTO_H
#define OTTER_MBEDTLS_CRYPTO_H

#include "otter/crypto.h"

/** SHA-256 and ECDSA P-256, and no encrypted images: what the default signature needs. */
extern const struct otter_crypto otter_mbedtls_crypto;

/** SHA-256, for a struct otter_crypto of the program's own. */
enum otter_result otter_mbedtls_sha256_start(struct otter_sha256 *sha);
enum otter_result otter_mbedtls_sha256_update(struct otter_sha256 *sha, const void *bytes,
                                              size_t len);
enum otter_result otter_mbedtls_sha256_finish(struct otter_sha256 *sha,
                                              uint8_t digest[OTTER_SHA256_SIZE]);

/** ECDSA over P-256. Keys are SubjectPublicKeyInfo in DER with an uncompressed point, 91 bytes.
 * Signatures are DER; zero bytes may follow, as old signing tools padded them. */
extern const struct otter_signature_ops otter_mbedtls_ecdsa_p256;

/** RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes. Keys are PKCS#1 RSAPublicKey
 * in DER, with a modulus of exactly that many bits and the exponent 65537: 270 and 398 bytes.
 * Signatures are as long as the modulus. */
extern const struct otter_signature_ops otter_mbedtls_rsa2048_pss;
extern const struct otter_signature_ops otter_mbedtls_rsa3072_pss;

/** AES-128 and AES-256 in counter mode. */
extern const struct otter_cipher_ops otter_mbedtls_aes_ctr;

/** ECIES over P-256, as MCUboot has it: HKDF and HMAC with SHA-256, AES-CTR. The private key is
 * PKCS#8 in DER, with the public key (138 bytes) or without it (67 bytes). */
extern const struct otter_unwrap_ops otter_mbedtls_ecies_p256;

/** RSA-OAEP with SHA-256 and MGF1 with SHA-256, for a key of 2048 bits. The private key is PKCS#1
 * RSAPrivateKey in DER; what follows its two primes may be missing. */
extern const struct otter_unwrap_ops otter_mbedtls_rsa_oaep;

#endif
