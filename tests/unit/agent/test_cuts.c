/* SPDX-License-Identifier: Apache-2.0 */

/* A cut at every flash operation of an update: download, request, confirmation. After each the
 * bootloader finds a whole program and the agent brings the update to its end. */

#include "bench.h"
#include "suites.h"

static const struct bench_image newer = { .version = "1.1.0" };

/* Go on until 1.1.0 is confirmed, whatever the cut left. */
static void bring_to_its_end(struct bench *bench)
{
    for (unsigned resets = 0; resets < 4; resets++) {
        bench_reset(bench);
        if (bench->outcome.image.header.version.minor == 1) {
            assert_int_equal(otter_agent_confirm(&bench->agent), OTTER_OK);
        }
        bench_run_session(bench);
    }
    bench_assert_runs(bench, "1.1.0");
    assert_false(bench_has_request(bench));
}

/* @return false if the cut would come after the end */
static bool cut_before_restart(uint32_t operation, enum otter_sim_damage damage, uint32_t disorder)
{
    struct bench bench;
    bool was_cut;

    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.data.disorder = disorder;
    otter_sim_power_on(&bench.power);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    bench_run_session(&bench);
    was_cut = bench.power.is_off;
    bring_to_its_end(&bench);
    bench_tear_down(&bench);
    return was_cut;
}

static void assert_cuts_only_delay(uint32_t disorder)
{
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_before_restart(operation, (enum otter_sim_damage)damage, disorder * operation)) {
            operation++;
        }
        assert_true(operation > 20);
    }
}

static void a_cut_at_any_operation_before_the_restart_only_delays_the_update(void **state)
{
    (void)state;
    assert_cuts_only_delay(0);
}

/* Before the cut and after it. */
static void so_it_does_when_pieces_come_in_disorder(void **state)
{
    (void)state;
    assert_cuts_only_delay(1);
}

/* At least once: a cut after the delivery makes the device say it again. */
static bool was_reported(const struct bench *bench, enum otter_report_stage stage)
{
    for (unsigned i = 0; i < bench->jobs.report_count; i++) {
        if (bench->jobs.reports[i].stage == stage) {
            return true;
        }
    }
    return false;
}

/* The confirmation and the report of it. A trial that was cut before its confirmation is reverted
 * and then refused: that is what a trial is for. */
static bool cut_on_trial(uint32_t operation, enum otter_sim_damage damage)
{
    struct bench bench;
    bool was_cut;

    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    (void)otter_agent_confirm(&bench.agent);
    bench_run_session(&bench);
    was_cut = bench.power.is_off;

    bench_reset(&bench);
    if (bench.outcome.image.header.version.minor == 1) {
        /* Nothing to do, unless the confirmation was torn and the bootloader began a new trial. */
        assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
        bench_run_session(&bench);
        assert_true(was_reported(&bench, OTTER_REPORT_CONFIRMED));
        bench_reset(&bench);
        bench_assert_runs(&bench, "1.1.0");
    } else {
        bench_assert_runs(&bench, "1.0.0");
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_REJECTED, "1.1.0");
    }
    bench_tear_down(&bench);
    return was_cut;
}

static void a_cut_at_any_operation_of_the_confirmation_ends_in_one_or_the_other(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_on_trial(operation, (enum otter_sim_damage)damage)) {
            operation++;
        }
        assert_true(operation > 2);
    }
}

int run_cut_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_at_any_operation_before_the_restart_only_delays_the_update),
        cmocka_unit_test(so_it_does_when_pieces_come_in_disorder),
        cmocka_unit_test(a_cut_at_any_operation_of_the_confirmation_ends_in_one_or_the_other),
    };
    return cmocka_run_group_tests_name("cuts", tests, NULL, NULL);
}
