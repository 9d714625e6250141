/* SPDX-License-Identifier: Apache-2.0 */

/* What every swap does, on every board that fits it. tests/powercut does the same, cut everywhere. */

#include "stage.h"
#include "tests.h"

static void exchange_and_revert(void)
{
    const struct otter_area *primary = &stage.board.primary;
    const struct otter_area *secondary = &stage.board.secondary;

    stage_request_update(false);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_true(stage_holds_old(secondary));
    assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_TEST);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_REVERT);
    assert_int_equal(stage_trailer(primary).image_ok, OTTER_FLAG_SET);
    assert_int_equal(stage_trailer(primary).swap_type, OTTER_SWAP_REVERT);
    assert_int_equal(stage_trailer(secondary).magic, OTTER_FLAG_UNSET);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_NONE);
}

/* @return boards that fit */
static uint32_t on_every_board(const struct otter_strategy *strategy)
{
    uint32_t count = 0;

    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        if (stage_open_on(strategy, g)) {
            exchange_and_revert();
            stage_close();
            count++;
        }
    }
    return count;
}

static void a_trial_is_exchanged_and_reverted(void **state)
{
    (void)state;
    for (size_t i = 0; otter_strategies[i] != NULL; i++) {
        if (stage_swaps(otter_strategies[i])) {
            assert_true(on_every_board(otter_strategies[i]) >= 9);
        }
    }
}

int test_swaps(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_is_exchanged_and_reverted),
    };

    return cmocka_run_group_tests_name("boot: swaps", tests, NULL, NULL);
}
