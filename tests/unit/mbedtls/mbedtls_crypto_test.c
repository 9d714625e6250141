/* SPDX-License-Identifier: Apache-2.0 */

/* Known answers, and everything near them that must not pass. Built twice: over the configuration
 * of applications and over that of the bootloader, which allocates from a pool only. */

#include "otter/mbedtls_crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "otter/mbedtls_platform.h"

#define KEY_SIZE    91u
#define POINT_AT    26u
#define VERIFY(...) (otter_mbedtls_ecdsa_p256.verify(__VA_ARGS__))

/* Twice the pool of a 32-bit device: pointers and limbs are twice as wide here. */
static uint8_t pool[2 * OTTER_MBEDTLS_BOOT_POOL_SIZE];

/* RFC 6979, appendix A.2.5: the key, and its signature over "sample" with SHA-256. */
static const uint8_t rfc_key[KEY_SIZE] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x60, 0xFE, 0xD4, 0xBA, 0x25,
    0x5A, 0x9D, 0x31, 0xC9, 0x61, 0xEB, 0x74, 0xC6, 0x35, 0x6D, 0x68, 0xC0, 0x49, 0xB8, 0x92, 0x3B,
    0x61, 0xFA, 0x6C, 0xE6, 0x69, 0x62, 0x2E, 0x60, 0xF2, 0x9F, 0xB6, 0x79, 0x03, 0xFE, 0x10, 0x08,
    0xB8, 0xBC, 0x99, 0xA4, 0x1A, 0xE9, 0xE9, 0x56, 0x28, 0xBC, 0x64, 0xF2, 0xF1, 0xB2, 0x0C, 0x2D,
    0x7E, 0x9F, 0x51, 0x77, 0xA3, 0xC2, 0x94, 0xD4, 0x46, 0x22, 0x99,
};
static const uint8_t rfc_signature[72] = {
    0x30, 0x46, 0x02, 0x21, 0x00, 0xEF, 0xD4, 0x8B, 0x2A, 0xAC, 0xB6, 0xA8, 0xFD, 0x11, 0x40,
    0xDD, 0x9C, 0xD4, 0x5E, 0x81, 0xD6, 0x9D, 0x2C, 0x87, 0x7B, 0x56, 0xAA, 0xF9, 0x91, 0xC3,
    0x4D, 0x0E, 0xA8, 0x4E, 0xAF, 0x37, 0x16, 0x02, 0x21, 0x00, 0xF7, 0xCB, 0x1C, 0x94, 0x2D,
    0x65, 0x7C, 0x41, 0xD4, 0x36, 0xC7, 0xA1, 0xB6, 0xE2, 0x9F, 0x65, 0xF3, 0xE9, 0x00, 0xDB,
    0xB9, 0xAF, 0xF4, 0x06, 0x4D, 0xC4, 0xAB, 0x2F, 0x84, 0x3A, 0xCD, 0xA8,
};

/* Made with `openssl dgst -sha256 -sign` over "an image". */
static const uint8_t openssl_key[KEY_SIZE] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x88, 0x46, 0x29, 0x38, 0x3D,
    0x5C, 0x6B, 0xDC, 0x97, 0xE2, 0x78, 0x64, 0x2A, 0x66, 0x46, 0xB9, 0x4F, 0xE2, 0x62, 0x63, 0x11,
    0xD6, 0xC1, 0xC1, 0x4F, 0x71, 0x92, 0x8E, 0x3D, 0xE1, 0x2F, 0x58, 0xF0, 0xCE, 0xC2, 0x11, 0x11,
    0x9E, 0x64, 0xED, 0x6F, 0x84, 0x88, 0xF9, 0xFF, 0x5B, 0x9F, 0xCD, 0xCD, 0xCB, 0x3A, 0xE6, 0x01,
    0xFB, 0x22, 0x96, 0x8B, 0x53, 0x53, 0xA5, 0xCD, 0x08, 0x6B, 0x9C,
};
static const uint8_t openssl_signature[72] = {
    0x30, 0x46, 0x02, 0x21, 0x00, 0xA5, 0x1E, 0xEA, 0x64, 0xE4, 0x70, 0x94, 0x3D, 0x99, 0x5D,
    0x9A, 0x15, 0x57, 0xEA, 0xF4, 0x1F, 0xD3, 0xBC, 0x80, 0x32, 0x29, 0x66, 0xEF, 0x37, 0x0C,
    0x84, 0xED, 0xD2, 0x22, 0xB3, 0x2F, 0x18, 0x02, 0x21, 0x00, 0x94, 0x2A, 0xA8, 0x0C, 0x1E,
    0xC1, 0xD4, 0x58, 0x0B, 0xC4, 0x34, 0x53, 0xAE, 0x3E, 0x91, 0xE4, 0x77, 0x75, 0x0E, 0xF0,
    0x0B, 0xEE, 0x2A, 0xD8, 0xD9, 0xFA, 0x32, 0x9E, 0x42, 0x9E, 0xA8, 0x53,
};

static void hash(const void *bytes, size_t len, uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;

    assert_int_equal(otter_mbedtls_crypto.sha256_start(&sha), OTTER_OK);
    assert_int_equal(otter_mbedtls_crypto.sha256_update(&sha, bytes, len), OTTER_OK);
    assert_int_equal(otter_mbedtls_crypto.sha256_finish(&sha, digest), OTTER_OK);
}

static enum otter_verdict verify_rfc(const uint8_t *key_der, size_t key_size,
                                     const uint8_t *signature, size_t signature_size)
{
    const struct otter_public_key key = { key_der, key_size };
    uint8_t digest[OTTER_SHA256_SIZE];

    hash("sample", 6, digest);
    return VERIFY(&key, digest, signature, signature_size);
}

static int prepare(void **state)
{
    (void)state;
    otter_mbedtls_use_pool(pool, sizeof pool);
    return 0;
}

static void sha256_gives_the_known_answers(void **state)
{
    /* FIPS 180-4 examples: nothing, one block, two blocks */
    static const struct {
        const char *text;
        uint8_t digest[OTTER_SHA256_SIZE];
    } known[] = {
        { "", { 0xE3, 0xB0, 0xC4, 0x42, 0x98, 0xFC, 0x1C, 0x14, 0x9A, 0xFB, 0xF4,
                0xC8, 0x99, 0x6F, 0xB9, 0x24, 0x27, 0xAE, 0x41, 0xE4, 0x64, 0x9B,
                0x93, 0x4C, 0xA4, 0x95, 0x99, 0x1B, 0x78, 0x52, 0xB8, 0x55 } },
        { "abc", { 0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA, 0x41, 0x41, 0x40,
                   0xDE, 0x5D, 0xAE, 0x22, 0x23, 0xB0, 0x03, 0x61, 0xA3, 0x96, 0x17,
                   0x7A, 0x9C, 0xB4, 0x10, 0xFF, 0x61, 0xF2, 0x00, 0x15, 0xAD } },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          { 0x24, 0x8D, 0x6A, 0x61, 0xD2, 0x06, 0x38, 0xB8, 0xE5, 0xC0, 0x26,
            0x93, 0x0C, 0x3E, 0x60, 0x39, 0xA3, 0x3C, 0xE4, 0x59, 0x64, 0xFF,
            0x21, 0x67, 0xF6, 0xEC, 0xED, 0xD4, 0x19, 0xDB, 0x06, 0xC1 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t digest[OTTER_SHA256_SIZE];

        hash(known[i].text, strlen(known[i].text), digest);
        assert_memory_equal(digest, known[i].digest, sizeof digest);
    }
}

static void sha256_does_not_mind_how_the_bytes_are_cut(void **state)
{
    uint8_t bytes[300];
    uint8_t whole[OTTER_SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    hash(bytes, sizeof bytes, whole);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        struct otter_sha256 sha;
        uint8_t digest[OTTER_SHA256_SIZE];

        assert_int_equal(otter_mbedtls_crypto.sha256_start(&sha), OTTER_OK);
        assert_int_equal(otter_mbedtls_crypto.sha256_update(&sha, bytes, cut), OTTER_OK);
        assert_int_equal(otter_mbedtls_crypto.sha256_update(&sha, bytes + cut, sizeof bytes - cut),
                         OTTER_OK);
        assert_int_equal(otter_mbedtls_crypto.sha256_finish(&sha, digest), OTTER_OK);
        assert_memory_equal(digest, whole, sizeof digest);
    }
}

static void signatures_of_the_rfc_and_of_openssl_are_good(void **state)
{
    const struct otter_public_key key = { openssl_key, sizeof openssl_key };
    uint8_t digest[OTTER_SHA256_SIZE];

    (void)state;
    assert_int_equal(verify_rfc(rfc_key, sizeof rfc_key, rfc_signature, sizeof rfc_signature),
                     OTTER_VERDICT_GOOD);
    hash("an image", 8, digest);
    assert_int_equal(VERIFY(&key, digest, openssl_signature, sizeof openssl_signature),
                     OTTER_VERDICT_GOOD);
}

static void a_signature_of_another_key_is_bad(void **state)
{
    (void)state;
    assert_int_equal(
        verify_rfc(openssl_key, sizeof openssl_key, rfc_signature, sizeof rfc_signature),
        OTTER_VERDICT_BAD);
}

static void every_flipped_bit_of_a_digest_is_noticed(void **state)
{
    const struct otter_public_key key = { rfc_key, sizeof rfc_key };

    (void)state;
    for (size_t bit = 0; bit < 8u * OTTER_SHA256_SIZE; bit++) {
        uint8_t digest[OTTER_SHA256_SIZE];

        hash("sample", 6, digest);
        digest[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(VERIFY(&key, digest, rfc_signature, sizeof rfc_signature),
                         OTTER_VERDICT_BAD);
    }
}

static void every_flipped_bit_of_a_signature_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof rfc_signature; bit++) {
        uint8_t signature[sizeof rfc_signature];

        memcpy(signature, rfc_signature, sizeof signature);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verify_rfc(rfc_key, sizeof rfc_key, signature, sizeof signature),
                         OTTER_VERDICT_BAD);
    }
}

static void every_flipped_bit_of_a_key_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8u * KEY_SIZE; bit++) {
        uint8_t key[KEY_SIZE];

        memcpy(key, rfc_key, sizeof key);
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verify_rfc(key, sizeof key, rfc_signature, sizeof rfc_signature),
                         OTTER_VERDICT_BAD);
    }
}

static void a_signature_cut_anywhere_is_bad(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof rfc_signature; size++) {
        assert_int_equal(verify_rfc(rfc_key, sizeof rfc_key, rfc_signature, size),
                         OTTER_VERDICT_BAD);
    }
}

static void zeros_may_follow_a_signature_and_nothing_else(void **state)
{
    uint8_t padded[sizeof rfc_signature + 4] = { 0 };

    (void)state;
    memcpy(padded, rfc_signature, sizeof rfc_signature);
    assert_int_equal(verify_rfc(rfc_key, sizeof rfc_key, padded, sizeof padded),
                     OTTER_VERDICT_GOOD);
    padded[sizeof padded - 1] = 1;
    assert_int_equal(verify_rfc(rfc_key, sizeof rfc_key, padded, sizeof padded), OTTER_VERDICT_BAD);
}

static void signatures_of_impossible_numbers_are_bad(void **state)
{
    static const uint8_t zeros[] = { 0x30, 6, 2, 1, 0, 2, 1, 0 };
    static const uint8_t ones[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
    static const uint8_t empty[] = { 0x30, 4, 2, 0, 2, 0 };
    static const uint8_t one_number[] = { 0x30, 3, 2, 1, 1 };
    static const uint8_t long_form[] = { 0x30, 0x81, 6, 2, 1, 1, 2, 1, 1 };
    static const uint8_t inner_overrun[] = { 0x30, 6, 2, 0x7F, 1, 2, 1, 1 };
    static const uint8_t nothing_but_zeros[72] = { 0 };
    static const struct {
        const uint8_t *bytes;
        size_t size;
    } bad[] = {
        { zeros, sizeof zeros },
        { ones, sizeof ones },
        { empty, sizeof empty },
        { one_number, sizeof one_number },
        { long_form, sizeof long_form },
        { inner_overrun, sizeof inner_overrun },
        { nothing_but_zeros, sizeof nothing_but_zeros },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(verify_rfc(rfc_key, sizeof rfc_key, bad[i].bytes, bad[i].size),
                         OTTER_VERDICT_BAD);
    }
}

static void a_key_in_any_other_form_is_bad(void **state)
{
    uint8_t longer[KEY_SIZE + 1] = { 0 };
    uint8_t compressed[KEY_SIZE];

    (void)state;
    memcpy(longer, rfc_key, KEY_SIZE);
    memcpy(compressed, rfc_key, KEY_SIZE);
    compressed[POINT_AT] = 0x03;
    assert_int_equal(verify_rfc(longer, sizeof longer, rfc_signature, sizeof rfc_signature),
                     OTTER_VERDICT_BAD);
    assert_int_equal(verify_rfc(rfc_key, KEY_SIZE - 1, rfc_signature, sizeof rfc_signature),
                     OTTER_VERDICT_BAD);
    assert_int_equal(verify_rfc(rfc_key, 0, rfc_signature, sizeof rfc_signature),
                     OTTER_VERDICT_BAD);
    assert_int_equal(verify_rfc(compressed, KEY_SIZE, rfc_signature, sizeof rfc_signature),
                     OTTER_VERDICT_BAD);
}

static void without_enough_memory_a_signature_is_bad(void **state)
{
    static uint8_t small_pool[512];

    (void)state;
    otter_mbedtls_use_pool(small_pool, sizeof small_pool);
    assert_int_equal(verify_rfc(rfc_key, sizeof rfc_key, rfc_signature, sizeof rfc_signature),
                     OTTER_VERDICT_BAD);
}

static void a_check_leaves_no_memory_behind_and_fits_the_pool(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(verify_rfc(rfc_key, sizeof rfc_key, rfc_signature, sizeof rfc_signature),
                         OTTER_VERDICT_GOOD);
    }
    print_message("pool high water: %zu bytes\n", otter_mbedtls_pool_high_water());
    assert_in_range(otter_mbedtls_pool_high_water(), 1, sizeof pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_known_answers),
        cmocka_unit_test(sha256_does_not_mind_how_the_bytes_are_cut),
        cmocka_unit_test_setup(signatures_of_the_rfc_and_of_openssl_are_good, prepare),
        cmocka_unit_test_setup(a_signature_of_another_key_is_bad, prepare),
        cmocka_unit_test_setup(every_flipped_bit_of_a_digest_is_noticed, prepare),
        cmocka_unit_test_setup(every_flipped_bit_of_a_signature_is_noticed, prepare),
        cmocka_unit_test_setup(every_flipped_bit_of_a_key_is_noticed, prepare),
        cmocka_unit_test_setup(a_signature_cut_anywhere_is_bad, prepare),
        cmocka_unit_test_setup(zeros_may_follow_a_signature_and_nothing_else, prepare),
        cmocka_unit_test_setup(signatures_of_impossible_numbers_are_bad, prepare),
        cmocka_unit_test_setup(a_key_in_any_other_form_is_bad, prepare),
        cmocka_unit_test_setup(without_enough_memory_a_signature_is_bad, prepare),
        cmocka_unit_test_setup(a_check_leaves_no_memory_behind_and_fits_the_pool, prepare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
