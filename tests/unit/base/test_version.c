/* SPDX-License-Identifier: Apache-2.0 */

/* Versions: what people write, what headers hold, and which one is newer. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/version.h"
#include "suites.h"

static void versions_are_read_with_parts_left_out(void **state)
{
    static const struct {
        const char *text;
        struct otter_version version;
    } rows[] = {
        { "1", { 1, 0, 0, 0 } },
        { "1.2", { 1, 2, 0, 0 } },
        { "1.2.3", { 1, 2, 3, 0 } },
        { "1.2.3+4", { 1, 2, 3, 4 } },
        { "1+4", { 1, 0, 0, 4 } },
        { "1.2+4", { 1, 2, 0, 4 } },
        { "0.0.0", { 0, 0, 0, 0 } },
        { "255.255.65535+4294967295", { 255, 255, 65535, UINT32_MAX } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct otter_version version;

        assert_int_equal(otter_version_parse(rows[i].text, &version), OTTER_OK);
        assert_int_equal(version.major, rows[i].version.major);
        assert_int_equal(version.minor, rows[i].version.minor);
        assert_int_equal(version.revision, rows[i].version.revision);
        assert_true(version.build == rows[i].version.build);
    }
}

static void what_is_no_version_is_refused_and_changes_nothing(void **state)
{
    static const char *const texts[] = {
        "",
        ".",
        "1.",
        ".1",
        "1..2",
        "1.2.",
        "1.2.3.",
        "1.2.3.4",
        "1.2.3+",
        "+1",
        "v1",
        "1.2.3a",
        " 1",
        "1 ",
        "1.2.3+4+5",
        "-1",
        "256",
        "1.256",
        "1.2.65536",
        "1.2.3+4294967296",
        "99999999999999999999",
        "1,2",
        "1.2.3+0x4",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct otter_version version = { 9, 8, 7, 6 };

        assert_int_equal(otter_version_parse(texts[i], &version), OTTER_ERR_ARGUMENT);
        assert_int_equal(version.major, 9);
        assert_true(version.build == 6);
    }
}

static void what_is_written_is_read_back(void **state)
{
    static const char *const texts[] = { "1.2.3", "0.0.0", "1.2.3+4", "255.255.65535+4294967295" };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct otter_version version;
        char text[OTTER_VERSION_TEXT_SIZE];

        assert_int_equal(otter_version_parse(texts[i], &version), OTTER_OK);
        otter_version_format(&version, text);
        assert_string_equal(text, texts[i]);
    }
}

static void the_first_part_that_differs_decides(void **state)
{
    static const struct otter_version ascending[] = {
        { 0, 0, 1, 0 },   { 0, 0, 65535, 0 }, { 0, 1, 0, 0 },
        { 0, 255, 9, 0 }, { 1, 0, 0, 0 },     { 255, 0, 0, 0 },
    };
    const size_t count = sizeof ascending / sizeof ascending[0];

    (void)state;
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < count; b++) {
            const int order = otter_version_compare(&ascending[a], &ascending[b]);

            assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
        }
    }
}

static void the_build_number_takes_no_part_in_a_comparison(void **state)
{
    const struct otter_version a = { 1, 2, 3, 4 };
    const struct otter_version b = { 1, 2, 3, 5 };

    (void)state;
    assert_int_equal(otter_version_compare(&a, &b), 0);
}

int run_version_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_read_with_parts_left_out),
        cmocka_unit_test(what_is_no_version_is_refused_and_changes_nothing),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(the_first_part_that_differs_decides),
        cmocka_unit_test(the_build_number_takes_no_part_in_a_comparison),
    };

    return cmocka_run_group_tests_name("versions", tests, NULL, NULL);
}
