/* SPDX-License-Identifier: Apache-2.0 */

/* The small memory and string functions beside the host's. */

#include "small.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Longer than two blocks and a rest, to be begun anywhere within a word. */
#define BYTES 48

static void fill(uint8_t bytes[BYTES])
{
    for (size_t i = 0; i < BYTES; i++) {
        bytes[i] = (uint8_t)(i * 37 + 1);
    }
}

static void memory_is_copied_and_set_at_any_place_and_length(void **state)
{
    uint8_t from[BYTES];
    uint8_t ours[BYTES];
    uint8_t theirs[BYTES];

    (void)state;
    fill(from);
    for (size_t at = 0; at < 4; at++) {
        for (size_t len = 0; len < BYTES - 4; len++) {
            memset(ours, 0xEE, sizeof ours);
            memset(theirs, 0xEE, sizeof theirs);
            assert_ptr_equal(small_memcpy(ours + at, from + 1, len), ours + at);
            memcpy(theirs + at, from + 1, len);
            assert_memory_equal(ours, theirs, BYTES);
            assert_ptr_equal(small_memset(ours + at, 0x1A5, len), ours + at);
            memset(theirs + at, 0xA5, len);
            assert_memory_equal(ours, theirs, BYTES);
        }
    }
}

static void memory_is_moved_onto_itself_in_both_directions(void **state)
{
    uint8_t ours[BYTES];
    uint8_t theirs[BYTES];

    (void)state;
    for (size_t to = 0; to < 8; to++) {
        for (size_t from = 0; from < 8; from++) {
            fill(ours);
            fill(theirs);
            assert_ptr_equal(small_memmove(ours + to, ours + from, 20), ours + to);
            memmove(theirs + to, theirs + from, 20);
            assert_memory_equal(ours, theirs, BYTES);
        }
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void bytes_are_compared_and_found_without_a_sign(void **state)
{
    static const uint8_t low[] = { 1, 0, 0x7F };
    static const uint8_t high[] = { 1, 0, 0x80 };

    (void)state;
    assert_int_equal(sign(small_memcmp(low, high, 3)), -1);
    assert_int_equal(sign(small_memcmp(high, low, 3)), 1);
    assert_int_equal(small_memcmp(low, high, 2), 0);
    assert_ptr_equal(small_memchr(high, 0x180, 3), high + 2);
    assert_null(small_memchr(high, 0x80, 2));
}

static void texts_are_measured_compared_and_searched(void **state)
{
    static const char *const texts[] = { "", "a", "ab", "b", "a+b", "topic/#", "\xC3\xA4" };
    enum { TEXTS = sizeof texts / sizeof texts[0] };

    (void)state;
    for (size_t i = 0; i < TEXTS; i++) {
        assert_int_equal(small_strlen(texts[i]), strlen(texts[i]));
        assert_ptr_equal(small_strchr(texts[i], 'b'), strchr(texts[i], 'b'));
        assert_ptr_equal(small_strchr(texts[i], '\0'), texts[i] + strlen(texts[i]));
        assert_ptr_equal(small_strpbrk(texts[i], "+#"), strpbrk(texts[i], "+#"));
        assert_int_equal(small_strcspn(texts[i], "b#"), strcspn(texts[i], "b#"));
        for (size_t j = 0; j < TEXTS; j++) {
            assert_int_equal(sign(small_strcmp(texts[i], texts[j])),
                             sign(strcmp(texts[i], texts[j])));
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_copied_and_set_at_any_place_and_length),
        cmocka_unit_test(memory_is_moved_onto_itself_in_both_directions),
        cmocka_unit_test(bytes_are_compared_and_found_without_a_sign),
        cmocka_unit_test(texts_are_measured_compared_and_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
