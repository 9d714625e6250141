/* SPDX-License-Identifier: Apache-2.0 */

/* Builds images for tests. Signatures come from OpenSSL, so that nothing is checked by its own
 * maker. */

#include "image_builder.h"

#include <openssl/ec.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void test_key_make(struct test_key *key)
{
    uint8_t *der = NULL;

    key->pkey = EVP_EC_gen("P-256");
    assert_non_null(key->pkey);
    assert_int_equal(i2d_PUBKEY(key->pkey, &der), sizeof key->der);
    memcpy(key->der, der, sizeof key->der);
    OPENSSL_free(der);
    assert_int_equal(EVP_Digest(key->der, sizeof key->der, key->hash, NULL, EVP_sha256(), NULL), 1);
    key->public_key = (struct otter_public_key){ .der = key->der, .der_size = sizeof key->der };
}

void test_key_free(struct test_key *key)
{
    EVP_PKEY_free(key->pkey);
}

void builder_start(struct builder *builder)
{
    memset(builder, 0, sizeof *builder);
    memset(builder->slot, 0xFF, sizeof builder->slot);
    builder->header = (struct otter_image_header){
        .header_size = 64,
        .program_size = 100,
        .version = { 1, 2, 3, 4 },
    };
    otter_tlv_writer_init(&builder->protected_writer, builder->protected_tlvs,
                          sizeof builder->protected_tlvs);
    otter_tlv_writer_init(&builder->unprotected_writer, builder->unprotected_tlvs,
                          sizeof builder->unprotected_tlvs);
    builder->area = ram_flash_init(&builder->ram, builder->slot, SLOT_SIZE / 4, 4);
}

void builder_lay_out(struct builder *builder)
{
    struct otter_image_header *header = &builder->header;
    const size_t protected_size = builder->protected_writer.length > OTTER_TLV_INFO_SIZE
                                      ? builder->protected_writer.length
                                      : 0;

    assert_int_equal(
        otter_tlv_writer_finish(&builder->protected_writer, OTTER_TLV_PROTECTED_INFO_MAGIC),
        OTTER_OK);
    header->protected_tlv_size = (uint16_t)protected_size;
    otter_image_encode_header(header, builder->slot);
    for (uint32_t i = 0; i < header->program_size; i++) {
        builder->slot[header->header_size + i] = (uint8_t)i;
    }
    builder->size = header->header_size + header->program_size;
    memcpy(builder->slot + builder->size, builder->protected_tlvs, protected_size);
    builder->size += (uint32_t)protected_size;
    assert_int_equal(
        EVP_Digest(builder->slot, builder->size, builder->digest, NULL, EVP_sha256(), NULL), 1);
}

void builder_add_hash(struct builder *builder)
{
    otter_tlv_writer_add(&builder->unprotected_writer, OTTER_TLV_SHA256, builder->digest,
                         OTTER_SHA256_SIZE);
}

void builder_add_bare_signature(struct builder *builder, const struct test_key *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->pkey, NULL);
    uint8_t signature[72];
    size_t size = sizeof signature;

    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_sign(context, signature, &size, builder->digest, OTTER_SHA256_SIZE),
                     1);
    EVP_PKEY_CTX_free(context);
    otter_tlv_writer_add(&builder->unprotected_writer, OTTER_TLV_ECDSA_SIG, signature,
                         (uint16_t)size);
}

void builder_add_signature(struct builder *builder, const struct test_key *key)
{
    otter_tlv_writer_add(&builder->unprotected_writer, OTTER_TLV_KEYHASH, key->hash,
                         OTTER_SHA256_SIZE);
    builder_add_bare_signature(builder, key);
}

void builder_finish(struct builder *builder)
{
    assert_int_equal(otter_tlv_writer_finish(&builder->unprotected_writer, OTTER_TLV_INFO_MAGIC),
                     OTTER_OK);
    memcpy(builder->slot + builder->size, builder->unprotected_tlvs,
           builder->unprotected_writer.length);
    builder->size += (uint32_t)builder->unprotected_writer.length;
}

void builder_make(struct builder *builder, const struct test_key *key)
{
    builder_start(builder);
    builder_lay_out(builder);
    builder_add_hash(builder);
    if (key != NULL) {
        builder_add_signature(builder, key);
    }
    builder_finish(builder);
}
