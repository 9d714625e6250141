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

static void for_each_move(void (*check)(const struct otter_strategy *strategy))
{
    for (size_t i = 0; otter_strategies[i] != NULL; i++) {
        if (stage_moves(otter_strategies[i])) {
            check(otter_strategies[i]);
        }
    }
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
    for_each_move(spoil_behind_the_update);
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
    for_each_move(spoil_the_running_program);
}

/* ---- an image on its way --------------------------------------------------------------------- */

/* Of an update, move a part; then a unit of what is still to come becomes unreadable.
 *
 * @return false if the boot ends before */
static bool spoil_in_the_middle(const struct otter_strategy *strategy, bool permanent, uint32_t at)
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
    spoil(&stage.board.secondary, 40);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old() || stage_runs_new());
    stage_close();
    return was_cut;
}

static void spoil_at_each_operation(const struct otter_strategy *strategy)
{
    for (int permanent = 0; permanent < 2; permanent++) {
        uint32_t at = 1;

        while (spoil_in_the_middle(strategy, permanent != 0, at)) {
            at++;
        }
    }
}

/* Swap by offset goes by what it can read of the pieces, and overwriting has no way back. */
static void a_unit_that_fails_in_the_middle_costs_one_of_the_two_images(void **state)
{
    (void)state;
    spoil_at_each_operation(&otter_swap_scratch);
    spoil_at_each_operation(&otter_swap_move);
    spoil_at_each_operation(&otter_swap_status);
}

int test_unreadable(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_update_leaves_unused_need_not_be_readable),
        cmocka_unit_test(an_update_replaces_a_program_that_cannot_be_read),
        cmocka_unit_test(a_unit_that_fails_in_the_middle_costs_one_of_the_two_images),
    };

    return cmocka_run_group_tests_name("boot: unreadable units", tests, NULL, NULL);
}
