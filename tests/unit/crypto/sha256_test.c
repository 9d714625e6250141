/* SPDX-License-Identifier: Apache-2.0 */

/* SHA-256: known answers, in one piece and in two. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "provider.h"

static void hash_in_two(const uint8_t *bytes, size_t len, size_t cut,
                        uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;

    assert_int_equal(provider.crypto->sha256_start(&sha), OTTER_OK);
    assert_int_equal(provider.crypto->sha256_update(&sha, bytes, cut), OTTER_OK);
    assert_int_equal(provider.crypto->sha256_update(&sha, bytes + cut, len - cut), OTTER_OK);
    assert_int_equal(provider.crypto->sha256_finish(&sha, digest), OTTER_OK);
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

        hash_in_two((const uint8_t *)known[i].text, strlen(known[i].text), 0, digest);
        assert_memory_equal(digest, known[i].digest, sizeof digest);
    }
}

/* The image of the emulated device is hashed in place, and a TLV area may end at any byte. */
static void sha256_does_not_mind_where_the_bytes_begin_or_end(void **state)
{
    /* of the bytes 0, 7, 14, ...: the first 299, by sha256sum */
    static const uint8_t known[OTTER_SHA256_SIZE] = {
        0xF1, 0x6A, 0xEF, 0x5A, 0xA3, 0x4D, 0x54, 0xDC, 0xFF, 0xFC, 0x1A,
        0xC1, 0xFF, 0xA7, 0xB5, 0xC6, 0x4E, 0xD9, 0x7C, 0x46, 0x05, 0xAC,
        0x71, 0x35, 0x79, 0x3F, 0x73, 0x03, 0x51, 0x54, 0x11, 0x71,
    };
    static _Alignas(8) uint8_t bytes[8 + 299];

    (void)state;
    for (size_t at = 0; at < 8; at++) {
        uint8_t digest[OTTER_SHA256_SIZE];

        for (size_t i = 0; i < 299; i++) {
            bytes[at + i] = (uint8_t)(i * 7);
        }
        hash_in_two(bytes + at, 299, 0, digest);
        assert_memory_equal(digest, known, sizeof digest);
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
    hash_in_two(bytes, sizeof bytes, 0, whole);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        uint8_t digest[OTTER_SHA256_SIZE];

        hash_in_two(bytes, sizeof bytes, cut, digest);
        assert_memory_equal(digest, whole, sizeof digest);
    }
}

static void two_hashes_run_side_by_side(void **state)
{
    struct otter_sha256 a;
    struct otter_sha256 b;
    uint8_t of_a[OTTER_SHA256_SIZE];
    uint8_t of_b[OTTER_SHA256_SIZE];

    (void)state;
    assert_int_equal(provider.crypto->sha256_start(&a), OTTER_OK);
    assert_int_equal(provider.crypto->sha256_start(&b), OTTER_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(provider.crypto->sha256_update(&a, "sample", 6), OTTER_OK);
        assert_int_equal(provider.crypto->sha256_update(&b, "samplesample", 12), OTTER_OK);
        assert_int_equal(provider.crypto->sha256_update(&a, "sample", 6), OTTER_OK);
    }
    assert_int_equal(provider.crypto->sha256_finish(&a, of_a), OTTER_OK);
    assert_int_equal(provider.crypto->sha256_finish(&b, of_b), OTTER_OK);
    assert_memory_equal(of_a, of_b, sizeof of_a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_known_answers),
        cmocka_unit_test(sha256_does_not_mind_where_the_bytes_begin_or_end),
        cmocka_unit_test(sha256_does_not_mind_how_the_bytes_are_cut),
        cmocka_unit_test(two_hashes_run_side_by_side),
    };

    provider.prepare();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
