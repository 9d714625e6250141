/* SPDX-License-Identifier: Apache-2.0 */

/* The table of results: values are wire format, texts are for people. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/result.h"
#include "suites.h"

static const enum otter_result results[] = {
#define X(name, value, meaning, hint) name,
    OTTER_RESULTS(X)
#undef X
};
#define RESULTS (sizeof results / sizeof results[0])

static void each_result_has_a_value_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < RESULTS; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(results[i], results[k]);
        }
    }
}

static void only_success_is_zero_and_the_rest_is_negative(void **state)
{
    (void)state;
    assert_int_equal(results[0], OTTER_OK);
    assert_int_equal(OTTER_OK, 0);
    for (size_t i = 1; i < RESULTS; i++) {
        assert_true((int)results[i] < 0);
    }
}

static void each_result_has_a_name_and_a_meaning_and_a_hint_that_may_be_empty(void **state)
{
    (void)state;
    for (size_t i = 0; i < RESULTS; i++) {
        assert_memory_equal(otter_result_name(results[i]), "OTTER_", 6);
        assert_string_not_equal(otter_result_name(results[i]), "OTTER_?");
        assert_int_not_equal(strlen(otter_result_meaning(results[i])), 0);
        assert_non_null(otter_result_hint(results[i]));
    }
}

static void values_that_stand_in_old_logs_keep_their_meaning(void **state)
{
    (void)state;
    assert_int_equal(OTTER_ERR_FLASH, -4);
    assert_int_equal(OTTER_ERR_IMAGE_SIGNATURE, -28);
    assert_int_equal(OTTER_ERR_LINK, -42);
    assert_int_equal(OTTER_ERR_NOT_CONFIRMED, -73);
}

static void a_value_from_a_stranger_has_an_answer_too(void **state)
{
    (void)state;
    assert_string_equal(otter_result_name((enum otter_result) - 1000), "OTTER_?");
    assert_string_equal(otter_result_meaning((enum otter_result) - 1000), "unknown result");
    assert_string_equal(otter_result_hint((enum otter_result) - 1000), "");
}

int run_result_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_result_has_a_value_of_its_own),
        cmocka_unit_test(only_success_is_zero_and_the_rest_is_negative),
        cmocka_unit_test(each_result_has_a_name_and_a_meaning_and_a_hint_that_may_be_empty),
        cmocka_unit_test(values_that_stand_in_old_logs_keep_their_meaning),
        cmocka_unit_test(a_value_from_a_stranger_has_an_answer_too),
    };

    return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
