/* SPDX-License-Identifier: Apache-2.0 */

/** Signed images made in memory, with the writing half of libs/image. */
#ifndef OTTER_TEST_IMAGE_H
#define OTTER_TEST_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/crypto.h"
#include "otter/image.h"

#define OTTER_TEST_SIGNATURE_MAX 80u
/** A wrapped key's bytes beside the encrypted key itself, as in ECIES over P-256. */
#define OTTER_TEST_WRAP_SIZE 97u

/** Someone who signs, and the provider with which a device checks it. */
struct otter_test_signer {
    const struct otter_crypto *crypto;
    struct otter_public_key key;
    /** What the signer's devices unwrap image keys with: a name, used by a stand-in for ECIES that
     * costs two hashes. AES is real. */
    struct otter_private_key device_key;
    void *secret;
    /** @return bytes of the signature */
    size_t (*sign)(const struct otter_test_signer *signer, const uint8_t digest[OTTER_SHA256_SIZE],
                   uint8_t signature[OTTER_TEST_SIGNATURE_MAX]);
};

/** A stand-in for a signature that costs two hashes: for tests that boot ten thousand times. Who
 * knows the public key can forge it. */
void otter_test_signer_fake(struct otter_test_signer *signer, const char *name);

/** The real thing: ECDSA P-256, a new key each time, checked by Mbed TLS. */
void otter_test_signer_ecdsa(struct otter_test_signer *signer);
void otter_test_signer_free(struct otter_test_signer *signer);

/** What an image asks of another one. */
struct otter_test_dependency {
    uint8_t image;
    struct otter_version at_least;
};

struct otter_test_image {
    struct otter_version version;
    uint16_t header_size;
    uint32_t size;         /**< bytes of the whole image; 0: as program_size demands */
    uint32_t program_size; /**< used if size is 0 */
    uint32_t flags;
    uint8_t seed;     /**< chooses the program's bytes */
    uint8_t key_size; /**< 16 or 32: an encrypted image; 0: it is not */
    const struct otter_test_signer *signer;
    bool is_unsigned;             /**< leave key hash and signature out */
    const uint8_t *layout_digest; /**< NULL: no layout TLV */
    const struct otter_test_dependency *dependencies;
    uint8_t dependency_count;
    uint32_t security_counter; /**< 0: no such TLV */
    uint32_t load_address;
};

/** Make an image. The program of one that is to be encrypted is still plain: as in a primary slot.
 *
 *  @return its size in bytes; aborts if it needs more than @p room */
uint32_t otter_test_image_make(const struct otter_test_image *wanted, uint8_t *bytes,
                               uint32_t room);

/** Encrypt or decrypt an image that was made as @p wanted, in place; nothing if it is not to be. */
void otter_test_image_crypt(const struct otter_test_image *wanted, uint8_t *bytes);

/** Wrap an image key for the devices of @p signer; @p value has room for OTTER_TEST_WRAP_SIZE more. */
void otter_test_wrap_key(const struct otter_test_signer *signer, const uint8_t *image_key,
                         size_t key_size, uint8_t *value);

#endif
