/* SPDX-License-Identifier: Apache-2.0 */

/* Flash with ECC, where a unit that was torn long ago is an error to read: it stops no move. */

#include <setjmp.h>

#include "stage.h"
#include "tests.h"

/* A cut left the unit at @p offset so that it cannot be read. */
static void spoil(const struct otter_area *area, uint32_t offset)
{
    struct otter_sim_flash *device = otter_test_board_device(&stage.board, area);
    const uint32_t unit = otter_area_write_size(area);
    const uint8_t bytes[512] = { 0 };
    const struct otter_sim_operation operation = {
        .kind = OTTER_SIM_PROGRAM,
        .offset = area->offset + offset / unit * unit,
        .len = unit,
    };
    uint8_t byte;

    otter_sim_flash_interrupt(device, &operation, bytes, OTTER_SIM_UNREADABLE, 0);
    assert_int_equal(otter_area_read(area, offset, &byte, 1), OTTER_ERR_FLASH);
}

/* Much smaller than its slot. */
static void request_small(bool permanent)
{
    struct otter_test_image update = stage_update();

    update.size = 0;
    stage_request(&update, permanent);
}

/* ---- what no image uses ---------------------------------------------------------------------- */

/* In the sector of the image's last byte, and in one that only the other image reaches. */
static void spoil_behind_the_update(const struct otter_strategy *strategy)
{
    for (uint32_t sectors = 0; sectors < 2; sectors++) {
        stage_open(strategy, "unit8");
        request_small(true);
        spoil(&stage.board.secondary,
              stage.board.layout.staging_offset + stage.new_size + 64 + sectors * 1024);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        stage_close();
    }
}

static void what_an_update_leaves_unused_need_not_be_readable(void **state)
{
    (void)state;
    stage_with_every_move(spoil_behind_the_update);
}

/* ---- a program that is damaged anyway -------------------------------------------------------- */

static void spoil_the_running_program(const struct otter_strategy *strategy)
{
    static const uint32_t offsets[] = { 0, 40, 1500 };

    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        stage_open(strategy, "unit8");
        request_small(true);
        spoil(&stage.board.primary, offsets[i]);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        stage_close();
    }
}

static void an_update_replaces_a_program_that_cannot_be_read(void **state)
{
    (void)state;
    stage_with_every_move(spoil_the_running_program);
}

/* ---- an update that cannot be read ----------------------------------------------------------- */

static void spoil_the_update(const struct otter_strategy *strategy)
{
    static const uint32_t offsets[] = { 0, 40, 200 }; /* header, program, TLVs */
    const struct otter_area *secondary = &stage.board.secondary;
    const struct otter_trailer_shape *shape = &stage.board.shape;

    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        stage_open(strategy, "unit8");
        request_small(true);
        assert_in_range(stage.new_size, 200, 260);
        spoil(secondary, stage.board.layout.staging_offset + offsets[i]);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_old());
        assert_int_equal(stage.outcome.refusal, OTTER_ERR_FLASH);
        assert_int_equal(otter_bootstate_refusal(secondary, shape), OTTER_ERR_FLASH);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_old());
        assert_false(stage_reported(OTTER_BOOT_REFUSED));
        stage_close();
    }
}

static void an_update_that_cannot_be_read_is_refused_once(void **state)
{
    (void)state;
    stage_with_every_move(spoil_the_update);
}

/* ---- an image on its way --------------------------------------------------------------------- */

/* Of an update, move a part.
 *
 * @return false if the boot ends before */
static bool begin_update(const struct otter_strategy *strategy, bool permanent, uint32_t at)
{
    struct otter_sim_power *power = &stage.board.power;
    jmp_buf reset;
    bool was_cut;

    stage_open(strategy, "unit8");
    request_small(permanent);
    otter_sim_power_on(power);
    otter_sim_power_cut_at(power, at, OTTER_SIM_NOT_STARTED, 1);
    power->reset = &reset;
    if (setjmp(reset) == 0) {
        assert_int_equal(stage_boot(), OTTER_OK);
    }
    power->reset = NULL;
    was_cut = power->is_off;
    otter_sim_power_on(power);
    return was_cut;
}

/* Calls @p check wherever an update can be cut. */
static void at_each_operation(const struct otter_strategy *strategy, void (*check)(void))
{
    for (int permanent = 0; permanent < 2; permanent++) {
        bool was_cut = true;

        for (uint32_t at = 1; was_cut; at++) {
            was_cut = begin_update(strategy, permanent != 0, at);
            check();
            stage_close();
        }
    }
}

static void spoil_the_secondary(void)
{
    spoil(&stage.board.secondary, 40);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old() || stage_runs_new());
}

static void spoil_the_staged_image(void)
{
    spoil(&stage.board.secondary, stage.board.layout.staging_offset + 40);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old() || stage_runs_new());
}

/* Overwriting has no way back. */
static void a_unit_that_fails_in_the_middle_costs_one_of_the_two_images(void **state)
{
    static const struct otter_strategy *const strategies[] = { &otter_swap_scratch,
                                                               &otter_swap_move, &otter_swap_offset,
                                                               &otter_swap_status };

    (void)state;
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
        at_each_operation(strategies[i], spoil_the_secondary);
        at_each_operation(strategies[i], spoil_the_staged_image);
    }
}

/* Either one of the images is left, or none: then that is what is said, and the next update is welcome. */
static void spoil_both_slots(void)
{
    spoil(&stage.board.primary, 40);
    spoil(&stage.board.secondary, 40);
    spoil(&stage.board.secondary, stage.board.layout.staging_offset + 40);
    if (stage_boot() == OTTER_OK) {
        assert_true(stage_runs_old() || stage_runs_new());
    } else {
        assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_BAD);
        assert_true(stage_reported(OTTER_BOOT_INVALID));
    }
    otter_test_board_load(&stage.board, &stage.board.secondary, NULL, 0);
    request_small(true);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
}

static void spoil_both_slots_at_each_operation(const struct otter_strategy *strategy)
{
    at_each_operation(strategy, spoil_both_slots);
}

static void units_that_fail_in_both_slots_stop_no_later_update(void **state)
{
    (void)state;
    stage_with_every_move(spoil_both_slots_at_each_operation);
}

int test_unreadable(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_update_leaves_unused_need_not_be_readable),
        cmocka_unit_test(an_update_replaces_a_program_that_cannot_be_read),
        cmocka_unit_test(an_update_that_cannot_be_read_is_refused_once),
        cmocka_unit_test(a_unit_that_fails_in_the_middle_costs_one_of_the_two_images),
        cmocka_unit_test(units_that_fail_in_both_slots_stop_no_later_update),
    };

    return cmocka_run_group_tests_name("boot: unreadable units", tests, NULL, NULL);
}
