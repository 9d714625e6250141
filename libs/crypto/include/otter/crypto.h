/* SPDX-License-Identifier: Apache-2.0 */

/** Interfaces for hashes, signatures and decryption. No algorithm lives here: ports provide them. */
#ifndef OTTER_CRYPTO_H
#define OTTER_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "otter/result.h"

#define OTTER_SHA256_SIZE 32

/** The verdict on something that must be authentic. The two values differ in 31 bits, so that a
 * cleared register or a single glitched compare cannot make a bad verdict good. Anything that is
 * not OTTER_VERDICT_GOOD is bad. */
enum otter_verdict {
    OTTER_VERDICT_GOOD = 0x3CA5965A,
    OTTER_VERDICT_BAD = 0x435A69A5,
};

/** A running SHA-256. Place it anywhere; the port keeps its own state inside. */
struct otter_sha256 {
    uint64_t state[14];
};

/** A public key as image signatures name it: the DER bytes whose SHA-256 stands in the image's
 * KEYHASH TLV. EC and Ed25519: SubjectPublicKeyInfo; RSA: PKCS#1 RSAPublicKey. */
struct otter_public_key {
    const uint8_t *der;
    size_t der_size;
};

/** One signature algorithm. */
struct otter_signature_ops {
    const char *name;  /**< for people, for example "ECDSA P-256" */
    uint16_t tlv_type; /**< the TLV that carries such a signature (otter/image.h) */
    uint16_t max_size; /**< bytes of the longest signature */

    /** Check a signature over a SHA-256 digest.
     *
     *  @return OTTER_VERDICT_GOOD only if the key is of this algorithm and the signature is right;
     *          a malformed key or signature is simply bad */
    enum otter_verdict (*verify)(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size);
};

/** A private key that image keys are wrapped to: DER bytes, PKCS#8 for EC, PKCS#1 for RSA. */
struct otter_private_key {
    const uint8_t *der;
    size_t der_size;
};

/** Bytes of the longest key that encrypts an image (AES-256). */
#define OTTER_IMAGE_KEY_SIZE_MAX 32

/** One way in which the key of an encrypted image travels in its TLV. */
struct otter_unwrap_ops {
    const char *name;  /**< for people, for example "ECIES P-256" */
    uint16_t tlv_type; /**< the TLV that carries a key wrapped like this */

    /** Unwrap an image key.
     *
     *  @param key_size  16 (AES-128) or 32 (AES-256), from the image's flags
     *  @return OTTER_OK
     *          OTTER_ERR_IMAGE_KEY  it was not wrapped for this key, or was altered; nothing about
     *                               the image key is revealed, `image_key` is zeroed
     *          OTTER_ERR_CRYPTO */
    enum otter_result (*unwrap)(const struct otter_private_key *key, const uint8_t *value,
                                size_t value_size, uint8_t *image_key, size_t key_size);
};

/** An expanded AES key. Place it anywhere; the port keeps its own state inside, which may point into
 * itself: do not move or copy it once its key is set. */
struct otter_aes {
    uint64_t state[38];
};

/** AES in counter mode, in which encrypting and decrypting are the same. */
struct otter_cipher_ops {
    /** Expand a key of 16 or 32 bytes. @return OTTER_OK, OTTER_ERR_CRYPTO */
    enum otter_result (*set_key)(struct otter_aes *aes, const uint8_t *key, size_t key_size);

    /** Encrypt or decrypt bytes in place. The counter block of the byte at @p offset of a message is
     * @p offset / 16 as a big-endian number of 128 bits; the offset needs no alignment.
     *
     *  @return OTTER_OK, OTTER_ERR_CRYPTO */
    enum otter_result (*crypt)(struct otter_aes *aes, uint32_t offset, uint8_t *bytes, size_t len);
};

/** What a crypto port provides. */
struct otter_crypto {
    enum otter_result (*sha256_start)(struct otter_sha256 *sha);
    enum otter_result (*sha256_update)(struct otter_sha256 *sha, const void *bytes, size_t len);
    /** Writes the digest and ends; start it again before the next use. */
    enum otter_result (*sha256_finish)(struct otter_sha256 *sha, uint8_t digest[OTTER_SHA256_SIZE]);

    /** The algorithms this program accepts, NULL-terminated. */
    const struct otter_signature_ops *const *signatures;

    /** NULL: this program cannot take encrypted images. */
    const struct otter_cipher_ops *cipher;
    /** How image keys may be wrapped, NULL-terminated; NULL without a cipher. */
    const struct otter_unwrap_ops *const *unwraps;
};

#endif
