/* SPDX-License-Identifier: Apache-2.0 */

/* AES in counter mode: known key streams, from any offset in any pieces. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "provider.h"

static void encrypt(struct otter_aes *aes, uint32_t offset, uint8_t *bytes, size_t len)
{
    assert_int_equal(provider.crypto->cipher->crypt(aes, offset, bytes, len), OTTER_OK);
}

static void start(struct otter_aes *aes, size_t key_size)
{
    static const uint8_t zeros[OTTER_IMAGE_KEY_SIZE_MAX] = { 0 };

    assert_int_equal(provider.crypto->cipher->set_key(aes, zeros, key_size), OTTER_OK);
}

/* The GCM specification's test cases 1 and 13 show two blocks under a key of zeros: 0 as H, 1 as the
 * tag of nothing. */
static void the_key_stream_has_the_known_blocks(void **state)
{
    static const struct {
        size_t key_size;
        uint8_t stream[32];
    } known[] = {
        { 16, { 0x66, 0xE9, 0x4B, 0xD4, 0xEF, 0x8A, 0x2C, 0x3B, 0x88, 0x4C, 0xFA,
                0x59, 0xCA, 0x34, 0x2B, 0x2E, 0x58, 0xE2, 0xFC, 0xCE, 0xFA, 0x7E,
                0x30, 0x61, 0x36, 0x7F, 0x1D, 0x57, 0xA4, 0xE7, 0x45, 0x5A } },
        { 32, { 0xDC, 0x95, 0xC0, 0x78, 0xA2, 0x40, 0x89, 0x89, 0xAD, 0x48, 0xA2,
                0x14, 0x92, 0x84, 0x20, 0x87, 0x53, 0x0F, 0x8A, 0xFB, 0xC7, 0x45,
                0x36, 0xB9, 0xA9, 0x63, 0xB4, 0xF1, 0xC4, 0xCB, 0x73, 0x8B } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct otter_aes aes;
        uint8_t bytes[32] = { 0 };

        start(&aes, known[i].key_size);
        encrypt(&aes, 0, bytes, sizeof bytes);
        assert_memory_equal(bytes, known[i].stream, sizeof bytes);
    }
}

static void pieces_of_any_size_at_any_offset_are_as_the_whole(void **state)
{
    static const size_t key_sizes[] = { 16, 32 };
    struct otter_aes aes;

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        uint8_t whole[100] = { 0 };

        start(&aes, key_sizes[k]);
        encrypt(&aes, 0, whole, sizeof whole);
        for (uint32_t from = 0; from <= sizeof whole; from++) {
            for (uint32_t to = from; to <= sizeof whole; to++) {
                uint8_t piece[sizeof whole] = { 0 };

                encrypt(&aes, from, piece, to - from);
                assert_memory_equal(piece, whole + from, to - from);
            }
        }
    }
}

/* AES-128 under zeros of the counters 0xFFFF and 0x10000 (by `openssl enc -aes-128-ecb`): a carry
 * over two bytes of the counter. */
static void the_counter_is_one_big_endian_number(void **state)
{
    static const uint8_t known[32] = {
        0x90, 0xD4, 0xAF, 0x34, 0x71, 0xB9, 0x58, 0xD7, 0x9C, 0x38, 0x28,
        0x51, 0x10, 0xDF, 0xB4, 0x53, 0xE1, 0xE2, 0x23, 0xC4, 0xCF, 0x90,
        0xCC, 0x5D, 0x19, 0x5B, 0x37, 0x0D, 0x65, 0x11, 0x46, 0x22,
    };
    struct otter_aes aes;
    uint8_t bytes[32] = { 0 };
    uint8_t late[20] = { 0 };

    (void)state;
    start(&aes, 16);
    encrypt(&aes, 0xFFFFu * 16, bytes, sizeof bytes);
    assert_memory_equal(bytes, known, sizeof bytes);
    encrypt(&aes, 0xFFFFu * 16 + 12, late, sizeof late);
    assert_memory_equal(late, known + 12, sizeof late);
}

static void decrypting_is_encrypting_again(void **state)
{
    struct otter_aes aes;
    uint8_t bytes[] = "not a byte of this is to be seen in external flash";
    const uint8_t plain[] = "not a byte of this is to be seen in external flash";

    (void)state;
    start(&aes, 32);
    encrypt(&aes, 4095, bytes, sizeof bytes);
    assert_memory_not_equal(bytes, plain, sizeof plain);
    encrypt(&aes, 4095, bytes, sizeof bytes);
    assert_memory_equal(bytes, plain, sizeof plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_stream_has_the_known_blocks),
        cmocka_unit_test(pieces_of_any_size_at_any_offset_are_as_the_whole),
        cmocka_unit_test(the_counter_is_one_big_endian_number),
        cmocka_unit_test(decrypting_is_encrypting_again),
    };

    provider.prepare();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
