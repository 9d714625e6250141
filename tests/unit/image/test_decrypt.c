/* SPDX-License-Identifier: Apache-2.0 */

/* Encrypted images: which key is taken, and which bytes a cipher touches. Whether real keys unwrap is
 * the crypto port's business; here wrapping is none, and the image key is the TLV's value. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image_builder.h"
#include "otter/mbedtls_crypto.h"
#include "suites.h"

static const uint8_t image_key[OTTER_IMAGE_KEY_SIZE_MAX] = { 1, 2, 3 };
static const struct otter_private_key device_key = { (const uint8_t *)"device", 6 };

static struct builder builder;
static struct otter_image image;
static struct otter_image_cipher cipher;
static struct otter_crypto crypto;
static struct otter_trust trust;

static enum otter_result unwrap(const struct otter_private_key *key, const uint8_t *value,
                                size_t value_size, uint8_t *unwrapped, size_t key_size)
{
    assert_ptr_equal(key, &device_key);
    if (value_size != key_size) {
        return OTTER_ERR_IMAGE_KEY;
    }
    memcpy(unwrapped, value, key_size);
    return OTTER_OK;
}

static const struct otter_unwrap_ops no_wrapping = {
    .name = "none",
    .tlv_type = OTTER_TLV_ENC_EC256,
    .unwrap = unwrap,
};
static const struct otter_unwrap_ops *const unwraps[] = { &no_wrapping, NULL };

static int set_up(void **state)
{
    (void)state;
    crypto = otter_mbedtls_crypto;
    crypto.cipher = &otter_mbedtls_aes_ctr;
    crypto.unwraps = unwraps;
    trust = (struct otter_trust){ .crypto = &crypto, .decryption_key = &device_key };
    builder_start(&builder);
    return 0;
}

/* An image with a right hash and so many wrapped keys. */
static void make_image(uint32_t flags, uint16_t tlv_type, uint16_t key_size, int count)
{
    builder.header.flags = flags;
    builder_lay_out(&builder);
    builder_add_hash(&builder);
    for (int i = 0; i < count; i++) {
        otter_tlv_writer_add(&builder.unprotected_writer, tlv_type, image_key, key_size);
    }
    builder_finish(&builder);
    assert_int_equal(otter_image_open(&builder.area, 0, SLOT_SIZE, &image), OTTER_OK);
}

static enum otter_result decrypt(void)
{
    return otter_image_decrypt(&image, &trust, &cipher);
}

static void a_plain_image_stays_as_it_is(void **state)
{
    uint8_t bytes[64] = { 0 };
    const uint8_t untouched[64] = { 0 };

    (void)state;
    make_image(0, OTTER_TLV_ENC_EC256, 16, 1);
    assert_int_equal(decrypt(), OTTER_OK);
    assert_null(image.cipher);
    assert_int_equal(otter_image_crypt(&cipher, 0, bytes, sizeof bytes), OTTER_OK);
    assert_memory_equal(bytes, untouched, sizeof bytes);
}

static void only_the_program_is_changed_however_it_is_cut(void **state)
{
    static uint8_t whole[SLOT_SIZE];
    static uint8_t cut[SLOT_SIZE];

    (void)state;
    make_image(OTTER_IMAGE_ENCRYPTED_AES256, OTTER_TLV_ENC_EC256, 32, 1);
    assert_int_equal(decrypt(), OTTER_OK);
    memcpy(whole, builder.slot, sizeof whole);
    assert_int_equal(otter_image_crypt(&cipher, 0, whole, image.size), OTTER_OK);

    const uint32_t start = image.header.header_size;
    const uint32_t end = start + image.header.program_size;

    assert_memory_equal(whole, builder.slot, start);
    assert_memory_not_equal(whole + start, builder.slot + start, end - start);
    assert_memory_equal(whole + end, builder.slot + end, image.size - end);

    for (uint32_t step = 1; step < 70; step++) {
        memcpy(cut, builder.slot, sizeof cut);
        for (uint32_t at = 0; at < image.size; at += step) {
            const uint32_t left = image.size - at;

            assert_int_equal(otter_image_crypt(&cipher, at, cut + at, left < step ? left : step),
                             OTTER_OK);
        }
        assert_memory_equal(cut, whole, sizeof cut);
    }
}

static void the_hash_is_that_of_the_plain_program(void **state)
{
    uint8_t buffer[OTTER_IMAGE_BUFFER_MIN];
    const struct otter_workspace work = { .buffer = buffer, .size = sizeof buffer };
    enum otter_result reason;

    (void)state;
    make_image(OTTER_IMAGE_ENCRYPTED_AES128, OTTER_TLV_ENC_EC256, 16, 1);
    assert_int_equal(otter_image_verify(&image, &trust, &work, &reason),
                     OTTER_VERDICT_GOOD); /* as in a primary slot */
    assert_int_equal(decrypt(), OTTER_OK);
    assert_int_equal(otter_image_verify(&image, &trust, &work, &reason), OTTER_VERDICT_BAD);
    assert_int_equal(reason, OTTER_ERR_IMAGE_HASH);
    assert_int_equal(otter_image_crypt(&cipher, 0, builder.slot, image.size), OTTER_OK);
    assert_int_equal(otter_image_verify(&image, &trust, &work, &reason),
                     OTTER_VERDICT_GOOD); /* as in a secondary slot */
}

static void there_must_be_one_wrapped_key(void **state)
{
    (void)state;
    make_image(OTTER_IMAGE_ENCRYPTED_AES128, OTTER_TLV_ENC_EC256, 16, 0);
    assert_int_equal(decrypt(), OTTER_ERR_IMAGE_TLV);
    set_up(NULL);
    make_image(OTTER_IMAGE_ENCRYPTED_AES128, OTTER_TLV_ENC_EC256, 16, 2);
    assert_int_equal(decrypt(), OTTER_ERR_IMAGE_TLV);
    assert_null(image.cipher);
}

static void a_key_for_the_other_cipher_is_refused(void **state)
{
    (void)state;
    make_image(OTTER_IMAGE_ENCRYPTED_AES256, OTTER_TLV_ENC_EC256, 16, 1);
    assert_int_equal(decrypt(), OTTER_ERR_IMAGE_KEY);
}

static void what_the_device_cannot_unwrap_is_unsupported(void **state)
{
    (void)state;
    make_image(OTTER_IMAGE_ENCRYPTED_AES128, OTTER_TLV_ENC_X25519, 16, 1);
    assert_int_equal(decrypt(), OTTER_ERR_IMAGE_UNSUPPORTED);
    set_up(NULL);
    make_image(OTTER_IMAGE_ENCRYPTED_AES128, OTTER_TLV_ENC_EC256, 16, 1);
    trust.decryption_key = NULL;
    assert_int_equal(decrypt(), OTTER_ERR_IMAGE_UNSUPPORTED);
    trust.decryption_key = &device_key;
    crypto.cipher = NULL;
    assert_int_equal(decrypt(), OTTER_ERR_IMAGE_UNSUPPORTED);
}

int run_decrypt_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_plain_image_stays_as_it_is, set_up),
        cmocka_unit_test_setup(only_the_program_is_changed_however_it_is_cut, set_up),
        cmocka_unit_test_setup(the_hash_is_that_of_the_plain_program, set_up),
        cmocka_unit_test_setup(there_must_be_one_wrapped_key, set_up),
        cmocka_unit_test_setup(a_key_for_the_other_cipher_is_refused, set_up),
        cmocka_unit_test_setup(what_the_device_cannot_unwrap_is_unsupported, set_up),
    };

    return cmocka_run_group_tests_name("decrypt", tests, NULL, NULL);
}
