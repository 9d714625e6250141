/* SPDX-License-Identifier: Apache-2.0 */

/* Flags that a cut tore, on parts where a torn unit reads differently each time, and on parts where it
 * is an error to read: each is read as what the interrupted step makes safe, in every swap. */

#include "stage.h"
#include "tests.h"

/* Boot, and let a cut tear operation @p at of it. */
static void boot_and_tear(uint32_t at, enum otter_sim_damage damage)
{
    otter_sim_power_on(&stage.board.power);
    otter_sim_power_cut_at(&stage.board.power, at, damage, 0);
    (void)stage_boot();
    otter_sim_power_on(&stage.board.power);
}

static uint32_t operations_of_a_boot(void)
{
    otter_sim_power_on(&stage.board.power);
    assert_int_equal(stage_boot(), OTTER_OK);
    return stage.board.power.operations;
}

static void assert_flags(enum otter_flag image_ok, enum otter_swap_type type)
{
    const struct otter_trailer trailer = stage_trailer(&stage.board.primary);

    assert_int_equal(trailer.magic, OTTER_FLAG_SET);
    assert_int_equal(trailer.copy_done, OTTER_FLAG_SET);
    assert_int_equal(trailer.image_ok, image_ok);
    assert_int_equal(trailer.swap_type, type);
}

/* The trial begins anew, and runs once before it is reverted. */
static void tear_the_start_of_a_trial(const struct otter_strategy *strategy, const char *geometry,
                                      enum otter_sim_damage damage)
{
    uint32_t last;

    stage_open(strategy, geometry);
    stage_request_update(false);
    last = operations_of_a_boot(); /* copy_done */
    stage_close();

    stage_open(strategy, geometry);
    stage_request_update(false);
    boot_and_tear(last, damage);
    assert_int_equal(stage_trailer(&stage.board.primary).copy_done, OTTER_FLAG_BAD);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_flags(OTTER_FLAG_UNSET, OTTER_SWAP_TEST);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_flags(OTTER_FLAG_SET, OTTER_SWAP_REVERT);
    stage_close();
}

/* Neither confirmed nor refused: the trial runs once more, and may confirm itself then. */
static void tear_a_confirmation(const struct otter_strategy *strategy, const char *geometry,
                                enum otter_sim_damage damage)
{
    const struct otter_area *primary = &stage.board.primary;

    stage_open(strategy, geometry);
    stage_request_update(false);
    assert_int_equal(stage_boot(), OTTER_OK);
    otter_sim_power_on(&stage.board.power);
    otter_sim_power_cut_at(&stage.board.power, 1, damage, 0);
    assert_int_equal(otter_bootstate_confirm(primary, &stage.board.shape), OTTER_ERR_FLASH);
    otter_sim_power_on(&stage.board.power);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_flags(OTTER_FLAG_UNSET, OTTER_SWAP_TEST);
    assert_int_equal(otter_bootstate_confirm(primary, &stage.board.shape), OTTER_OK);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_flags(OTTER_FLAG_SET, OTTER_SWAP_TEST);
    stage_close();
}

/* image_ok and copy_done are the last two writes. */
static void tear_the_end_of_an_installation(const struct otter_strategy *strategy,
                                            const char *geometry, enum otter_sim_damage damage)
{
    uint32_t last;

    stage_open(strategy, geometry);
    stage_request_update(true);
    last = operations_of_a_boot();
    stage_close();
    for (uint32_t at = last - 1; at <= last; at++) {
        stage_open(strategy, geometry);
        stage_request_update(true);
        boot_and_tear(at, damage);
        for (int boot = 0; boot < 3; boot++) {
            assert_int_equal(stage_boot(), OTTER_OK);
            assert_true(stage_runs_new());
            assert_flags(OTTER_FLAG_SET, OTTER_SWAP_PERM);
        }
        stage_close();
    }
}

static void tear_the_end_of_a_revert(const struct otter_strategy *strategy, const char *geometry,
                                     enum otter_sim_damage damage)
{
    uint32_t last;

    stage_open(strategy, geometry);
    stage_request_update(false);
    assert_int_equal(stage_boot(), OTTER_OK);
    last = operations_of_a_boot();
    stage_close();
    for (uint32_t at = last - 1; at <= last; at++) {
        stage_open(strategy, geometry);
        stage_request_update(false);
        assert_int_equal(stage_boot(), OTTER_OK);
        boot_and_tear(at, damage);
        for (int boot = 0; boot < 3; boot++) {
            assert_int_equal(stage_boot(), OTTER_OK);
            assert_true(stage_runs_old());
            assert_flags(OTTER_FLAG_SET, OTTER_SWAP_REVERT);
        }
        stage_close();
    }
}

static void tear_a_request(const struct otter_strategy *strategy, const char *geometry,
                           enum otter_sim_damage damage)
{
    const struct otter_area *secondary = &stage.board.secondary;

    for (uint32_t write = 1; write <= 3; write++) {
        stage_open(strategy, geometry);
        stage_request_update(true);
        otter_test_board_load(&stage.board, secondary, stage.new_image, stage.new_size);
        otter_sim_power_on(&stage.board.power);
        otter_sim_power_cut_at(&stage.board.power, write, damage, 0);
        assert_int_equal(otter_bootstate_request(secondary, &stage.board.shape, 0, true),
                         OTTER_ERR_FLASH);
        otter_sim_power_on(&stage.board.power);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_old());
        stage_close();
    }
}

static void spoil(uint32_t (*offset_of)(const struct otter_trailer_shape *shape, uint32_t size))
{
    const struct otter_area *primary = &stage.board.primary;
    const uint8_t torn = 0x73;

    otter_sim_flash_load(&stage.board.devices[0],
                         primary->offset + offset_of(&stage.board.shape, primary->size), &torn, 1);
}

/* With bits that read the same each time. */
static void damage_a_flag_of_a_trial(const struct otter_strategy *strategy, const char *geometry,
                                     enum otter_sim_damage damage)
{
    uint32_t (*const offsets[])(const struct otter_trailer_shape *shape, uint32_t size) = {
        otter_trailer_copy_done_offset,
        otter_trailer_image_ok_offset,
    };

    (void)damage;
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        stage_open(strategy, geometry);
        stage_request_update(false);
        assert_int_equal(stage_boot(), OTTER_OK);
        spoil(offsets[i]);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        assert_flags(OTTER_FLAG_UNSET, OTTER_SWAP_TEST);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_old());
        stage_close();
    }
}

/* The write of copy_done failed, but the trial ran and was confirmed: that stays. */
static void damage_copy_done_of_a_confirmed_trial(const struct otter_strategy *strategy,
                                                  const char *geometry,
                                                  enum otter_sim_damage damage)
{
    const struct otter_area *primary = &stage.board.primary;

    (void)damage;
    stage_open(strategy, geometry);
    stage_request_update(false);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_int_equal(otter_bootstate_confirm(primary, &stage.board.shape), OTTER_OK);
    spoil(otter_trailer_copy_done_offset);
    for (int boot = 0; boot < 3; boot++) {
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        assert_int_equal(stage_trailer(primary).image_ok, OTTER_FLAG_SET);
    }
    stage_close();
}

static bool fits(const struct otter_strategy *strategy, const char *geometry)
{
    const bool does = stage_open_on(strategy, otter_test_geometry_find(geometry));

    if (does) {
        stage_close();
    }
    return does;
}

typedef void tear_function(const struct otter_strategy *strategy, const char *geometry,
                           enum otter_sim_damage damage);

static void on_every_board(const struct otter_strategy *strategy, tear_function *tear)
{
    static const enum otter_sim_damage damages[] = { OTTER_SIM_LOOSE, OTTER_SIM_UNREADABLE };
    static const char *const geometries[] = { "unit1", "unit8", "unit8-erased-0", "one-sector" };

    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++) {
        for (size_t j = 0; j < sizeof damages / sizeof damages[0] && fits(strategy, geometries[i]);
             j++) {
            tear(strategy, geometries[i], damages[j]);
        }
    }
}

static void in_every_swap(tear_function *tear)
{
    for (size_t i = 0; otter_strategies[i] != NULL; i++) {
        if (stage_swaps(otter_strategies[i])) {
            on_every_board(otter_strategies[i], tear);
        }
    }
}

static void a_trial_whose_start_tore_begins_anew(void **state)
{
    (void)state;
    in_every_swap(tear_the_start_of_a_trial);
}

static void a_trial_whose_confirmation_tore_runs_once_more(void **state)
{
    (void)state;
    in_every_swap(tear_a_confirmation);
}

static void an_installation_whose_end_tore_is_for_good(void **state)
{
    (void)state;
    in_every_swap(tear_the_end_of_an_installation);
}

static void a_flag_that_is_half_there_gives_a_trial_one_more_run(void **state)
{
    (void)state;
    in_every_swap(damage_a_flag_of_a_trial);
}

static void a_confirmed_trial_stays_confirmed_whatever_its_copy_done(void **state)
{
    (void)state;
    in_every_swap(damage_copy_done_of_a_confirmed_trial);
}

static void a_revert_whose_end_tore_is_for_good(void **state)
{
    (void)state;
    in_every_swap(tear_the_end_of_a_revert);
}

static void a_torn_request_moves_nothing(void **state)
{
    (void)state;
    in_every_swap(tear_a_request);
}

int test_torn(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_whose_start_tore_begins_anew),
        cmocka_unit_test(a_trial_whose_confirmation_tore_runs_once_more),
        cmocka_unit_test(an_installation_whose_end_tore_is_for_good),
        cmocka_unit_test(a_flag_that_is_half_there_gives_a_trial_one_more_run),
        cmocka_unit_test(a_confirmed_trial_stays_confirmed_whatever_its_copy_done),
        cmocka_unit_test(a_revert_whose_end_tore_is_for_good),
        cmocka_unit_test(a_torn_request_moves_nothing),
    };

    return cmocka_run_group_tests_name("boot: torn flags", tests, NULL, NULL);
}
