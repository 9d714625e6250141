/* SPDX-License-Identifier: Apache-2.0 */

/* Going back to the golden image: when, when not, and what is left if the power is cut meanwhile. */

#include <string.h>

#include "otter/boot_recovery.h"
#include "otter/recovery.h"
#include "stage.h"
#include "tests.h"

static struct otter_test_geometry geometry;
static uint8_t golden[STAGE_SLOT_MAX];
static uint32_t golden_size;
static bool button_is_held;
static unsigned presses; /* that are still to come */

static bool is_held(void *context)
{
    (void)context;
    return button_is_held;
}

static bool await(void *context)
{
    (void)context;
    return presses > 0 && presses-- > 0;
}

static const struct otter_boot_recovery by_hand = { .is_button_held = is_held,
                                                    .await_button = await };
static const struct otter_boot_recovery by_itself = { .restores_by_itself = true,
                                                      .resumes = true,
                                                      .failed_starts_max = 3 };

static void load_golden(const struct otter_test_signer *signer, uint32_t load_address)
{
    golden_size = otter_test_image_make(
        &(struct otter_test_image){ .version = { .minor = 9 },
                                    .header_size = OTTER_IMAGE_HEADER_SIZE,
                                    .flags = load_address == 0 ? 0 : OTTER_IMAGE_ROM_FIXED,
                                    .load_address = load_address,
                                    .size = stage.old_size - 64,
                                    .seed = 7,
                                    .signer = signer },
        golden, sizeof golden);
    otter_test_board_load(&stage.board, &stage.board.golden, golden, golden_size);
}

static void open_board(const struct otter_strategy *strategy, const char *name)
{
    geometry = *otter_test_geometry_find(name);
    geometry.has_golden = true;
    assert_true(stage_open_on(strategy, &geometry));
    load_golden(&stage.vendor, 0);
    button_is_held = false;
    presses = 0;
}

static enum otter_result boot_after(const struct otter_boot_recovery *recovery, bool failed)
{
    stage.event_count = 0;
    return otter_boot_go_or_recover(&stage.board.config, recovery, failed, &stage.outcome);
}

static enum otter_result boot(const struct otter_boot_recovery *recovery)
{
    return boot_after(recovery, false);
}

static bool runs_golden(void)
{
    return stage.outcome.verdict == OTTER_VERDICT_GOOD
           && stage.outcome.image.area == &stage.outcome.slot
           && memcmp(otter_test_board_bytes(&stage.board, &stage.board.primary), golden,
                     golden_size)
                  == 0;
}

static bool golden_is_untouched(void)
{
    return memcmp(otter_test_board_bytes(&stage.board, &stage.board.golden), golden, golden_size)
           == 0;
}

static void wipe_primary(void)
{
    otter_test_board_load(&stage.board, &stage.board.primary, NULL, 0);
}

static struct otter_recovery_record record(void)
{
    struct otter_recovery_record record = { 0 };

    assert_int_equal(otter_recovery_read(&stage.board.recovery, &record), OTTER_OK);
    return record;
}

static bool can_go_back(const struct otter_strategy *strategy)
{
    return stage_moves(strategy);
}

/* ---- when ----------------------------------------------------------------------------------- */

static void a_good_program_starts_as_ever(void **state)
{
    (void)state;
    open_board(&otter_overwrite, "unit8");
    assert_int_equal(boot(&by_itself), OTTER_OK);
    assert_true(stage_runs_old());
    assert_false(stage.outcome.restored);
    assert_int_equal(stage.board.power.operations, 0);
    stage_close();
}

static void an_empty_device_waits_for_the_button(void **state)
{
    (void)state;
    open_board(&otter_overwrite, "mixed-erased");
    wipe_primary();
    assert_int_equal(boot(&by_hand), OTTER_ERR_EMPTY_SLOT);
    assert_true(stage_reported(OTTER_BOOT_INVALID));
    assert_true(stage_reported(OTTER_BOOT_AWAITING));
    assert_int_equal(stage.board.power.operations, 0);
    presses = 1;
    assert_int_equal(boot(&by_hand), OTTER_OK);
    assert_true(runs_golden());
    assert_true(stage.outcome.restored);
    assert_true(stage_reported(OTTER_BOOT_RESTORED));
    assert_int_equal(boot(&by_hand), OTTER_OK);
    assert_true(runs_golden());
    assert_false(stage.outcome.restored);
    stage_close();
}

static void a_held_button_goes_back_with_every_strategy(void **state)
{
    (void)state;
    for (size_t i = 0; otter_strategies[i] != NULL; i++) {
        if (!can_go_back(otter_strategies[i])) {
            continue;
        }
        open_board(otter_strategies[i], "sectors-4k");
        button_is_held = true;
        assert_int_equal(boot(&by_hand), OTTER_OK);
        assert_true(runs_golden());
        assert_true(golden_is_untouched());
        button_is_held = false;
        assert_int_equal(boot(&by_hand), OTTER_OK);
        assert_true(runs_golden());
        stage_close();
    }
}

static void an_update_runs_before_the_button_is_looked_at(void **state)
{
    (void)state;
    for (size_t i = 0; otter_strategies[i] != NULL; i++) {
        if (!can_go_back(otter_strategies[i])) {
            continue;
        }
        open_board(otter_strategies[i], "sectors-4k");
        const struct otter_test_image update = stage_update();

        stage_request(&update, false);
        button_is_held = true;
        assert_int_equal(boot(&by_hand), OTTER_OK);
        assert_true(stage_reported(OTTER_BOOT_INSTALLED));
        assert_true(runs_golden());
        button_is_held = false;
        for (int again = 0; again < 3; again++) { /* there is no trial that could be reverted */
            assert_int_equal(boot(&by_hand), OTTER_OK);
            assert_true(runs_golden());
        }
        stage_close();
    }
}

static void it_restores_by_itself_when_there_is_nothing_to_start(void **state)
{
    (void)state;
    open_board(&otter_swap_offset, "unit8");
    wipe_primary();
    assert_int_equal(boot(&by_itself), OTTER_OK);
    assert_true(runs_golden());
    stage_close();
}

static void the_program_can_ask_for_it_once(void **state)
{
    (void)state;
    open_board(&otter_swap_move, "unit8");
    assert_int_equal(otter_recovery_request(&stage.board.recovery), OTTER_OK);
    assert_int_equal(boot(&by_hand), OTTER_OK);
    assert_true(runs_golden());
    assert_int_equal(record().state, OTTER_RECOVERY_SETTLED);
    stage_close();
}

static void a_program_that_does_not_stay_up_is_replaced(void **state)
{
    (void)state;
    open_board(&otter_swap_scratch, "unit8");
    for (int failed = 1; failed < by_itself.failed_starts_max; failed++) {
        assert_int_equal(boot_after(&by_itself, true), OTTER_OK);
        assert_true(stage_runs_old());
        assert_int_equal(boot_after(&by_itself, false), OTTER_OK); /* says nothing either way */
        assert_int_equal(record().failed_starts, failed);
    }
    assert_int_equal(boot_after(&by_itself, true), OTTER_OK);
    assert_true(runs_golden());
    assert_int_equal(record().failed_starts, 0);
    stage_close();
}

static void a_healthy_report_starts_the_count_again(void **state)
{
    (void)state;
    open_board(&otter_swap_scratch, "unit8");
    for (int failed = 0; failed < 10; failed++) {
        assert_int_equal(boot_after(&by_itself, true), OTTER_OK);
        assert_true(stage_runs_old());
        assert_int_equal(otter_recovery_report_healthy(&stage.board.recovery), OTTER_OK);
    }
    stage_close();
}

static void a_golden_program_that_fails_is_not_copied_over_itself(void **state)
{
    (void)state;
    open_board(&otter_swap_scratch, "unit8");
    wipe_primary();
    assert_int_equal(boot(&by_itself), OTTER_OK);
    for (int failed = 0; failed < 10; failed++) {
        assert_int_equal(boot_after(&by_itself, true), OTTER_OK);
        assert_true(runs_golden());
        assert_false(stage.outcome.restored);
    }
    stage_close();
}

/* ---- when not ------------------------------------------------------------------------------- */

static void assert_refused(enum otter_result reason)
{
    bool found = false;

    for (uint32_t i = 0; i < stage.event_count; i++) {
        found |= stage.events[i].kind == OTTER_BOOT_NO_GOLDEN && stage.events[i].result == reason;
    }
    assert_true(found);
}

static void no_golden_image_leaves_the_program_alone(void **state)
{
    (void)state;
    open_board(&otter_overwrite, "unit8");
    otter_test_board_load(&stage.board, &stage.board.golden, NULL, 0);
    button_is_held = true;
    assert_int_equal(boot(&by_hand), OTTER_OK);
    assert_true(stage_runs_old());
    assert_refused(OTTER_ERR_EMPTY_SLOT);
    assert_int_equal(stage.board.power.operations, 0);
    stage_close();
}

static void any_damage_to_the_golden_image_leaves_the_program_alone(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < 400; at += 3) {
        open_board(&otter_overwrite, "unit8");
        golden[at] ^= 0x04u;
        otter_test_board_load(&stage.board, &stage.board.golden, golden, golden_size);
        button_is_held = true;
        assert_int_equal(boot(&by_hand), OTTER_OK);
        assert_true(stage_runs_old());
        assert_true(stage_reported(OTTER_BOOT_NO_GOLDEN));
        assert_int_equal(stage.board.power.operations, 0);
        stage_close();
    }
}

static void a_golden_image_of_a_stranger_is_refused(void **state)
{
    (void)state;
    open_board(&otter_overwrite, "unit8");
    load_golden(&stage.stranger, 0);
    button_is_held = true;
    assert_int_equal(boot(&by_hand), OTTER_OK);
    assert_true(stage_runs_old());
    assert_refused(OTTER_ERR_IMAGE_UNKNOWN_KEY);
    stage_close();
}

static void a_golden_image_for_another_address_is_refused(void **state)
{
    (void)state;
    open_board(&otter_overwrite, "unit8");
    const uint32_t primary = stage.board.primary.flash->geometry->address;

    load_golden(&stage.vendor, primary + 0x1000);
    button_is_held = true;
    assert_int_equal(boot(&by_hand), OTTER_OK);
    assert_refused(OTTER_ERR_IMAGE_ADDRESS);
    load_golden(&stage.vendor, primary);
    assert_int_equal(boot(&by_hand), OTTER_OK);
    assert_true(runs_golden());
    stage_close();
}

static void a_damaged_golden_image_is_asked_for_only_once(void **state)
{
    (void)state;
    open_board(&otter_overwrite, "unit8");
    otter_test_board_load(&stage.board, &stage.board.golden, NULL, 0);
    assert_int_equal(otter_recovery_request(&stage.board.recovery), OTTER_OK);
    assert_int_equal(boot(&by_itself), OTTER_OK);
    assert_refused(OTTER_ERR_EMPTY_SLOT);
    assert_int_equal(boot(&by_itself), OTTER_OK);
    assert_false(stage_reported(OTTER_BOOT_NO_GOLDEN));
    stage_close();
}

static void pressing_again_tries_again(void **state)
{
    (void)state;
    open_board(&otter_overwrite, "unit8");
    wipe_primary();
    otter_test_board_load(&stage.board, &stage.board.golden, NULL, 0);
    presses = 3;
    assert_int_not_equal(boot(&by_hand), OTTER_OK);
    assert_int_equal(presses, 0);
    stage_close();
}

static void a_dead_golden_device_leaves_the_program_alone(void **state)
{
    (void)state;
    open_board(&otter_overwrite, "nested");
    stage.board.device_list[1] = NULL;
    button_is_held = true;
    assert_int_equal(boot(&by_hand), OTTER_OK);
    assert_true(stage_runs_old());
    assert_refused(OTTER_ERR_FLASH);
    stage_close();
}

static void a_layout_without_the_areas_is_refused(void **state)
{
    (void)state;
    stage_open(&otter_overwrite, "unit8");
    assert_int_equal(boot(&by_hand), OTTER_ERR_ARGUMENT);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_BAD);
    stage_close();
}

static void a_strategy_that_starts_programs_in_place_is_refused(void **state)
{
    (void)state;
    open_board(&otter_direct_xip, "unit8");
    assert_int_equal(boot(&by_hand), OTTER_ERR_ARGUMENT);
    stage_close();
}

/* ---- cuts ----------------------------------------------------------------------------------- */

/* Cut a restore at one operation.
 *
 * @return false if it has fewer operations */
static bool cut_restore(const struct otter_strategy *strategy, uint32_t operation, int damage)
{
    open_board(strategy, "unit8");
    button_is_held = true;
    otter_sim_power_on(&stage.board.power);
    otter_sim_power_cut_at(&stage.board.power, operation, (enum otter_sim_damage)damage, operation);
    (void)boot(&by_hand);
    button_is_held = false;
    return stage.board.power.is_off;
}

static void assert_recovers(const struct otter_boot_recovery *recovery)
{
    bool is_golden;

    otter_sim_power_on(&stage.board.power);
    presses = 1;
    assert_int_equal(boot(recovery), OTTER_OK);
    is_golden = runs_golden();
    assert_true(is_golden || stage_runs_old());
    assert_true(golden_is_untouched());
    assert_int_equal(record().state, OTTER_RECOVERY_SETTLED);
    assert_int_equal(boot(recovery), OTTER_OK);
    assert_int_equal(runs_golden(), is_golden);
}

static void a_cut_at_any_moment_is_recovered_from(void **state)
{
    static const struct otter_boot_recovery *const ways[] = { &by_hand, &by_itself };

    (void)state;
    for (size_t i = 0; otter_strategies[i] != NULL; i++) {
        for (size_t way = 0; can_go_back(otter_strategies[i]) && way < 2; way++) {
            for (int damage = 0; damage < OTTER_SIM_ALL_DAMAGES; damage++) {
                uint32_t operation = 1;

                while (cut_restore(otter_strategies[i], operation, damage)) {
                    assert_recovers(ways[way]);
                    stage_close();
                    operation++;
                }
                stage_close();
                assert_true(operation > 8);
            }
        }
    }
}

int test_recovery(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_program_starts_as_ever),
        cmocka_unit_test(an_empty_device_waits_for_the_button),
        cmocka_unit_test(a_held_button_goes_back_with_every_strategy),
        cmocka_unit_test(an_update_runs_before_the_button_is_looked_at),
        cmocka_unit_test(it_restores_by_itself_when_there_is_nothing_to_start),
        cmocka_unit_test(the_program_can_ask_for_it_once),
        cmocka_unit_test(a_program_that_does_not_stay_up_is_replaced),
        cmocka_unit_test(a_healthy_report_starts_the_count_again),
        cmocka_unit_test(a_golden_program_that_fails_is_not_copied_over_itself),
        cmocka_unit_test(no_golden_image_leaves_the_program_alone),
        cmocka_unit_test(any_damage_to_the_golden_image_leaves_the_program_alone),
        cmocka_unit_test(a_golden_image_of_a_stranger_is_refused),
        cmocka_unit_test(a_golden_image_for_another_address_is_refused),
        cmocka_unit_test(a_damaged_golden_image_is_asked_for_only_once),
        cmocka_unit_test(pressing_again_tries_again),
        cmocka_unit_test(a_dead_golden_device_leaves_the_program_alone),
        cmocka_unit_test(a_layout_without_the_areas_is_refused),
        cmocka_unit_test(a_strategy_that_starts_programs_in_place_is_refused),
        cmocka_unit_test(a_cut_at_any_moment_is_recovered_from),
    };
    return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
