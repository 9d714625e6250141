/* SPDX-License-Identifier: Apache-2.0 */

/* Jobs, message by message. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws_jobs.h"

#define NOW      1717395148123
#define SENT_MAX 8

static struct lab {
    struct aws_cloud cloud;
    struct aws_jobs jobs;
    struct aws_thing thing;
    struct aws_job rows[3];
    int64_t now_ms;
    struct {
        char topic[AWS_TOPIC_SIZE];
        cJSON *json;
    } sent[SENT_MAX];
    size_t count;
} lab;

static void take(void *context, const char *topic, const char *text)
{
    (void)context;
    assert_true(lab.count < SENT_MAX);
    (void)snprintf(lab.sent[lab.count].topic, AWS_TOPIC_SIZE, "%s", topic);
    lab.sent[lab.count].json = cJSON_Parse(text);
    assert_non_null(lab.sent[lab.count].json);
    lab.count++;
}

static void deliver(void *context, const struct aws_job *job, cJSON *document)
{
    (void)context;
    (void)cJSON_AddStringToObject(document, "deliveredFor", job->file.name);
}

static void ignore(void *context, const struct aws_event *event)
{
    (void)context;
    assert_non_null(event->thing);
}

static void forget(void)
{
    while (lab.count > 0) {
        cJSON_Delete(lab.sent[--lab.count].json);
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(&lab, 0, sizeof lab);
    lab.cloud.minute_ms = 60000;
    lab.cloud.things = &lab.thing.file;
    (void)strcpy(lab.thing.file.name, "T");
    lab.now_ms = NOW;
    lab.jobs =
        (struct aws_jobs){ .cloud = &lab.cloud, .send = take, .deliver = deliver, .tell = ignore };
    return 0;
}

static void free_job(struct aws_job *job)
{
    while (job->executions != NULL) {
        struct aws_execution *next = job->executions->next;

        cJSON_Delete(job->executions->details);
        free(job->executions);
        job->executions = next;
    }
    cJSON_Delete(job->document);
}

static int tear_down(void **state)
{
    (void)state;
    forget();
    cJSON_Delete(lab.thing.told);
    for (int i = 0; i < 3; i++) {
        free_job(&lab.rows[i]);
    }
    return 0;
}

/* Make and queue job "J0", "J1" or "J2", a second after the one before. */
static struct aws_execution *queue(int which)
{
    struct aws_job *job = &lab.rows[which];

    (void)snprintf(job->file.name, AWS_NAME_SIZE, "J%d", which);
    job->document = cJSON_Parse("{\"afr_ota\":{}}");
    job->file.next = lab.cloud.jobs;
    lab.cloud.jobs = &job->file;
    assert_true(aws_queue(job, "T", 1, lab.now_ms + 1000 * which));
    return job->executions;
}

/* @return the answer, of which there has to be one */
static const cJSON *ask_forced(const char *level, const char *payload, enum aws_code forced)
{
    char text[AWS_TOPIC_SIZE];
    struct aws_topic topic;

    forget();
    (void)snprintf(text, sizeof text, "$aws/things/T/jobs/%s", level);
    assert_true(aws_topic_read(text, &topic));
    aws_jobs_handle(&lab.jobs, &topic, payload, strlen(payload), forced, lab.now_ms);
    assert_int_equal(lab.count, 1);
    return lab.sent[0].json;
}

static const cJSON *ask(const char *level, const char *payload)
{
    return ask_forced(level, payload, AWS_ACCEPTED);
}

static void assert_json(const cJSON *json, const char *expected)
{
    cJSON *wanted = cJSON_Parse(expected);

    assert_non_null(wanted);
    if (!cJSON_Compare(json, wanted, true)) {
        char *text = cJSON_PrintUnformatted(json);

        cJSON_Delete(wanted);
        fail_msg("%s", text);
    }
    cJSON_Delete(wanted);
}

static const char *text_of(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(json, key));

    return text != NULL ? text : "";
}

static void assert_rejected(const char *level, const char *payload, const char *code)
{
    const cJSON *answer = ask(level, payload);

    assert_non_null(strstr(lab.sent[0].topic, "/rejected"));
    if (strcmp(text_of(answer, "code"), code) != 0) {
        fail_msg("%s: %s", payload, text_of(answer, "code"));
    }
}

/* --- describe, get, start-next ------------------------------------------------------------------ */

static void without_a_job_there_is_no_execution(void **state)
{
    (void)state;
    assert_json(ask("$next/get", "{\"clientToken\":\"0:t\"}"),
                "{\"clientToken\":\"0:t\",\"timestamp\":1717395148}");
    assert_string_equal(lab.sent[0].topic, "$aws/things/T/jobs/$next/get/accepted");
    assert_json(ask("start-next", ""), "{\"timestamp\":1717395148}");
    assert_json(ask("get", "{}"),
                "{\"inProgressJobs\":[],\"queuedJobs\":[],\"timestamp\":1717395148}");
}

static void the_next_job_is_described_with_its_document(void **state)
{
    (void)state;
    (void)queue(0);
    assert_json(ask("$next/get", ""),
                "{\"execution\":{\"jobId\":\"J0\",\"status\":\"QUEUED\",\"queuedAt\":1717395148,"
                "\"lastUpdatedAt\":1717395148,\"versionNumber\":1,\"executionNumber\":1,"
                "\"jobDocument\":{\"afr_ota\":{},\"deliveredFor\":\"J0\"}},"
                "\"timestamp\":1717395148}");
    (void)ask("J0/get", "{\"includeJobDocument\":false,\"executionNumber\":1}");
    assert_string_equal(lab.sent[0].topic, "$aws/things/T/jobs/J0/get/accepted");
    assert_null(
        cJSON_GetObjectItem(cJSON_GetObjectItem(lab.sent[0].json, "execution"), "jobDocument"));
}

static void what_is_not_there_cannot_be_described(void **state)
{
    (void)state;
    queue(0)->status = AWS_SUCCEEDED;
    assert_rejected("J1/get", "{}", "ResourceNotFound");
    assert_rejected("J0/get", "{\"executionNumber\":2}", "ResourceNotFound");
    assert_rejected("J0/get", "{\"executionNumber\":\"x\"}", "InvalidRequest");
    assert_rejected("J0/get", "{\"includeJobDocument\":1}", "InvalidRequest");
    assert_rejected("J0/get", "", "TerminalStateReached");
    assert_null(cJSON_GetObjectItem(lab.sent[0].json, "executionState"));
}

static void starting_begins_the_job_with_details_and_timer(void **state)
{
    const cJSON *execution;

    (void)state;
    (void)queue(0);
    execution = cJSON_GetObjectItem(
        ask("start-next", "{\"statusDetails\":{\"a\":\"b\"},\"stepTimeoutInMinutes\":2}"),
        "execution");
    assert_json(
        execution,
        "{\"jobId\":\"J0\",\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"a\":\"b\"},"
        "\"queuedAt\":1717395148,\"startedAt\":1717395148,\"lastUpdatedAt\":1717395148,"
        "\"versionNumber\":2,\"executionNumber\":1,\"approximateSecondsBeforeTimedOut\":120,"
        "\"jobDocument\":{\"afr_ota\":{},\"deliveredFor\":\"J0\"}}");
}

static void starting_what_is_begun_changes_nothing(void **state)
{
    const struct aws_execution *execution = queue(0);

    (void)state;
    (void)ask("start-next", "");
    (void)ask("start-next", "{\"statusDetails\":{\"a\":\"b\"}}");
    assert_int_equal(execution->version, 2);
    assert_null(execution->details);
}

static void pending_jobs_are_listed_begun_and_queued_apart(void **state)
{
    (void)state;
    (void)queue(0);
    (void)queue(1);
    (void)ask("J1/update", "{\"status\":\"IN_PROGRESS\"}");
    assert_json(ask("get", "{\"clientToken\":\"x\"}"),
                "{\"inProgressJobs\":[{\"jobId\":\"J1\",\"queuedAt\":1717395149,"
                "\"startedAt\":1717395148,\"lastUpdatedAt\":1717395148,\"versionNumber\":2,"
                "\"executionNumber\":1}],\"queuedJobs\":[{\"jobId\":\"J0\","
                "\"queuedAt\":1717395148,\"lastUpdatedAt\":1717395148,\"versionNumber\":1,"
                "\"executionNumber\":1}],\"clientToken\":\"x\",\"timestamp\":1717395148}");
}

/* --- update ------------------------------------------------------------------------------------- */

static void a_plain_update_is_answered_with_the_time_alone(void **state)
{
    const struct aws_execution *execution = queue(0);

    (void)state;
    assert_json(ask("J0/update", "{\"status\":\"IN_PROGRESS\","
                                 "\"statusDetails\":{\"receive\":\"1/10\"}}"),
                "{\"timestamp\":1717395148}");
    assert_string_equal(lab.sent[0].topic, "$aws/things/T/jobs/J0/update/accepted");
    assert_int_equal(execution->status, AWS_IN_PROGRESS);
    assert_int_equal(execution->version, 2);
}

static void details_replace_the_old_ones_or_stay(void **state)
{
    const struct aws_execution *execution = queue(0);

    (void)state;
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"receive\":\"1/2\"}}");
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\"}");
    assert_json(execution->details, "{\"receive\":\"1/2\"}");
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"self_test\":\"r\"}}");
    assert_json(execution->details, "{\"self_test\":\"r\"}");
}

static void state_and_document_come_on_demand(void **state)
{
    (void)state;
    (void)queue(0);
    assert_json(ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"includeJobExecutionState\":true,"
                                 "\"includeJobDocument\":true,\"clientToken\":\"c\"}"),
                "{\"executionState\":{\"status\":\"IN_PROGRESS\",\"statusDetails\":{},"
                "\"versionNumber\":2},\"jobDocument\":{\"afr_ota\":{},\"deliveredFor\":\"J0\"},"
                "\"clientToken\":\"c\",\"timestamp\":1717395148}");
}

static void the_expected_version_may_stand_in_quotes(void **state)
{
    (void)state;
    (void)queue(0);
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":\"1\"}");
    assert_non_null(strstr(lab.sent[0].topic, "/accepted"));
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"expectedVersion\":2}");
    assert_non_null(strstr(lab.sent[0].topic, "/accepted"));
    assert_json(
        ask("J0/update", "{\"status\":\"SUCCEEDED\",\"expectedVersion\":2,\"clientToken\":\"c\"}"),
        "{\"code\":\"VersionMismatch\",\"message\":\"The version is another one\","
        "\"clientToken\":\"c\",\"timestamp\":1717395148,\"executionState\":"
        "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{},\"versionNumber\":3}}");
}

static void an_ended_execution_is_not_changed(void **state)
{
    (void)state;
    queue(0)->status = AWS_CANCELED;
    assert_rejected("J0/update", "{\"status\":\"IN_PROGRESS\"}", "InvalidStateTransition");
    assert_string_equal(text_of(cJSON_GetObjectItem(lab.sent[0].json, "executionState"), "status"),
                        "CANCELED");
}

static void what_has_begun_is_rejected_only_by_lenience(void **state)
{
    const struct aws_execution *execution = queue(0);

    (void)state;
    (void)ask("start-next", "");
    assert_rejected("J0/update", "{\"status\":\"REJECTED\"}", "InvalidStateTransition");
    lab.jobs.is_lenient = true;
    (void)ask("J0/update", "{\"status\":\"REJECTED\"}");
    assert_int_equal(execution->status, AWS_REJECTED);
}

static const char *const bad_updates[] = {
    "{}",
    "[]",
    "null",
    "\"x\"",
    "{\"status\":1}",
    "{\"status\":\"succeeded\"}",
    "{\"status\":\"CANCELED\"}",
    "{\"status\":\"TIMED_OUT\"}",
    "{\"status\":\"FAILED\",\"expectedVersion\":\"one\"}",
    "{\"status\":\"FAILED\",\"expectedVersion\":1.5}",
    "{\"status\":\"FAILED\",\"expectedVersion\":\"\"}",
    "{\"status\":\"FAILED\",\"expectedVersion\":\"nan\"}",
    "{\"status\":\"FAILED\",\"expectedVersion\":null}",
    "{\"status\":\"FAILED\",\"statusDetails\":\"x\"}",
    "{\"status\":\"FAILED\",\"statusDetails\":[\"x\"]}",
    "{\"status\":\"FAILED\",\"statusDetails\":{\"a b\":\"c\"}}",
    "{\"status\":\"FAILED\",\"statusDetails\":{\"\":\"c\"}}",
    "{\"status\":\"FAILED\",\"statusDetails\":{\"a\":1}}",
    "{\"status\":\"FAILED\",\"statusDetails\":{\"a\":\"\"}}",
    "{\"status\":\"FAILED\",\"statusDetails\":{\"a\":\"b\\nc\"}}",
    "{\"status\":\"FAILED\",\"stepTimeoutInMinutes\":0}",
    "{\"status\":\"FAILED\",\"stepTimeoutInMinutes\":10081}",
    "{\"status\":\"FAILED\",\"stepTimeoutInMinutes\":-2}",
    "{\"status\":\"FAILED\",\"includeJobDocument\":\"true\"}",
    "{\"status\":\"FAILED\",\"includeJobExecutionState\":0}",
    "{\"status\":\"FAILED\",\"clientToken\":5}",
    "{\"status\":\"FAILED\",\"clientToken\":\"\"}",
};

static void values_of_the_wrong_kind_are_invalid(void **state)
{
    const struct aws_execution *execution = queue(0);

    (void)state;
    for (size_t i = 0; i < sizeof bad_updates / sizeof bad_updates[0]; i++) {
        assert_rejected("J0/update", bad_updates[i], "InvalidRequest");
    }
    assert_int_equal(execution->version, 1);
}

static void what_is_no_json_is_told_so(void **state)
{
    static const char *const payloads[] = { "{", "{\"status\":\"FAILED\"} x", "status",
                                            "{\"status\":\"\xff\"}" };

    (void)state;
    (void)queue(0);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        assert_rejected("J0/update", payloads[i], "InvalidJson");
    }
}

/* Found before its values are looked at, which are looked at before its version is. */
static void checks_come_in_their_order(void **state)
{
    (void)state;
    queue(0)->status = AWS_SUCCEEDED;
    assert_rejected("J1/update", "{\"status\":\"x\"}", "ResourceNotFound");
    assert_rejected("J0/update", "{\"status\":\"x\",\"expectedVersion\":9}", "InvalidRequest");
    assert_rejected("J0/update", "{\"status\":\"FAILED\",\"expectedVersion\":9}",
                    "VersionMismatch");
    assert_rejected("J0/update", "{\"status\":\"FAILED\",\"expectedVersion\":1}",
                    "InvalidStateTransition");
    assert_rejected("J0/update", "{\"status\":\"QUEUED\"}", "InvalidStateTransition");
}

static void the_lengths_of_details_and_token_are_limited(void **state)
{
    static const struct {
        int key;
        int text;
        int token;
        const char *level;
    } cases[] = {
        { 128, 1024, 64, "/accepted" },
        { 129, 1, 1, "/rejected" },
        { 1, 1025, 1, "/rejected" },
        { 1, 1, 65, "/rejected" },
    };
    char payload[2048];

    (void)state;
    (void)queue(0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(payload, sizeof payload,
                       "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"%0*d\":\"%0*d\"},"
                       "\"clientToken\":\"%0*d\"}",
                       cases[i].key, 0, cases[i].text, 0, cases[i].token, 0);
        (void)ask("J0/update", payload);
        assert_non_null(strstr(lab.sent[0].topic, cases[i].level));
        assert_int_equal(cJSON_HasObjectItem(lab.sent[0].json, "clientToken"),
                         cases[i].token <= 64);
    }
}

static void a_step_timer_is_set_and_stopped(void **state)
{
    const struct aws_execution *execution = queue(0);

    (void)state;
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":\"1\"}");
    assert_int_equal(aws_deadline(execution), NOW + 60000);
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\"}");
    assert_int_equal(aws_deadline(execution), NOW + 60000);
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"stepTimeoutInMinutes\":-1}");
    assert_int_equal(aws_deadline(execution), 0);
}

static void throttled_requests_do_nothing(void **state)
{
    const struct aws_execution *execution = queue(0);

    (void)state;
    assert_json(ask_forced("J0/update", "{\"status\":\"FAILED\",\"clientToken\":\"c\"}",
                           AWS_REQUEST_THROTTLED),
                "{\"code\":\"RequestThrottled\",\"message\":\"Too many requests; try again later\","
                "\"clientToken\":\"c\",\"timestamp\":1717395148}");
    assert_int_equal(execution->status, AWS_QUEUED);
}

static void a_thing_that_is_not_there_has_nothing(void **state)
{
    (void)state;
    lab.cloud.things = NULL;
    assert_rejected("$next/get", "{}", "ResourceNotFound");
}

/* --- notifications ------------------------------------------------------------------------------ */

/* @return what is notified: "list", "next", both or nothing */
static const char *announced(void)
{
    bool list = false;
    bool next = false;

    forget();
    aws_jobs_announce(&lab.jobs, lab.now_ms);
    for (size_t i = 0; i < lab.count; i++) {
        list = list || strcmp(lab.sent[i].topic, "$aws/things/T/jobs/notify") == 0;
        next = next || strcmp(lab.sent[i].topic, "$aws/things/T/jobs/notify-next") == 0;
    }
    assert_int_equal(lab.count, list + next);
    if (list) {
        return next ? "list next" : "list";
    }
    return next ? "next" : "";
}

static void the_first_job_is_notified_both_ways(void **state)
{
    (void)state;
    assert_string_equal(announced(), "");
    (void)queue(0);
    assert_string_equal(announced(), "list next");
    assert_json(lab.sent[0].json,
                "{\"timestamp\":1717395148,\"jobs\":{\"QUEUED\":[{\"jobId\":\"J0\","
                "\"queuedAt\":1717395148,\"lastUpdatedAt\":1717395148,\"versionNumber\":1,"
                "\"executionNumber\":1}]}}");
    assert_json(lab.sent[1].json,
                "{\"timestamp\":1717395148,\"execution\":{\"jobId\":\"J0\",\"status\":\"QUEUED\","
                "\"queuedAt\":1717395148,\"lastUpdatedAt\":1717395148,\"versionNumber\":1,"
                "\"executionNumber\":1,\"jobDocument\":{\"afr_ota\":{},"
                "\"deliveredFor\":\"J0\"}}}");
    assert_string_equal(announced(), "");
}

static void each_event_is_notified_as_the_service_does(void **state)
{
    (void)state;
    (void)queue(0);
    assert_string_equal(announced(), "list next");
    (void)queue(1);
    assert_string_equal(announced(), "list");
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\"}");
    assert_string_equal(announced(), "");
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"a\":\"b\"}}");
    assert_string_equal(announced(), "");
    (void)ask("J0/update", "{\"status\":\"SUCCEEDED\"}");
    assert_string_equal(announced(), "list next");
    (void)ask("J1/update", "{\"status\":\"FAILED\"}");
    assert_string_equal(announced(), "list next");
    assert_json(lab.sent[0].json, "{\"timestamp\":1717395148,\"jobs\":{}}");
    assert_json(lab.sent[1].json, "{\"timestamp\":1717395148}");
}

static void keys_come_in_another_order_on_demand(void **state)
{
    char *text;

    (void)state;
    (void)queue(0);
    lab.jobs.is_other_order = true;
    (void)ask("J0/update", "{\"status\":\"IN_PROGRESS\",\"includeJobDocument\":true}");
    text = cJSON_PrintUnformatted(lab.sent[0].json);
    assert_string_equal(
        text, "{\"later\":\"a key that nobody knows yet\",\"timestamp\":1717395148,"
              "\"jobDocument\":{\"later\":\"a key that nobody knows yet\",\"deliveredFor\":\"J0\","
              "\"afr_ota\":{\"later\":\"a key that nobody knows yet\"}}}");
    cJSON_free(text);
}

static void a_second_job_that_is_begun_first_becomes_the_next(void **state)
{
    (void)state;
    (void)queue(0);
    (void)queue(1);
    assert_string_equal(announced(), "list next");
    (void)ask("J1/update", "{\"status\":\"IN_PROGRESS\"}");
    assert_string_equal(announced(), "next");
    assert_string_equal(text_of(cJSON_GetObjectItem(lab.sent[0].json, "execution"), "jobId"), "J1");
}

static void a_retry_is_another_execution(void **state)
{
    (void)state;
    (void)queue(0);
    lab.rows[0].retries_failed = 1;
    assert_string_equal(announced(), "list next");
    (void)ask("J0/update", "{\"status\":\"FAILED\"}");
    assert_string_equal(announced(), "list next");
    (void)ask("J0/update", "{\"status\":\"FAILED\",\"executionNumber\":1}");
    assert_string_equal(text_of(lab.sent[0].json, "code"), "InvalidStateTransition");
}

static void what_times_out_is_notified(void **state)
{
    const struct aws_execution *execution = queue(0);

    (void)state;
    lab.rows[0].timeout_minutes = 1;
    (void)ask("start-next", "");
    assert_string_equal(announced(), "list next");
    assert_int_equal(aws_jobs_deadline(&lab.jobs), NOW + 60000);
    aws_jobs_step(&lab.jobs, NOW + 59999);
    assert_string_equal(announced(), "");
    aws_jobs_step(&lab.jobs, NOW + 60000);
    assert_string_equal(announced(), "list next");
    assert_int_equal(execution->status, AWS_TIMED_OUT);
    assert_int_equal(aws_jobs_deadline(&lab.jobs), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(without_a_job_there_is_no_execution),
        TEST(the_next_job_is_described_with_its_document),
        TEST(what_is_not_there_cannot_be_described),
        TEST(starting_begins_the_job_with_details_and_timer),
        TEST(starting_what_is_begun_changes_nothing),
        TEST(pending_jobs_are_listed_begun_and_queued_apart),
        TEST(a_plain_update_is_answered_with_the_time_alone),
        TEST(details_replace_the_old_ones_or_stay),
        TEST(state_and_document_come_on_demand),
        TEST(the_expected_version_may_stand_in_quotes),
        TEST(an_ended_execution_is_not_changed),
        TEST(what_has_begun_is_rejected_only_by_lenience),
        TEST(values_of_the_wrong_kind_are_invalid),
        TEST(what_is_no_json_is_told_so),
        TEST(checks_come_in_their_order),
        TEST(the_lengths_of_details_and_token_are_limited),
        TEST(a_step_timer_is_set_and_stopped),
        TEST(throttled_requests_do_nothing),
        TEST(a_thing_that_is_not_there_has_nothing),
        TEST(the_first_job_is_notified_both_ways),
        TEST(each_event_is_notified_as_the_service_does),
        TEST(keys_come_in_another_order_on_demand),
        TEST(a_second_job_that_is_begun_first_becomes_the_next),
        TEST(a_retry_is_another_execution),
        TEST(what_times_out_is_notified),
    };

    return cmocka_run_group_tests_name("aws_standin_jobs", tests, NULL, NULL);
}
