/* SPDX-License-Identifier: Apache-2.0 */

/* Devices that fail: trouble beside the primary slot never stops a good primary. */

#include "stage.h"
#include "tests.h"

static struct otter_sim_flash *external(void)
{
    return &stage.board.devices[1];
}

static void an_absent_secondary_device_does_not_stop_the_primary(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "mixed-erased");
    stage_request_update(true);
    stage.board.device_list[1] = NULL;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    stage.board.device_list[1] = &external()->flash;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

static void a_secondary_that_cannot_be_read_does_not_stop_the_primary(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "mixed-erased");
    stage_request_update(true);
    external()->reads_fail = true;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    external()->reads_fail = false;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

static void a_scratch_that_cannot_be_written_does_not_stop_the_primary(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "mixed-erased");
    stage_request_update(true);
    external()->programs_fail = true;
    external()->erases_fail = true;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_NONE);
    external()->programs_fail = false;
    external()->erases_fail = false;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

static void a_primary_device_that_fails_is_reported(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "mixed-erased");
    stage.board.devices[0].reads_fail = true;
    assert_int_equal(stage_boot(), OTTER_ERR_FLASH);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_BAD);
    stage_close();
}

static void an_empty_device_has_nothing_to_start(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    otter_test_board_load(&stage.board, &stage.board.primary, NULL, 0);
    assert_int_equal(stage_boot(), OTTER_ERR_EMPTY_SLOT);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_BAD);
    assert_true(stage_reported(OTTER_BOOT_INVALID));
    stage_close();
}

static void a_primary_that_rotted_does_not_start(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    stage.board.devices[0].bytes[100] ^= 4;
    assert_int_equal(stage_boot(), OTTER_ERR_IMAGE_HASH);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_BAD);
    stage_close();
}

static void a_trusted_primary_is_started_unseen(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    stage.board.config.trust_primary = true;
    stage.board.devices[0].bytes[100] ^= 4;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_GOOD);
    stage_close();
}

static void even_a_trusted_primary_is_verified_after_a_move(void **state)
{
    (void)state;
    stage_open(&otter_overwrite, "mixed-erased");
    stage.board.config.trust_primary = true;
    stage_request_update(true);
    stage.board.devices[0].programs_fail = true;
    assert_int_not_equal(stage_boot(), OTTER_OK);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_BAD);
    stage.board.devices[0].programs_fail = false;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

static void install_into_empty_primary(const struct otter_strategy *strategy)
{
    stage_open(strategy, "unit8");
    otter_test_board_load(&stage.board, &stage.board.primary, NULL, 0);
    stage_request_update(true);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

static void an_empty_primary_takes_a_pending_update(void **state)
{
    (void)state;
    stage_with_every_move(install_into_empty_primary);
}

static void a_revert_without_its_old_image_keeps_the_trial_running(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");

    const struct otter_test_image update = stage_update();

    stage_request(&update, false);
    assert_int_equal(stage_boot(), OTTER_OK);
    otter_test_board_load(&stage.board, &stage.board.secondary, NULL, 0);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_int_equal(stage.outcome.refusal, OTTER_ERR_EMPTY_SLOT);
    assert_int_equal(otter_bootstate_confirm(&stage.board.primary, &stage.board.shape), OTTER_OK);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_int_equal(stage.outcome.refusal, OTTER_OK);
    stage_close();
}

int test_faults(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absent_secondary_device_does_not_stop_the_primary),
        cmocka_unit_test(a_secondary_that_cannot_be_read_does_not_stop_the_primary),
        cmocka_unit_test(a_scratch_that_cannot_be_written_does_not_stop_the_primary),
        cmocka_unit_test(a_primary_device_that_fails_is_reported),
        cmocka_unit_test(an_empty_device_has_nothing_to_start),
        cmocka_unit_test(a_primary_that_rotted_does_not_start),
        cmocka_unit_test(a_trusted_primary_is_started_unseen),
        cmocka_unit_test(even_a_trusted_primary_is_verified_after_a_move),
        cmocka_unit_test(an_empty_primary_takes_a_pending_update),
        cmocka_unit_test(a_revert_without_its_old_image_keeps_the_trial_running),
    };

    return cmocka_run_group_tests_name("boot: faults", tests, NULL, NULL);
}
