/* SPDX-License-Identifier: Apache-2.0 */

/** Builds images for tests, right ones and wrong ones: what a test adds is what the image has. The
 * parts are kept apart until build(), so that a test can spoil one of them. */
#ifndef OTTER_TEST_IMAGE_BUILDER_H
#define OTTER_TEST_IMAGE_BUILDER_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/image.h"
#include "ram_flash.h"

#define SLOT_SIZE 4096u

/** A signing key, made anew in each run. */
struct test_key {
    EVP_PKEY *pkey;
    uint8_t der[91];
    uint8_t hash[OTTER_SHA256_SIZE];
    struct otter_public_key public_key;
};

void test_key_make(struct test_key *key);
void test_key_free(struct test_key *key);

struct builder {
    struct otter_image_header header;
    uint8_t slot[SLOT_SIZE]; /* what build() laid out, then erased bytes */
    uint8_t protected_tlvs[1024];
    uint8_t unprotected_tlvs[1024];
    struct otter_tlv_writer protected_writer;
    struct otter_tlv_writer unprotected_writer;
    uint8_t digest[OTTER_SHA256_SIZE]; /* of what is hashed, once it is laid out */
    uint32_t size;                     /* of the image */
    struct ram_flash ram;
    struct otter_area area;
};

/** A header for a program of 100 bytes, version 1.2.3+4. */
void builder_start(struct builder *builder);

/** Lay out everything that is hashed and compute its digest. Protected TLVs come before this. */
void builder_lay_out(struct builder *builder);

/** Add TLVs that prove the image: the hash, and a key hash with its signature. */
void builder_add_hash(struct builder *builder);
void builder_add_signature(struct builder *builder, const struct test_key *key);
/** The signature alone, without the hash that names its key. */
void builder_add_bare_signature(struct builder *builder, const struct test_key *key);

/** Append the unprotected area. */
void builder_finish(struct builder *builder);

/** All of the above: a good image signed by @p key (NULL: unsigned). */
void builder_make(struct builder *builder, const struct test_key *key);

#endif
