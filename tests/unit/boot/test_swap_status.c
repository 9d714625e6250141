/* SPDX-License-Identifier: Apache-2.0 */

/* Swap with a status area: what is its own. What every swap does is in tests/powercut, cut everywhere. */

#include "stage.h"
#include "tests.h"

#define KIB 1024u

/* One sector a slot, and the image has all of it but the five fields. */
static void large_sectors_cost_no_room(void **state)
{
    (void)state;
    stage_open(&otter_swap_status, "one-sector");
    stage_assert_limit(&otter_swap_status, 4 * KIB - 48, NULL);
    stage_close();
}

static void layouts_that_cannot_work_are_refused_with_a_reason(void **state)
{
    struct otter_layout_area *status;

    (void)state;
    stage_open(&otter_swap_status, "unit8");
    status = &stage.board.areas[stage.board.layout.area_count - 1];
    status->size -= KIB;
    stage_assert_limit(&otter_swap_status, 0,
                       "the status area has less than three sectors for each image");
    status->size += KIB;
    stage.board.layout.image_count = 2;
    stage_assert_limit(&otter_swap_status, 0,
                       "the status area has less than three sectors for each image");
    stage.board.layout.image_count = 1;
    stage.board.layout.area_count--;
    stage_assert_limit(&otter_swap_status, 0, "there is no status area");
    stage.board.layout.area_count++;
    stage_assert_limit(&otter_swap_scratch, 0,
                       "with a status area, there is no room for status in the trailers");
    stage_assert_limit(&otter_swap_move, 0,
                       "with a status area, there is no room for status in the trailers");
    stage_close();
}

/* Internal sectors of 1 KiB, external ones of 4 KiB: the piece ends where the image does. */
static void sectors_beyond_the_images_are_left_alone(void **state)
{
    (void)state;
    stage_open_small(&otter_swap_status, "nested", KIB);
    stage_mark(&stage.board.primary, KIB, 7 * KIB);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_true(stage_is_marked(&stage.board.primary, KIB, 7 * KIB));
    stage_close();
}

static void an_external_device_that_is_absent_does_not_stop_the_primary(void **state)
{
    (void)state;
    stage_open(&otter_swap_status, "mixed-erased");
    stage_request_update(true);
    stage.board.device_list[1] = NULL;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    stage.board.device_list[1] = &stage.board.devices[1].flash;
    stage.board.devices[1].programs_fail = true;
    stage.board.devices[1].erases_fail = true;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_equal(stage.board.devices[0].counters.erases, 0);
    stage.board.devices[1].programs_fail = false;
    stage.board.devices[1].erases_fail = false;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

int test_swap_status(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_sectors_cost_no_room),
        cmocka_unit_test(layouts_that_cannot_work_are_refused_with_a_reason),
        cmocka_unit_test(sectors_beyond_the_images_are_left_alone),
        cmocka_unit_test(an_external_device_that_is_absent_does_not_stop_the_primary),
    };

    return cmocka_run_group_tests_name("boot: swap with a status area", tests, NULL, NULL);
}
