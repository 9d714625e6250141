/* SPDX-License-Identifier: Apache-2.0 */

/* The road of an update, and the application's word on it. */

#include "bench.h"
#include "suites.h"

#define LONG_TIME_MS (3600u * 1000u)

static const struct bench_image newer = { .version = "1.1.0" };

static void an_update_is_installed_confirmed_and_reported(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench_run(&bench, LONG_TIME_MS);
    assert_int_equal(bench.restarts, 1);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    assert_true(bench_has_request(&bench));

    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench.jobs.answer = OTTER_NO_UPDATE;
    assert_false(otter_agent_has_reached_source(&bench.agent));
    bench_run_session(&bench);
    assert_true(otter_agent_has_reached_source(&bench.agent));
    assert_int_equal(bench.jobs.report_count, 1);
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_CONFIRMED, OTTER_OK, "1.1.0");

    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 2);
    bench_tear_down(&bench);
}

static void nothing_happens_before_the_initial_check_is_due(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_run(&bench, 59999);
    assert_int_equal(bench.jobs.asks, 0);
    bench_run(&bench, 2000);
    assert_int_equal(bench.jobs.asks, 1);
    bench_tear_down(&bench);
}

static void the_next_check_comes_after_its_interval(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_run_session(&bench);
    assert_int_equal(otter_agent_step(&bench.agent, bench.now_ms), 86400 * 1000);
    bench.now_ms += 86400u * 1000u - 1;
    assert_int_equal(otter_agent_step(&bench.agent, bench.now_ms), 1);
    assert_int_equal(bench.jobs.asks, 1);
    bench.now_ms += 1;
    bench_run(&bench, 1000);
    assert_int_equal(bench.jobs.asks, 2);
    bench_tear_down(&bench);
}

static void a_clock_that_wraps_changes_nothing(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench.now_ms = UINT32_MAX - 30000;
    bench_start_agent(&bench);
    bench_run(&bench, 59000);
    assert_int_equal(bench.jobs.asks, 0);
    bench_run(&bench, 2000);
    assert_int_equal(bench.jobs.asks, 1);
    bench_tear_down(&bench);
}

static void no_update_costs_no_flash_and_no_report(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_run_session(&bench);
    assert_int_equal(bench.power.operations, 0);
    assert_int_equal(bench.jobs.report_count, 0);
    assert_int_equal(bench.jobs.closes, 1);
    bench_assert_logged(&bench, "no update: running 1.0.0\n");
    bench_tear_down(&bench);
}

static void the_agent_waits_for_a_slow_answer(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.jobs.silent_steps = 50;
    bench_run(&bench, LONG_TIME_MS);
    assert_int_equal(bench.restarts, 1);
    bench_tear_down(&bench);
}

static void progress_is_told_once_for_each_percent(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench_run(&bench, LONG_TIME_MS);
    bench_assert_logged(&bench, "update 1.1.0: 7 % (256 of 3,368 bytes)\n");
    bench_assert_logged(&bench, "update 1.1.0: 100 % (3,368 of 3,368 bytes)\n");
    bench_tear_down(&bench);
}

static void without_reboot_upon_completion_the_program_restarts_when_it_likes(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench.config.reboot_upon_completion = false;
    bench_offer(&bench, &newer);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 0);
    assert_true(bench_has_request(&bench));

    /* The same job again must not erase what waits. */
    bench_run_session(&bench);
    assert_int_equal(bench.data.opens, 1);
    bench_assert_logged(&bench, "offered 1.1.0 (it is pending already");
    bench_start_agent(&bench);
    bench_run_session(&bench);
    assert_int_equal(bench.data.opens, 1);

    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

static void a_newer_job_replaces_one_that_waits(void **state)
{
    const struct bench_image newest = { .version = "1.2.0" };
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench.config.reboot_upon_completion = false;
    bench_offer(&bench, &newer);
    bench_run_session(&bench);
    bench_offer(&bench, &newest);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.2.0");
    bench_tear_down(&bench);
}

static void without_validation_it_is_installed_for_good(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench.config.validate_after_reboot = false;
    bench_offer(&bench, &newer);
    bench_run(&bench, LONG_TIME_MS);
    bench_reset(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench.jobs.answer = OTTER_NO_UPDATE;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_CONFIRMED, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

static void a_product_that_sends_no_results_sends_none(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench.config.do_not_send_result = true;
    bench_offer(&bench, &newer);
    bench_run(&bench, LONG_TIME_MS);
    bench_reset(&bench);
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    bench_run_session(&bench);
    bench_offer(&bench, &newer);
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 0);
    bench_tear_down(&bench);
}

static void a_report_that_cannot_be_delivered_does_not_prevent_the_restart(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.jobs.failing_reports = 100;
    bench_run(&bench, LONG_TIME_MS);
    assert_int_equal(bench.restarts, 1);
    assert_int_equal(bench.jobs.failing_reports, 97);
    bench_tear_down(&bench);
}

static void an_outcome_is_reported_later_if_the_server_is_away(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench_run(&bench, LONG_TIME_MS);
    bench_reset(&bench);
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    bench.jobs.failing_reports = 100;
    bench.jobs.failing_asks = 100;
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 1);

    bench_reset(&bench);
    bench.jobs.failing_reports = 0;
    bench.jobs.failing_asks = 0;
    bench.jobs.answer = OTTER_NO_UPDATE;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_CONFIRMED, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

static void a_confirmation_during_a_session_is_reported_right_after_it(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench_run(&bench, LONG_TIME_MS);
    bench_reset(&bench);
    bench.jobs.answer = OTTER_NO_UPDATE;
    bench.jobs.silent_steps = 3;
    otter_agent_check_now(&bench.agent);
    for (unsigned i = 0; i < 3; i++) {
        bench.now_ms += otter_agent_step(&bench.agent, bench.now_ms);
    }
    assert_int_equal(otter_agent_stage(&bench.agent), OTTER_STAGE_ASKING);
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    bench_run(&bench, 10000);
    bench_assert_reported(&bench, OTTER_REPORT_CONFIRMED, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

static void during_a_trial_nothing_is_downloaded_over_the_way_back(void **state)
{
    const struct bench_image newest = { .version = "1.2.0" };
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench_run(&bench, LONG_TIME_MS);
    bench_reset(&bench);
    bench_offer(&bench, &newest);
    bench_run_session(&bench);
    assert_int_equal(bench.data.opens, 1);
    bench_assert_logged(&bench, "on trial and must be confirmed first");
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.0.0");
    bench_tear_down(&bench);
}

/* The application's word --------------------------------------------------------------------- */

static void answer(struct bench *bench, enum otter_agent_stage stage,
                   enum otter_agent_reason reason, enum otter_agent_answer word, unsigned times)
{
    bench->answer_stage = stage;
    bench->answer_reason = reason;
    bench->answer = word;
    bench->answers = times;
}

static void stop_ends_the_update_at_each_stage_and_the_agent_lives_on(void **state)
{
    static const enum otter_agent_stage stages[] = {
        OTTER_STAGE_CHECKING,  OTTER_STAGE_OPENING, OTTER_STAGE_DOWNLOADING,
        OTTER_STAGE_VERIFYING, OTTER_STAGE_PENDING,
    };

    (void)state;
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        answer(&bench, stages[i], OTTER_REASON_BEGIN, OTTER_ANSWER_STOP, 1);
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 0);
        assert_false(bench_has_request(&bench));
        bench_assert_reported(
            &bench, stages[i] == OTTER_STAGE_CHECKING ? OTTER_REPORT_REFUSED : OTTER_REPORT_FAILED,
            OTTER_ERR_STOPPED, "1.1.0");
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 1);
        bench_tear_down(&bench);
    }
}

static void stop_during_the_download_ends_it(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    answer(&bench, OTTER_STAGE_DOWNLOADING, OTTER_REASON_PROGRESS, OTTER_ANSWER_STOP, 1);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_STOPPED, "1.1.0");
    assert_int_equal(bench.data.closes, 1);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    bench_tear_down(&bench);
}

static void stop_before_the_restart_leaves_the_image_pending(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    answer(&bench, OTTER_STAGE_RESTARTING, OTTER_REASON_BEGIN, OTTER_ANSWER_STOP, 1);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 0);
    assert_true(bench_has_request(&bench));
    bench_tear_down(&bench);
}

static void later_is_asked_again(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    answer(&bench, OTTER_STAGE_OPENING, OTTER_REASON_BEGIN, OTTER_ANSWER_LATER, 20);
    bench_run(&bench, 70000);
    assert_int_equal(bench.data.opens, 0);
    bench_run(&bench, 30000);
    assert_int_equal(bench.restarts, 1);
    bench_tear_down(&bench);
}

static void a_stage_done_by_the_application_counts_as_done(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    answer(&bench, OTTER_STAGE_RESTARTING, OTTER_REASON_BEGIN, OTTER_ANSWER_DONE_BY_ME, 1);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 0);
    assert_true(bench_has_request(&bench));
    bench_tear_down(&bench);
}

static void an_image_that_the_application_fetched_itself_is_verified_all_the_same(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    answer(&bench, OTTER_STAGE_DOWNLOADING, OTTER_REASON_BEGIN, OTTER_ANSWER_DONE_BY_ME, 2);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_EMPTY_SLOT, "1.1.0");
    otter_sim_flash_load(&bench.device, bench.config.secondary.offset, bench.file, bench.file_size);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

static void an_impossible_configuration_is_refused(void **state)
{
    static const struct otter_private_key key = { 0 };
    struct otter_agent_hooks no_restart;
    struct bench bench;
    struct otter_agent_config config;

    (void)state;
    bench_set_up(&bench);
    config = bench.config;
    config.timing.retry_interval_s = config.timing.retry_interval_max_s + 1;
    assert_int_equal(otter_agent_init(&bench.agent, &config, 0), OTTER_ERR_ARGUMENT);
    config = bench.config;
    config.timing.next_check_interval_s = OTTER_AGENT_INTERVAL_MAX_S + 1;
    assert_int_equal(otter_agent_init(&bench.agent, &config, 0), OTTER_ERR_ARGUMENT);
    config = bench.config;
    config.max_image_size = config.secondary.size;
    assert_int_equal(otter_agent_init(&bench.agent, &config, 0), OTTER_ERR_ARGUMENT);
    config = bench.config;
    config.buffer_size = 255;
    assert_int_equal(otter_agent_init(&bench.agent, &config, 0), OTTER_ERR_ARGUMENT);
    config = bench.config;
    config.journal.size = 1024;
    assert_int_equal(otter_agent_init(&bench.agent, &config, 0), OTTER_ERR_ARGUMENT);
    config = bench.config;
    no_restart = *config.hooks;
    no_restart.restart = NULL;
    config.hooks = &no_restart;
    assert_int_equal(otter_agent_init(&bench.agent, &config, 0), OTTER_ERR_ARGUMENT);
    config = bench.config;
    config.trust.decryption_key = &key;
    assert_int_equal(otter_agent_init(&bench.agent, &config, 0), OTTER_ERR_ARGUMENT);
    config.decrypt = otter_image_decrypt;
    assert_int_equal(otter_agent_init(&bench.agent, &config, 0), OTTER_OK);
    bench_tear_down(&bench);
}

int run_update_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_is_installed_confirmed_and_reported),
        cmocka_unit_test(nothing_happens_before_the_initial_check_is_due),
        cmocka_unit_test(the_next_check_comes_after_its_interval),
        cmocka_unit_test(a_clock_that_wraps_changes_nothing),
        cmocka_unit_test(no_update_costs_no_flash_and_no_report),
        cmocka_unit_test(the_agent_waits_for_a_slow_answer),
        cmocka_unit_test(progress_is_told_once_for_each_percent),
        cmocka_unit_test(without_reboot_upon_completion_the_program_restarts_when_it_likes),
        cmocka_unit_test(a_newer_job_replaces_one_that_waits),
        cmocka_unit_test(without_validation_it_is_installed_for_good),
        cmocka_unit_test(a_product_that_sends_no_results_sends_none),
        cmocka_unit_test(a_report_that_cannot_be_delivered_does_not_prevent_the_restart),
        cmocka_unit_test(an_outcome_is_reported_later_if_the_server_is_away),
        cmocka_unit_test(a_confirmation_during_a_session_is_reported_right_after_it),
        cmocka_unit_test(during_a_trial_nothing_is_downloaded_over_the_way_back),
        cmocka_unit_test(stop_ends_the_update_at_each_stage_and_the_agent_lives_on),
        cmocka_unit_test(stop_during_the_download_ends_it),
        cmocka_unit_test(stop_before_the_restart_leaves_the_image_pending),
        cmocka_unit_test(later_is_asked_again),
        cmocka_unit_test(a_stage_done_by_the_application_counts_as_done),
        cmocka_unit_test(an_image_that_the_application_fetched_itself_is_verified_all_the_same),
        cmocka_unit_test(an_impossible_configuration_is_refused),
    };
    return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
