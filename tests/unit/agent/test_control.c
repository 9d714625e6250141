/* SPDX-License-Identifier: Apache-2.0 */

/* What a program may ask of the agent while it runs: stop, start, status. */

#include "bench.h"
#include "suites.h"

static const struct bench_image newer = { .version = "1.1.0" };

static struct otter_agent_status status_of(const struct bench *bench)
{
    struct otter_agent_status status;

    otter_agent_get_status(&bench->agent, bench->now_ms, &status);
    return status;
}

static void step_into(struct bench *bench, enum otter_agent_stage stage)
{
    otter_agent_check_now(&bench->agent);
    for (unsigned steps = 0; otter_agent_stage(&bench->agent) != stage; steps++) {
        bench->now_ms += otter_agent_step(&bench->agent, bench->now_ms);
        assert_true(steps < 10000);
    }
}

static void a_stopped_agent_does_nothing_until_it_is_started(void **state)
{
    struct bench bench;

    (void)state;
    for (int stage = OTTER_STAGE_ASKING; stage < OTTER_STAGE_RESTARTING; stage++) {
        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        step_into(&bench, (enum otter_agent_stage)stage);
        otter_agent_stop(&bench.agent, bench.now_ms);
        assert_true(status_of(&bench).is_stopped);
        otter_sim_power_on(&bench.power);
        otter_agent_check_now(&bench.agent);
        for (unsigned i = 0; i < 10; i++) {
            assert_int_equal(otter_agent_step(&bench.agent, bench.now_ms), UINT32_MAX);
            bench.now_ms += 100000000;
        }
        assert_int_equal(bench.power.operations, 0);
        assert_int_equal(otter_agent_stage(&bench.agent), OTTER_STAGE_IDLE);

        otter_agent_start(&bench.agent, bench.now_ms);
        assert_int_equal(otter_agent_step(&bench.agent, bench.now_ms), 60000);
        bench_run_session(&bench);
        bench_reset(&bench);
        bench_assert_runs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

static void what_was_fetched_before_a_stop_is_not_fetched_again(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    step_into(&bench, OTTER_STAGE_DOWNLOADING);
    for (unsigned i = 0; i < 10; i++) {
        bench.now_ms += otter_agent_step(&bench.agent, bench.now_ms);
    }
    assert_true(bench.data.taken > 0);
    otter_agent_stop(&bench.agent, bench.now_ms);
    otter_agent_start(&bench.agent, bench.now_ms);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    assert_int_equal(bench.data.taken, bench.file_size);
    bench_tear_down(&bench);
}

static void the_status_follows_the_update(void **state)
{
    struct bench bench;
    struct otter_agent_status status;

    (void)state;
    bench_set_up(&bench);
    bench.config.reboot_upon_completion = false;
    bench_start_agent(&bench);
    status = status_of(&bench);
    assert_int_equal(status.stage, OTTER_STAGE_IDLE);
    assert_int_equal(status.wait_ms, 60000);
    assert_int_equal(status.last_result, OTTER_NO_UPDATE);
    assert_false(status.reached_source);

    bench_offer(&bench, &newer);
    step_into(&bench, OTTER_STAGE_VERIFYING);
    status = status_of(&bench);
    assert_int_equal(status.percent, 100);
    assert_int_equal(status.bytes, bench.file_size);
    assert_int_equal(status.total, bench.file_size);
    assert_int_equal(status.offered.minor, 1);
    assert_int_equal(status.running.minor, 0);
    assert_false(status.is_pending);

    bench_run_session(&bench);
    status = status_of(&bench);
    assert_true(status.is_pending);
    assert_true(status.reached_source);
    assert_int_equal(status.last_result, OTTER_OK);
    bench_tear_down(&bench);
}

static void the_status_remembers_why_the_last_session_failed(void **state)
{
    const struct bench_image foreign = { .version = "1.1.0", .key = 1 };
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &foreign);
    bench_run_session(&bench);
    assert_int_equal(status_of(&bench).last_result, OTTER_ERR_IMAGE_UNKNOWN_KEY);
    bench_tear_down(&bench);
}

int run_control_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_agent_does_nothing_until_it_is_started),
        cmocka_unit_test(what_was_fetched_before_a_stop_is_not_fetched_again),
        cmocka_unit_test(the_status_follows_the_update),
        cmocka_unit_test(the_status_remembers_why_the_last_session_failed),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
