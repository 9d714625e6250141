/* SPDX-License-Identifier: Apache-2.0 */

/* docs/formats/reasons.md against the codes that the library defines: a reason that the page lacks,
 * or calls by another name, number or meaning, is found here. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file.h"
#include "otter/result.h"

static struct file_bytes page;

static int load_page(void **state)
{
    (void)state;
    return file_load(REASONS_PAGE, &page) ? 0 : -1;
}

static int free_page(void **state)
{
    (void)state;
    file_free(&page);
    return 0;
}

#define X(name, value, meaning, hint) name,
/* clang-format off */
static const enum otter_result results[] = { OTTER_RESULTS(X) };
/* clang-format on */
#undef X
#define RESULTS (sizeof results / sizeof results[0])

static bool is_about_an_image(enum otter_result result)
{
    return strncmp(otter_result_name(result), "OTTER_ERR_IMAGE_", 16) == 0
           || result == OTTER_ERR_EMPTY_SLOT || result == OTTER_ERR_DOWNGRADE
           || result == OTTER_ERR_DEPENDENCY;
}

static void every_reason_has_a_row_with_its_number_and_meaning(void **state)
{
    char row[256];

    (void)state;
    for (size_t i = 0; i < RESULTS; i++) {
        if (is_about_an_image(results[i])) {
            (void)snprintf(row, sizeof row, "| %d | %s | %s |\n", results[i],
                           otter_result_name(results[i]), otter_result_meaning(results[i]));
            if (strstr((const char *)page.bytes, row) == NULL) {
                fail_msg("the page has no row %s", row);
            }
        }
    }
}

static void every_reason_has_a_row_with_its_cure(void **state)
{
    char start[256];

    (void)state;
    for (size_t i = 0; i < RESULTS; i++) {
        if (is_about_an_image(results[i])) {
            (void)snprintf(start, sizeof start, "\n| %s | ", otter_result_name(results[i]));
            if (strstr((const char *)page.bytes, start) == NULL) {
                fail_msg("the page has no cure for %s", otter_result_name(results[i]));
            }
        }
    }
}

static enum otter_result result_of(int value)
{
    for (size_t i = 0; i < RESULTS; i++) {
        if ((int)results[i] == value) {
            return results[i];
        }
    }
    fail_msg("the page has a row for %d, which is no result", value);
    return OTTER_OK;
}

static void no_row_is_about_something_else(void **state)
{
    const char *row = (const char *)page.bytes;
    int rows = 0;

    (void)state;
    while ((row = strstr(row, "\n| -")) != NULL) {
        if (row[4] != '-') { /* the line below a table's head */
            assert_true(is_about_an_image(result_of((int)strtol(row + 3, NULL, 10))));
            rows++;
        }
        row++;
    }
    assert_true(rows > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_a_row_with_its_number_and_meaning),
        cmocka_unit_test(every_reason_has_a_row_with_its_cure),
        cmocka_unit_test(no_row_is_about_something_else),
    };

    return cmocka_run_group_tests(tests, load_page, free_page);
}
