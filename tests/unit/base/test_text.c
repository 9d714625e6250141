/* SPDX-License-Identifier: Apache-2.0 */

/* Text: always terminated, never beyond its buffer, and honest about what did not fit. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/text.h"
#include "otter/version.h"
#include "suites.h"

static char buffer[64];
static struct otter_text text;

static int set_up(void **state)
{
    (void)state;
    otter_text_init(&text, buffer, sizeof buffer);
    return 0;
}

static void a_text_starts_empty_and_terminated(void **state)
{
    (void)state;
    assert_string_equal(buffer, "");
    assert_int_equal(text.length, 0);
    assert_false(text.truncated);
}

static void pieces_follow_each_other(void **state)
{
    const struct otter_version version = { 1, 2, 3, 4 };
    const uint8_t bytes[] = { 0x00, 0x9A, 0xFF };

    (void)state;
    otter_text_append(&text, "a ");
    otter_text_append_u32(&text, 0);
    otter_text_append_bytes(&text, " bcd", 2);
    otter_text_append_u32(&text, UINT32_MAX);
    otter_text_append(&text, " ");
    otter_text_append_hex(&text, bytes, sizeof bytes);
    otter_text_append(&text, " ");
    otter_text_append_hex32(&text, 0x0BADCAFE);
    otter_text_append(&text, " ");
    otter_text_append_version(&text, &version);
    assert_string_equal(buffer, "a 0 b4294967295 009aff 0x0badcafe 1.2.3+4");
    assert_int_equal(text.length, strlen(buffer));
    assert_false(text.truncated);
}

static void a_text_that_just_fits_is_whole(void **state)
{
    char small[6];

    (void)state;
    otter_text_init(&text, small, sizeof small);
    otter_text_append(&text, "12345");
    assert_string_equal(small, "12345");
    assert_false(text.truncated);
}

static void what_does_not_fit_is_left_out_and_remembered(void **state)
{
    char small[7] = { 0, 0, 0, 0, 0, 0, 'z' };

    (void)state;
    otter_text_init(&text, small, 6);
    otter_text_append(&text, "1234");
    otter_text_append_u32(&text, 567);
    assert_string_equal(small, "12345");
    assert_int_equal(text.length, 5);
    assert_true(text.truncated);
    otter_text_append(&text, "");
    assert_true(text.truncated);
    assert_int_equal(small[6], 'z');
}

static void a_buffer_for_the_terminator_alone_holds_nothing(void **state)
{
    char one[1];

    (void)state;
    otter_text_init(&text, one, sizeof one);
    otter_text_append(&text, "x");
    assert_string_equal(one, "");
    assert_true(text.truncated);
}

static void json_strings_are_escaped(void **state)
{
    (void)state;
    otter_text_append_json(&text, "say \"hi\" \\ \x01\n\x1F\x7F caf\xC3\xA9");
    assert_string_equal(buffer, "\"say \\\"hi\\\" \\\\ \\u0001\\u000a\\u001f\x7F caf\xC3\xA9\"");
}

static void an_empty_json_string_is_two_quotes(void **state)
{
    (void)state;
    otter_text_append_json(&text, "");
    assert_string_equal(buffer, "\"\"");
}

static void words_are_compared_whatever_their_case(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *word;
        bool is_word;
    } cases[] = {
        { "Version", 7, "version", true },
        { "version", 7, "VERSION", true },
        { "Version", 6, "version", false },
        { "Version 1", 7, "version", true },
        { "Versio", 7, "version", false },
        { "", 0, "", true },
        { "", 0, "a", false },
        { "a", 1, "", false },
        { "@", 1, "`", false },
        { "[", 1, "{", false },
        { "\xC3\x84", 2, "\xC3\xA4", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(otter_text_is_word(cases[i].text, cases[i].len, cases[i].word),
                         cases[i].is_word);
    }
}

int run_text_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_text_starts_empty_and_terminated, set_up),
        cmocka_unit_test_setup(pieces_follow_each_other, set_up),
        cmocka_unit_test_setup(a_text_that_just_fits_is_whole, set_up),
        cmocka_unit_test_setup(what_does_not_fit_is_left_out_and_remembered, set_up),
        cmocka_unit_test_setup(a_buffer_for_the_terminator_alone_holds_nothing, set_up),
        cmocka_unit_test_setup(json_strings_are_escaped, set_up),
        cmocka_unit_test_setup(an_empty_json_string_is_two_quotes, set_up),
        cmocka_unit_test(words_are_compared_whatever_their_case),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
