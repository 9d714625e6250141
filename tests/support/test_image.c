/* SPDX-License-Identifier: Apache-2.0 */

/* Images in memory. An image of an exact size is made by measuring one, then stretching its
 * program: only a signature's length may still vary, so signing is repeated until it fits. */

#include "test_image.h"

#include <stdlib.h>
#include <string.h>

#include "otter/bytes.h"

#define TLV_ROOM 512u

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void fill_program(uint8_t *program, uint32_t size, uint8_t seed)
{
    uint32_t state = 0x9E3779B9u * (seed + 1u);

    for (uint32_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        program[i] = (uint8_t)(state >> 24);
    }
}

static void hash(const struct otter_crypto *crypto, const void *bytes, size_t len,
                 uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;

    demand(crypto->sha256_start(&sha) == OTTER_OK);
    demand(crypto->sha256_update(&sha, bytes, len) == OTTER_OK);
    demand(crypto->sha256_finish(&sha, digest) == OTTER_OK);
}

static void add_layout(const struct otter_test_image *wanted, struct otter_tlv_writer *writer)
{
    uint8_t layout[OTTER_SHA256_SIZE + 4];

    if (wanted->layout_digest != NULL) {
        memcpy(layout, wanted->layout_digest, OTTER_SHA256_SIZE);
        memcpy(layout + OTTER_SHA256_SIZE, "test", 4);
        otter_tlv_writer_add(writer, OTTER_TLV_LAYOUT, layout, sizeof layout);
    }
}

static void add_dependency(const struct otter_test_dependency *dependency,
                           struct otter_tlv_writer *writer)
{
    uint8_t value[12] = { dependency->image,         0, 0, 0, dependency->at_least.major,
                          dependency->at_least.minor };

    otter_store_le16(value + 6, dependency->at_least.revision);
    otter_store_le32(value + 8, dependency->at_least.build);
    otter_tlv_writer_add(writer, OTTER_TLV_DEPENDENCY, value, sizeof value);
}

static uint32_t protected_tlvs(const struct otter_test_image *wanted, uint8_t tlvs[TLV_ROOM])
{
    struct otter_tlv_writer writer;
    uint8_t counter[4];

    otter_tlv_writer_init(&writer, tlvs, TLV_ROOM);
    if (wanted->security_counter != 0) {
        otter_store_le32(counter, wanted->security_counter);
        otter_tlv_writer_add(&writer, OTTER_TLV_SECURITY_COUNTER, counter, sizeof counter);
    }
    for (uint8_t i = 0; i < wanted->dependency_count; i++) {
        add_dependency(&wanted->dependencies[i], &writer);
    }
    add_layout(wanted, &writer);
    demand(otter_tlv_writer_finish(&writer, OTTER_TLV_PROTECTED_INFO_MAGIC) == OTTER_OK);
    return writer.length > OTTER_TLV_INFO_SIZE ? (uint32_t)writer.length : 0;
}

/* A key for each program, as it must be: counter mode starts anew with every image. */
static void make_key(const struct otter_test_image *wanted, uint8_t key[OTTER_IMAGE_KEY_SIZE_MAX])
{
    fill_program(key, OTTER_IMAGE_KEY_SIZE_MAX, (uint8_t)(wanted->seed + 100u));
}

static uint32_t flags_of(const struct otter_test_image *wanted)
{
    if (wanted->key_size == 0) {
        return wanted->flags;
    }
    return wanted->flags
           | (wanted->key_size == 16 ? OTTER_IMAGE_ENCRYPTED_AES128 : OTTER_IMAGE_ENCRYPTED_AES256);
}

static void add_wrapped_key(const struct otter_test_image *wanted, struct otter_tlv_writer *writer)
{
    uint8_t key[OTTER_IMAGE_KEY_SIZE_MAX];
    uint8_t value[OTTER_TEST_WRAP_SIZE + OTTER_IMAGE_KEY_SIZE_MAX];

    if (wanted->key_size != 0) {
        make_key(wanted, key);
        otter_test_wrap_key(wanted->signer, key, wanted->key_size, value);
        otter_tlv_writer_add(writer, OTTER_TLV_ENC_EC256, value,
                             (uint16_t)(OTTER_TEST_WRAP_SIZE + wanted->key_size));
    }
}

static uint32_t unprotected_tlvs(const struct otter_test_image *wanted, const uint8_t *hashed,
                                 uint32_t hashed_size, uint8_t tlvs[TLV_ROOM])
{
    const struct otter_test_signer *signer = wanted->signer;
    uint8_t digest[OTTER_SHA256_SIZE];
    struct otter_tlv_writer writer;

    hash(signer->crypto, hashed, hashed_size, digest);
    otter_tlv_writer_init(&writer, tlvs, TLV_ROOM);
    otter_tlv_writer_add(&writer, OTTER_TLV_SHA256, digest, sizeof digest);
    if (!wanted->is_unsigned) {
        uint8_t key_hash[OTTER_SHA256_SIZE];
        uint8_t signature[OTTER_TEST_SIGNATURE_MAX];
        const size_t len = signer->sign(signer, digest, signature);

        hash(signer->crypto, signer->key.der, signer->key.der_size, key_hash);
        otter_tlv_writer_add(&writer, OTTER_TLV_KEYHASH, key_hash, sizeof key_hash);
        otter_tlv_writer_add(&writer, OTTER_TLV_ECDSA_SIG, signature, (uint16_t)len);
    }
    add_wrapped_key(wanted, &writer);
    demand(otter_tlv_writer_finish(&writer, OTTER_TLV_INFO_MAGIC) == OTTER_OK);
    return (uint32_t)writer.length;
}

static uint32_t make(const struct otter_test_image *wanted, uint32_t program_size, uint8_t *bytes,
                     uint32_t room)
{
    uint8_t tlvs[TLV_ROOM];
    const uint32_t protected_size = protected_tlvs(wanted, tlvs);
    const struct otter_image_header header = {
        .load_address = wanted->load_address,
        .header_size = wanted->header_size,
        .protected_tlv_size = (uint16_t)protected_size,
        .program_size = program_size,
        .flags = flags_of(wanted),
        .version = wanted->version,
    };
    const uint32_t hashed_size = wanted->header_size + program_size + protected_size;
    uint32_t unprotected_size;

    demand(hashed_size <= room);
    memset(bytes, 0, wanted->header_size);
    otter_image_encode_header(&header, bytes);
    fill_program(bytes + wanted->header_size, program_size, wanted->seed);
    memcpy(bytes + wanted->header_size + program_size, tlvs, protected_size);
    unprotected_size = unprotected_tlvs(wanted, bytes, hashed_size, tlvs);
    demand(unprotected_size <= room - hashed_size);
    memcpy(bytes + hashed_size, tlvs, unprotected_size);
    return hashed_size + unprotected_size;
}

uint32_t otter_test_image_make(const struct otter_test_image *wanted, uint8_t *bytes, uint32_t room)
{
    uint32_t program_size = wanted->program_size;
    uint32_t size = make(wanted, program_size, bytes, room);

    if (wanted->size == 0) {
        return size;
    }
    demand(size <= wanted->size);
    while (size != wanted->size) {
        program_size += wanted->size - size; /* unsigned: it also shrinks */
        size = make(wanted, program_size, bytes, room);
    }
    return size;
}

void otter_test_image_crypt(const struct otter_test_image *wanted, uint8_t *bytes)
{
    const struct otter_cipher_ops *cipher = wanted->signer->crypto->cipher;
    struct otter_image_header header;
    uint8_t key[OTTER_IMAGE_KEY_SIZE_MAX];
    struct otter_aes aes;

    if (wanted->key_size == 0) {
        return;
    }
    make_key(wanted, key);
    demand(otter_image_parse_header(bytes, &header) == OTTER_OK);
    demand(cipher->set_key(&aes, key, wanted->key_size) == OTTER_OK);
    demand(cipher->crypt(&aes, 0, bytes + header.header_size, header.program_size) == OTTER_OK);
}
