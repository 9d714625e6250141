/* SPDX-License-Identifier: Apache-2.0 */

/* The layout table: areas are found by role and image, and opened on the device they name. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/layout.h"
#include "suites.h"

static const struct otter_layout_area areas[] = {
    { "primary", OTTER_AREA_PRIMARY, 0, 0, 0x1000, 0x4000 },
    { "secondary", OTTER_AREA_SECONDARY, 0, 1, 0x0, 0x4000 },
    { "radio", OTTER_AREA_PRIMARY, 1, 0, 0x5000, 0x2000 },
};
static const struct otter_layout layout = { .areas = areas, .area_count = 3, .device_count = 2 };
static const struct otter_flash internal;

static void an_area_is_found_by_role_and_image(void **state)
{
    (void)state;
    assert_string_equal(otter_layout_find(&layout, OTTER_AREA_PRIMARY, 0)->name, "primary");
    assert_string_equal(otter_layout_find(&layout, OTTER_AREA_PRIMARY, 1)->name, "radio");
    assert_null(otter_layout_find(&layout, OTTER_AREA_SECONDARY, 1));
    assert_null(otter_layout_find(&layout, OTTER_AREA_SCRATCH, 0));
}

static void an_opened_area_lies_where_its_row_says(void **state)
{
    const struct otter_flash *const devices[] = { &internal, NULL };
    struct otter_area area;

    (void)state;
    assert_int_equal(otter_layout_open(&layout, devices, OTTER_AREA_PRIMARY, 1, &area), OTTER_OK);
    assert_ptr_equal(area.flash, &internal);
    assert_int_equal(area.offset, 0x5000);
    assert_int_equal(area.size, 0x2000);
}

static void an_area_that_is_not_there_is_told_from_a_device_that_is_not_there(void **state)
{
    const struct otter_flash *const devices[] = { &internal, NULL };
    struct otter_area area;

    (void)state;
    assert_int_equal(otter_layout_open(&layout, devices, OTTER_AREA_SCRATCH, 0, &area),
                     OTTER_ERR_NOT_FOUND);
    assert_int_equal(otter_layout_open(&layout, devices, OTTER_AREA_SECONDARY, 0, &area),
                     OTTER_ERR_FLASH);
}

static void each_role_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int a = OTTER_AREA_BOOTLOADER; a <= OTTER_AREA_USER; a++) {
        for (int b = OTTER_AREA_BOOTLOADER; b < a; b++) {
            assert_string_not_equal(otter_area_role_name((enum otter_area_role)a),
                                    otter_area_role_name((enum otter_area_role)b));
        }
    }
}

int run_layout_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_area_is_found_by_role_and_image),
        cmocka_unit_test(an_opened_area_lies_where_its_row_says),
        cmocka_unit_test(an_area_that_is_not_there_is_told_from_a_device_that_is_not_there),
        cmocka_unit_test(each_role_has_a_word_of_its_own),
    };

    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
