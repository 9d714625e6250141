/* SPDX-License-Identifier: Apache-2.0 */

/* Asking for a job. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static void the_question_has_the_keys_of_the_anycloud_library(void **state)
{
    (void)state;
    get_job();
    assert_string_equal(publisher.last,
                        "{\"Message\":\"Update Availability\",\"Manufacturer\":\"Otter "
                        "\\\"Works\\\"\",\"ManufacturerID\":\"OW\",\"ProductID\":\"demo\","
                        "\"SerialNumber\":\"0001\",\"BoardName\":\"board-1\",\"Version\":\"1.0.0\","
                        "\"UniqueTopicName\":\"anycloud/board-1/OTAImage/"
                        "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0\"}");
    assert_int_equal(broker.counts[8], 1);
    assert_int_equal(job.version.minor, 1);
}

static void no_update_is_an_answer(void **state)
{
    (void)state;
    publisher.job = "{\"Message\":\"No Update Available\"}";
    assert_int_equal(ask_for_job(), OTTER_NO_UPDATE);
    assert_int_equal(ask_for_job(), OTTER_NO_UPDATE);
    assert_int_equal(broker.counts[1], 1); /* over the same connection */
}

static void answers_that_are_no_jobs_are_refused_and_explained(void **state)
{
    (void)state;
    publisher.job = "OTAImage and so on";
    assert_int_equal(ask_for_job(), OTTER_ERR_JOB_SYNTAX);
    publisher.job = "{\"Version\":\"1.1.0\",\"Board\":\"b\",\"Port\":\"here\"}";
    assert_int_equal(ask_for_job(), OTTER_ERR_JOB_FIELD);
    assert_string_equal(jobs.ops->explain(jobs.self), "Port");
    assert_int_equal(send_report(OTTER_REPORT_REFUSED, OTTER_ERR_JOB_FIELD), OTTER_OK);
    assert_int_equal(broker.counts[1], 1);
}

static void a_job_that_is_too_long_is_refused_at_its_first_byte(void **state)
{
    static char big[OTTER_JOB_DOCUMENT_MAX + 2];

    (void)state;
    memset(big, ' ', sizeof big - 1);
    publisher.job = big;
    assert_int_equal(ask_for_job(), OTTER_ERR_JOB_TOO_BIG);
    assert_int_equal(send_report(OTTER_REPORT_REFUSED, OTTER_ERR_JOB_TOO_BIG), OTTER_OK);
}

static void silence_after_the_question_is_a_timeout(void **state)
{
    const uint32_t began_ms = now_ms;

    (void)state;
    publisher.job = NULL;
    assert_int_equal(ask_for_job(), OTTER_ERR_TIMEOUT);
    assert_in_range(now_ms - began_ms, 30000, 31000);
    assert_string_equal(jobs.ops->explain(jobs.self), "no publisher answered");
    assert_false(broker.is_open);
}

static void late_receipts_and_empty_messages_are_not_jobs(void **state)
{
    (void)state;
    publisher.job = NULL;
    assert_int_equal(jobs.ops->ask(jobs.self, &identity, now_ms), OTTER_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(jobs.ops->step(jobs.self, now_ms, &job), OTTER_AGAIN);
    }
    send_text("{\"Message\":\"Result Received\",\"Version\":\"9.0.0\",\"Board\":\"b\"}");
    send_text("");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(jobs.ops->step(jobs.self, now_ms, &job), OTTER_AGAIN);
    }
}

static void each_connection_has_a_topic_of_its_own(void **state)
{
    char first[OTTER_MQTT_TOPIC_SIZE];

    (void)state;
    get_job();
    strcpy(first, publisher.answer_topic);
    jobs.ops->close(jobs.self);
    get_job();
    assert_string_not_equal(publisher.answer_topic, first);
}

static void what_prevents_asking_is_said(void **state)
{
    (void)state;
    random_result = OTTER_ERR_CRYPTO;
    assert_int_equal(jobs.ops->ask(jobs.self, &identity, 0), OTTER_ERR_CRYPTO);
    assert_string_equal(jobs.ops->explain(jobs.self), "there are no random bytes for the topic");
    random_result = OTTER_OK;
    config.topic_prefix = "a prefix of more characters than the room for the topic allows, which "
                          "is not a good idea anyway";
    assert_int_equal(jobs.ops->ask(jobs.self, &identity, 0), OTTER_ERR_ARGUMENT);
    config.topic_prefix = "anycloud";
    broker.open_result = OTTER_ERR_HOST;
    assert_int_equal(ask_for_job(), OTTER_ERR_HOST);
    assert_string_equal(jobs.ops->explain(jobs.self), "said the link");
    broker.open_result = OTTER_AGAIN;
    get_job();
}

int run_asking_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_question_has_the_keys_of_the_anycloud_library),
        TEST(no_update_is_an_answer),
        TEST(answers_that_are_no_jobs_are_refused_and_explained),
        TEST(a_job_that_is_too_long_is_refused_at_its_first_byte),
        TEST(silence_after_the_question_is_a_timeout),
        TEST(late_receipts_and_empty_messages_are_not_jobs),
        TEST(each_connection_has_a_topic_of_its_own),
        TEST(what_prevents_asking_is_said),
    };

    return cmocka_run_group_tests_name("asking", tests, NULL, NULL);
}
