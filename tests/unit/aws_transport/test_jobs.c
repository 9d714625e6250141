/* SPDX-License-Identifier: Apache-2.0 */

/* The life of a job: asked for, refused, followed, tried, accepted, undone; answers that are lost, late
 * or refusals. */

#include <stdio.h>
#include <string.h>

#include "bench.h"

static void expect_update(const char *text)
{
    assert_non_null(strstr(bench.cloud.last_update, text));
}

static void expect_ended(const char *text)
{
    if (strstr(bench.cloud.ended, text) == NULL) {
        fail_msg("\"%s\" ended, not \"%s\"", bench.cloud.ended, text);
    }
}

/* ---- asking ---- */

static void the_next_execution_is_offered(void **state)
{
    (void)state;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_true(bench.job.is_versionless);
    assert_true(bench.job.is_unread);
    assert_false(bench.job.is_installed);
    assert_true(bench.job.has_size);
    assert_int_equal(bench.job.size, 10000);
    assert_int_equal(bench.job.file_count, 1);
    assert_int_equal(bench.job.files[0].size, 10000);
    assert_int_equal(bench.job.files[0].image, 0);
    assert_int_equal(bench.job.files[0].signature_size, 70);
    assert_int_equal(bench.job.files[0].signature[0], 0x30);
    assert_int_equal(bench.cloud.updates, 0); /* it is not begun before it is checked */
}

static void without_a_job_there_is_no_update(void **state)
{
    (void)state;
    assert_int_equal(bench_ask(), OTTER_NO_UPDATE);
    assert_string_equal(bench.cloud.last_topic, "jobs/$next/get");
}

static void answers_are_subscribed_to_before_anything_is_asked(void **state)
{
    (void)state;
    (void)bench_ask();
    assert_int_equal(bench.broker.counts[8], 3); /* SUBSCRIBE */
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_int_equal(bench.broker.counts[8], 7);
}

static void a_question_that_is_not_answered_is_put_again(void **state)
{
    (void)state;
    bench_offer();
    bench.cloud.ignores = 2;
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench.cloud.gets, 3);
}

static void a_service_that_never_answers_is_a_failed_connection(void **state)
{
    (void)state;
    bench.cloud.ignores = 100;
    assert_int_equal(bench_ask(), OTTER_ERR_TIMEOUT);
    assert_int_equal(bench.cloud.gets, 3);
    assert_non_null(strstr(bench_explanation(), "does not answer"));
    assert_false(bench.broker.is_open);
}

static void an_answer_to_another_question_is_passed_over(void **state)
{
    (void)state;
    bench_offer();
    bench.cloud.stale_first = true;
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_int_equal(bench_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
    bench_expect_file();
}

static void each_question_has_a_token_of_its_own(void **state)
{
    char first[200];

    (void)state;
    (void)bench_ask();
    assert_string_equal(bench.cloud.last_get, "{\"clientToken\":\"deadbeef-1\"}");
    strcpy(first, bench.cloud.last_get);
    (void)bench_ask();
    assert_string_equal(bench.cloud.last_get, "{\"clientToken\":\"deadbeef-2\"}");
}

static void throttled_the_device_waits_and_asks_again(void **state)
{
    const uint32_t began_ms = bench.now_ms;

    (void)state;
    bench_offer();
    bench.cloud.refuse_code = "RequestThrottled";
    bench.cloud.refusals = 2;
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_in_range(bench.now_ms - began_ms, 1500, 4000);
}

static void throttled_for_long_it_tries_another_time(void **state)
{
    (void)state;
    bench.cloud.refuse_code = "RequestThrottled";
    bench.cloud.refusals = 100;
    assert_int_equal(bench_ask(), OTTER_ERR_SERVER);
    assert_int_equal(bench.cloud.gets, 3);
}

static void a_question_that_the_service_refuses_is_explained(void **state)
{
    (void)state;
    bench.cloud.refuse_code = "InvalidRequest";
    bench.cloud.refusals = 1;
    assert_int_equal(bench_ask(), OTTER_ERR_PROTOCOL);
    assert_non_null(strstr(bench_explanation(), "as you wish"));
}

/* Half of a word was decoded when a letter came that is not ASCII. */
static void a_refusal_in_words_that_cannot_be_read_is_one_all_the_same(void **state)
{
    static const char foreign[] = "{\"code\":\"InvalidRequest\",\"message\":\"half\\u00e9\","
                                  "\"clientToken\":\"deadbeef-1\"}";

    (void)state;
    memset(bench.transport.detail, 'x', sizeof bench.transport.detail);
    bench.cloud.ignores = 1;
    assert_int_equal(bench.jobs.ops->ask(bench.jobs.self, &bench_identity, bench.now_ms), OTTER_OK);
    while (bench.cloud.gets == 0) {
        assert_int_equal(bench.jobs.ops->step(bench.jobs.self, bench.now_ms, &bench.job),
                         OTTER_AGAIN);
    }
    cloud_publish(&bench.cloud, "jobs/$next/get/rejected", foreign, strlen(foreign));
    assert_int_equal(bench.jobs.ops->step(bench.jobs.self, bench.now_ms, &bench.job),
                     OTTER_ERR_PROTOCOL);
    assert_string_equal(bench_explanation(), "the jobs service refuses this: ");
}

/* The longest that AWS IoT allows. */
static void the_longest_names_fit_all_topics(void **state)
{
    static char thing[OTTER_AWS_THING_SIZE];
    static char stream[OTTER_AWS_STREAM_SIZE];

    (void)state;
    memset(thing, 't', sizeof thing - 1);
    memset(stream, 's', sizeof stream - 1);
    bench.config.thing_name = thing;
    bench.cloud.thing = thing;
    bench.cloud.stream = stream;
    bench_restart();
    bench_offer();
    memset(bench.cloud.executions[0].job, 'j', OTTER_AWS_JOB_SIZE - 1);
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    expect_ended("jj SUCCEEDED");
}

static void a_job_that_is_no_update_is_left_alone(void **state)
{
    (void)state;
    cloud_queue(&bench.cloud, "reboot-1", "{\"action\":\"reboot\"}");
    assert_int_equal(bench_ask(), OTTER_NO_UPDATE);
    assert_int_equal(bench.cloud.updates, 0);
}

static void a_document_that_does_not_conform_is_refused_and_the_queue_goes_on(void **state)
{
    (void)state;
    cloud_queue(&bench.cloud, "AFR_OTA-bad",
                "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"streamname\":\"s\",\"files\":[{"
                "\"filesize\":0,\"fileid\":0}]}}");
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_ERR_JOB_FIELD);
    assert_string_equal(bench_explanation(), "filesize");
    assert_int_equal(bench_report(OTTER_REPORT_REFUSED, OTTER_ERR_JOB_FIELD), OTTER_OK);
    expect_ended("AFR_OTA-bad REJECTED {\"reason\":\"0x0000000c: 0x0000003e\"");
    assert_int_equal(bench_ask(), OTTER_OK);
}

static void a_document_too_long_for_the_device_is_refused_and_not_passed_over(void **state)
{
    static char document[20000] = "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"x\":\"";

    (void)state;
    memset(document + strlen(document), 'x', 15000);
    strcat(document, "\"}}");
    cloud_queue(&bench.cloud, "AFR_OTA-long", document);
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_ERR_JOB_TOO_BIG);
    assert_int_equal(bench.cloud.lean_gets, 1);
    assert_int_equal(bench_report(OTTER_REPORT_REFUSED, OTTER_ERR_JOB_TOO_BIG), OTTER_OK);
    expect_ended("AFR_OTA-long REJECTED");
    assert_int_equal(bench_ask(), OTTER_OK);
}

/* ---- the whole life ---- */

static void install(void)
{
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_int_equal(bench_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
}

static void restart_on_trial(void)
{
    bench.jobs.ops->close(bench.jobs.self);
    bench_restart();
    bench_identity.version = (struct otter_version){ 1, 1, 0, 0 };
    bench.is_on_trial = true;
}

static void a_job_goes_from_start_to_success(void **state)
{
    (void)state;
    install();
    expect_update("{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"self_test\":\"ready\","
                  "\"updatedBy\":\"0x01000000\"},\"expectedVersion\":");
    restart_on_trial();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_true(bench.job.is_installed);
    expect_update("\"self_test\":\"active\",\"updatedBy\":\"0x01010000\"");
    bench.is_on_trial = false;
    assert_int_equal(bench_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    expect_ended(
        "AFR_OTA-1 SUCCEEDED {\"reason\":\"accepted  v1.1.0\",\"updatedBy\":\"  v1.0.0\"}");
}

/* A second start while on trial must not look like a revert. */
static void a_second_restart_on_trial_changes_nothing(void **state)
{
    (void)state;
    install();
    for (int i = 0; i < 3; i++) {
        restart_on_trial();
        assert_int_equal(bench_ask(), OTTER_OK);
        assert_true(bench.job.is_installed);
    }
    assert_string_equal(bench.cloud.ended, "");
    assert_int_equal(bench_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    expect_ended("accepted  v1.1.0\",\"updatedBy\":\"  v1.0.0\"}");
}

static void a_confirmation_right_after_a_restart_finds_its_execution(void **state)
{
    (void)state;
    install();
    restart_on_trial();
    assert_int_equal(bench_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    expect_ended("AFR_OTA-1 SUCCEEDED");
}

static void a_revert_is_a_failure(void **state)
{
    (void)state;
    install();
    bench.jobs.ops->close(bench.jobs.self);
    bench_restart();
    assert_int_equal(bench_report(OTTER_REPORT_REVERTED, OTTER_ERR_NOT_CONFIRMED), OTTER_OK);
    expect_ended("AFR_OTA-1 FAILED {\"reason\":\"rejected: 0x00000010\",\"stage\":\"reverted\","
                 "\"detail\":\"the new image was not confirmed and was reverted\"}");
}

/* The word before the restart was lost; it is the execution in progress all the same. */
static void a_trial_whose_announcement_was_lost_is_not_undone(void **state)
{
    (void)state;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    restart_on_trial();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_true(bench.job.is_installed);
    expect_update("\"self_test\":\"active\"");
}

static void a_trial_whose_job_was_cancelled_must_not_stay(void **state)
{
    (void)state;
    install();
    restart_on_trial();
    bench.cloud.execution_count = 0;
    assert_int_equal(bench_ask(), OTTER_ERR_JOB_CANCELLED);
    assert_non_null(strstr(bench_explanation(), "on trial is gone"));
}

static void a_trial_whose_job_was_replaced_must_not_stay(void **state)
{
    (void)state;
    install();
    restart_on_trial();
    bench.cloud.execution_count = 0;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_ERR_JOB_CANCELLED);
    assert_string_equal(bench.cloud.executions[0].status, "QUEUED");
}

static void a_job_that_waits_for_a_trial_says_so(void **state)
{
    (void)state;
    install();
    bench.jobs.ops->close(bench.jobs.self);
    bench_restart();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_true(bench.job.is_installed);
    assert_int_equal(bench_report(OTTER_REPORT_REFUSED, OTTER_ERR_JOB_NOT_TRIED), OTTER_OK);
    expect_ended("AFR_OTA-1 FAILED {\"reason\":\"rejected: 0x00000011\"");
}

/* ---- how failures are worded ---- */

static void failures_are_worded_as_awss_tools_read_them(void **state)
{
    static const struct {
        enum otter_result result;
        const char *reason;
    } failures[] = {
        { OTTER_ERR_JOB_NOT_NEWER, "\"reason\":\"rejected: 0x0000000f\"" },
        { OTTER_ERR_STOPPED, "\"reason\":\"aborted: 0x00000013\"" },
        { OTTER_ERR_JOB_SIGNATURE, "\"reason\":\"0x000000e3: 0x0000004f\"" },
        { OTTER_ERR_IMAGE_SIGNATURE, "\"reason\":\"0x000000e3: 0x0000001c\"" },
        { OTTER_ERR_IMAGE_TOO_BIG, "\"reason\":\"0x000000e5: 0x00000017\"" },
        { OTTER_ERR_BUNDLE, "\"reason\":\"0x000000e0: 0x0000004c\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        (void)bench_set_up(NULL);
        bench_offer();
        assert_int_equal(bench_ask(), OTTER_OK);
        assert_int_equal(bench_fetch(), OTTER_OK);
        assert_int_equal(bench_report(OTTER_REPORT_FAILED, failures[i].result), OTTER_OK);
        expect_ended("AFR_OTA-1 FAILED");
        expect_update(failures[i].reason);
    }
}

static void the_version_that_runs_already_has_a_code_of_its_own(void **state)
{
    (void)state;
    bench_identity.version = (struct otter_version){ 1, 1, 0, 7 };
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_report(OTTER_REPORT_FAILED, OTTER_ERR_JOB_NOT_NEWER), OTTER_OK);
    expect_ended("\"rejected: 0x00000010\"");
}

static void what_was_begun_can_only_fail(void **state)
{
    (void)state;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_int_equal(bench_report(OTTER_REPORT_REFUSED, OTTER_ERR_JOB_REJECTED), OTTER_OK);
    expect_ended("AFR_OTA-1 FAILED");
}

/* Somebody else has started it meanwhile. */
static void a_rejection_that_comes_too_late_becomes_a_failure(void **state)
{
    (void)state;
    bench_offer();
    bench.cloud.refuses_rejected = true;
    assert_int_equal(bench_ask(), OTTER_OK);
    strcpy(bench.cloud.executions[0].status, "IN_PROGRESS");
    assert_int_equal(bench_report(OTTER_REPORT_REFUSED, OTTER_ERR_JOB_REJECTED), OTTER_OK);
    expect_ended("AFR_OTA-1 FAILED");
    assert_int_equal(bench.cloud.updates, 2);
}

/* ---- answers that do not come ---- */

static void an_update_whose_answer_was_lost_is_not_done_twice(void **state)
{
    (void)state;
    install();
    bench.cloud.loses_answers = 1;
    assert_int_equal(bench_report(OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_HASH), OTTER_OK);
    assert_string_equal(strchr(bench.cloud.ended, '\n'), "\n");
}

static void a_progress_whose_answer_was_lost_does_no_harm(void **state)
{
    (void)state;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    bench.cloud.loses_answers = 1; /* the start's */
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
    expect_update("ready");
}

static void a_version_that_somebody_else_raised_is_learnt(void **state)
{
    (void)state;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    bench.cloud.executions[0].version = 7;
    assert_int_equal(bench_report(OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_HASH), OTTER_OK);
    expect_update("\"expectedVersion\":7");
}

static void a_report_is_repeated_until_it_is_accepted(void **state)
{
    (void)state;
    install();
    bench.cloud.ignores = 2;
    assert_int_equal(bench_report(OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_HASH), OTTER_OK);
    expect_ended("FAILED");
}

static void a_report_that_nobody_takes_fails_and_may_be_made_again(void **state)
{
    (void)state;
    install();
    bench.cloud.ignores = 3;
    assert_int_equal(bench_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_ERR_TIMEOUT);
    assert_int_equal(bench_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    expect_ended("SUCCEEDED");
}

static void a_throttled_report_is_made_later(void **state)
{
    (void)state;
    install();
    bench.cloud.refuse_code = "RequestThrottled";
    bench.cloud.refusals = 1;
    assert_int_equal(bench_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    expect_ended("SUCCEEDED");
}

static void a_report_about_a_cancelled_job_is_nobodys(void **state)
{
    (void)state;
    install();
    bench.cloud.execution_count = 0;
    assert_int_equal(bench_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    bench_restart();
    bench_offer(); /* another one, not begun */
    assert_int_equal(bench_report(OTTER_REPORT_REVERTED, OTTER_ERR_NOT_CONFIRMED), OTTER_OK);
    assert_string_equal(bench.cloud.ended, "");
    assert_string_equal(bench.cloud.executions[0].status, "QUEUED");
}

static void a_job_cancelled_before_the_restart_must_not_be_installed(void **state)
{
    (void)state;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench.cloud.execution_count = 0;
    assert_int_equal(bench_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_ERR_JOB_CANCELLED);
}

static void after_a_lost_connection_the_execution_is_looked_up_for_the_report(void **state)
{
    (void)state;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench.broker.end_result = OTTER_ERR_CLOSED;
    assert_int_equal(bench_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_ERR_CLOSED);
    bench.broker.end_result = OTTER_OK;
    assert_int_equal(bench_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
    expect_update("ready");
}

/* ---- listening ---- */

static bool listen(uint32_t for_ms)
{
    for (uint32_t i = 0; i < for_ms; i += 100, bench.now_ms += 100) {
        if (otter_aws_transport_listen(&bench.transport, bench.now_ms)) {
            return true;
        }
    }
    return false;
}

static void a_new_job_is_heard_of_without_asking(void **state)
{
    (void)state;
    bench.config.stay_connected = true;
    assert_int_equal(bench_ask(), OTTER_NO_UPDATE);
    bench.jobs.ops->close(bench.jobs.self);
    assert_true(bench.broker.is_open);
    assert_false(listen(60000));
    bench_offer();
    cloud_notify(&bench.cloud);
    assert_true(listen(1000));
    assert_int_equal(bench_ask(), OTTER_OK);
}

static void a_listener_that_was_cut_off_connects_and_looks(void **state)
{
    (void)state;
    bench.config.stay_connected = true;
    assert_int_equal(bench_ask(), OTTER_NO_UPDATE);
    bench.jobs.ops->close(bench.jobs.self);
    bench.broker.end_result = OTTER_ERR_CLOSED;
    assert_false(listen(1000));
    bench.broker.end_result = OTTER_OK;
    assert_true(listen(20000));
}

static void a_program_that_stops_ends_the_session(void **state)
{
    (void)state;
    bench.config.stay_connected = true;
    assert_int_equal(bench_ask(), OTTER_NO_UPDATE);
    bench.jobs.ops->close(bench.jobs.self);
    otter_aws_transport_close(&bench.transport);
    assert_false(bench.broker.is_open);
    otter_aws_transport_close(&bench.transport);
    assert_true(listen(20000)); /* and it may begin again */
}

static void without_the_wish_nobody_stays_connected(void **state)
{
    (void)state;
    assert_int_equal(bench_ask(), OTTER_NO_UPDATE);
    bench.jobs.ops->close(bench.jobs.self);
    assert_false(bench.broker.is_open);
    assert_false(listen(1000));
    assert_false(bench.broker.is_open);
}

/* AWS IoT allows 50 subscriptions on a connection; each job takes four. */
static void after_too_many_jobs_the_connection_is_renewed(void **state)
{
    unsigned renewed = 0;

    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        enum otter_result result;

        bench_offer();
        (void)snprintf(bench.cloud.executions[0].job, sizeof bench.cloud.executions[0].job,
                       "AFR_OTA-%u", i);
        result = bench_ask();
        if (result == OTTER_ERR_CLOSED) {
            renewed++;
            assert_false(bench.broker.is_open);
            result = bench_ask();
        }
        assert_int_equal(result, OTTER_OK);
        assert_int_equal(bench_report(OTTER_REPORT_REFUSED, OTTER_ERR_JOB_REJECTED), OTTER_OK);
    }
    assert_int_equal(renewed, 2);
}

/* ---- the configuration ---- */

static void a_configuration_that_cannot_work_is_refused(void **state)
{
    static char long_name[OTTER_AWS_THING_SIZE + 1];
    struct otter_aws_transport_config broken[13];
    size_t count = 0;

    (void)state;
    memset(long_name, 'x', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        broken[i] = bench.config;
    }
    broken[count++].client = NULL;
    broken[count++].random = NULL;
    broken[count++].buffer = NULL;
    broken[count++].thing_name = "";
    broken[count++].thing_name = long_name;
    broken[count++].block_size = 255;
    broken[count++].block_size = 65537;
    broken[count++].window = 33;
    broken[count++].blocks_per_request = 9;
    broken[count++].request_tries = 0;
    broken[count++].block_tries = 0;
    broken[count++].block_timeout_max_ms = 1999;
    broken[count++].block_size = OTTER_AWS_BUFFER_MIN;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(otter_aws_transport_init(&bench.transport, &broken[i]),
                         OTTER_ERR_ARGUMENT);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, bench_set_up)

int run_job_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_next_execution_is_offered),
        TEST(without_a_job_there_is_no_update),
        TEST(answers_are_subscribed_to_before_anything_is_asked),
        TEST(a_question_that_is_not_answered_is_put_again),
        TEST(a_service_that_never_answers_is_a_failed_connection),
        TEST(an_answer_to_another_question_is_passed_over),
        TEST(each_question_has_a_token_of_its_own),
        TEST(throttled_the_device_waits_and_asks_again),
        TEST(throttled_for_long_it_tries_another_time),
        TEST(a_question_that_the_service_refuses_is_explained),
        TEST(a_refusal_in_words_that_cannot_be_read_is_one_all_the_same),
        TEST(the_longest_names_fit_all_topics),
        TEST(a_job_that_is_no_update_is_left_alone),
        TEST(a_document_that_does_not_conform_is_refused_and_the_queue_goes_on),
        TEST(a_document_too_long_for_the_device_is_refused_and_not_passed_over),
        TEST(a_job_goes_from_start_to_success),
        TEST(a_second_restart_on_trial_changes_nothing),
        TEST(a_confirmation_right_after_a_restart_finds_its_execution),
        TEST(a_revert_is_a_failure),
        TEST(a_trial_whose_announcement_was_lost_is_not_undone),
        TEST(a_trial_whose_job_was_cancelled_must_not_stay),
        TEST(a_trial_whose_job_was_replaced_must_not_stay),
        TEST(a_job_that_waits_for_a_trial_says_so),
        TEST(failures_are_worded_as_awss_tools_read_them),
        TEST(the_version_that_runs_already_has_a_code_of_its_own),
        TEST(what_was_begun_can_only_fail),
        TEST(a_rejection_that_comes_too_late_becomes_a_failure),
        TEST(an_update_whose_answer_was_lost_is_not_done_twice),
        TEST(a_progress_whose_answer_was_lost_does_no_harm),
        TEST(a_version_that_somebody_else_raised_is_learnt),
        TEST(a_report_is_repeated_until_it_is_accepted),
        TEST(a_report_that_nobody_takes_fails_and_may_be_made_again),
        TEST(a_throttled_report_is_made_later),
        TEST(a_report_about_a_cancelled_job_is_nobodys),
        TEST(a_job_cancelled_before_the_restart_must_not_be_installed),
        TEST(after_a_lost_connection_the_execution_is_looked_up_for_the_report),
        TEST(a_new_job_is_heard_of_without_asking),
        TEST(a_listener_that_was_cut_off_connects_and_looks),
        TEST(a_program_that_stops_ends_the_session),
        TEST(without_the_wish_nobody_stays_connected),
        TEST(after_too_many_jobs_the_connection_is_renewed),
        TEST(a_configuration_that_cannot_work_is_refused),
    };

    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
