/* SPDX-License-Identifier: Apache-2.0 */

/* Swap by offset: what is its own. What every swap does is in tests/powercut, cut everywhere. */

#include <string.h>

#include "stage.h"
#include "tests.h"

#define KIB 1024u

static bool secondary_holds_new_at(uint32_t offset)
{
    return memcmp(otter_test_board_bytes(&stage.board, &stage.board.secondary) + offset,
                  stage.new_image, stage.new_size)
           == 0;
}

static void what_was_reverted_lies_where_it_was_staged(void **state)
{
    (void)state;
    stage_open(&otter_swap_offset, "nested-wide");
    stage_request_update(false);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_true(secondary_holds_new_at(stage.board.layout.staging_offset));
    stage_close();
}

/* Every erase of the second piece of the primary would show. */
static void sectors_beyond_the_images_are_left_alone(void **state)
{
    struct otter_test_image update;
    const struct otter_sim_flash *device = &stage.board.devices[0];

    (void)state;
    stage_open(&otter_swap_offset, "unit8");
    stage.old_size =
        otter_test_image_make(&(struct otter_test_image){ .version = { .major = 1 },
                                                          .header_size = OTTER_IMAGE_HEADER_SIZE,
                                                          .program_size = 100,
                                                          .signer = &stage.vendor },
                              stage.old_image, sizeof stage.old_image);
    otter_test_board_load(&stage.board, &stage.board.primary, stage.old_image, stage.old_size);
    update = stage_update();
    update.size = 0;
    stage_request(&update, false);
    otter_sim_flash_reset_counters(&stage.board.devices[0]);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_int_equal(otter_sim_flash_worst_sector(device, KIB, 2 * KIB), 0);
    stage_close();
}

/* Cut in the middle, then no answer, then an answer again. */
static void a_secondary_that_falls_silent_in_the_middle_costs_nothing(void **state)
{
    (void)state;
    for (uint32_t operation = 8; operation < 20; operation++) {
        stage_open(&otter_swap_offset, "nested-wide");
        stage_request_update(false);
        otter_sim_power_on(&stage.board.power);
        otter_sim_power_cut_at(&stage.board.power, operation, OTTER_SIM_TORN, operation);
        (void)stage_boot();
        otter_sim_power_on(&stage.board.power);
        stage.board.devices[1].reads_fail = true;
        (void)stage_boot();
        stage.board.devices[1].reads_fail = false;
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        stage_close();
    }
}

static void an_image_at_the_start_of_the_secondary_is_none(void **state)
{
    (void)state;
    stage_open(&otter_swap_offset, "unit8");
    stage_request_update(false);
    otter_test_board_load(&stage.board, &stage.board.secondary, stage.new_image, stage.new_size);
    assert_int_equal(otter_bootstate_request(&stage.board.secondary, &stage.board.shape, 0, false),
                     OTTER_OK);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_not_equal(stage.outcome.refusal, OTTER_OK);
    stage_close();
}

static void a_staging_offset_fits_this_strategy_and_no_other(void **state)
{
    const char *because = NULL;

    (void)state;
    stage_open(&otter_swap_offset, "unit8");
    assert_int_equal(
        otter_strategy_max_image_size(&otter_swap_scratch, &stage.board.layout, 0, &because), 0);
    assert_non_null(because);
    stage.board.layout.staging_offset = 2 * KIB;
    assert_int_equal(
        otter_strategy_max_image_size(&otter_swap_offset, &stage.board.layout, 0, &because), 0);
    assert_non_null(because);
    stage_close();
}

int test_swap_offset(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_reverted_lies_where_it_was_staged),
        cmocka_unit_test(sectors_beyond_the_images_are_left_alone),
        cmocka_unit_test(a_secondary_that_falls_silent_in_the_middle_costs_nothing),
        cmocka_unit_test(an_image_at_the_start_of_the_secondary_is_none),
        cmocka_unit_test(a_staging_offset_fits_this_strategy_and_no_other),
    };

    return cmocka_run_group_tests_name("boot: swap by offset", tests, NULL, NULL);
}
