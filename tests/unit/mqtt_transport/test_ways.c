/* SPDX-License-Identifier: Apache-2.0 */

/* Images that come from elsewhere, without a job, or all at once. */

#include <string.h>

#include "bench.h"
#include "suites.h"

/* ---- elsewhere ---- */

static void jobs_that_point_elsewhere_are_refused(void **state)
{
    static const struct {
        const char *host;
        uint16_t port;
        enum otter_job_connection connection;
        bool is_here;
    } cases[] = {
        { "", 0, OTTER_JOB_CONNECTION_SAME, true },
        { "", 1883, OTTER_JOB_CONNECTION_MQTT, true }, /* the AnyCloud library's own sample */
        { "broker.LOCAL", 8883, OTTER_JOB_CONNECTION_MQTT, true },
        { "broker.local", 0, OTTER_JOB_CONNECTION_MQTT, true },
        { "broker.local", 1883, OTTER_JOB_CONNECTION_MQTT, false },
        { "broker.loca", 8883, OTTER_JOB_CONNECTION_MQTT, false },
        { "broker.local.example", 8883, OTTER_JOB_CONNECTION_MQTT, false },
        { "10.0.0.88", 8883, OTTER_JOB_CONNECTION_MQTT, false },
        { "", 0, OTTER_JOB_CONNECTION_HTTP, false },
        { "broker.local", 8883, OTTER_JOB_CONNECTION_HTTPS, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct otter_job there = { .port = cases[i].port, .connection = cases[i].connection };

        strcpy(there.host, cases[i].host);
        assert_int_equal(data.ops->open(data.self, &identity, &there, now_ms),
                         cases[i].is_here ? OTTER_OK : OTTER_ERR_JOB_REDIRECT);
    }
    assert_string_equal(data.ops->explain(data.self), "HTTPS server \"broker.local\", port 8883");
}

/* The report goes home again, whoever sent the image. */
static void a_job_may_lead_to_a_broker_that_is_allowed(void **state)
{
    static const char *const allowed[] = { "Mirror.example:8884", "backup.example", NULL };
    static const struct {
        const char *host;
        uint16_t port;
        uint16_t port_gone_to; /* 0: it is refused */
    } cases[] = {
        { "mirror.example", 8884, 8884 }, { "mirror.example", 8883, 0 },
        { "mirror.example", 0, 0 },       { "mirror.example.org", 8884, 0 },
        { "backup.example", 1883, 1883 }, { "backup.example", 0, 8883 },
        { "other.example", 8883, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)fresh(state);
        config.allowed_brokers = allowed;
        get_job();
        strcpy(job.host, cases[i].host);
        job.port = cases[i].port;
        if (cases[i].port_gone_to == 0) {
            assert_int_equal(data.ops->open(data.self, &identity, &job, now_ms),
                             OTTER_ERR_JOB_REDIRECT);
            continue;
        }
        assert_int_equal(fetch_image_from(0), OTTER_OK);
        expect_image();
        assert_string_equal(broker.host, cases[i].host);
        assert_int_equal(broker.port, cases[i].port_gone_to);
        data.ops->close(data.self);
        assert_int_equal(send_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
        assert_string_equal(broker.host, "Broker.local");
        assert_int_equal(broker.counts[1], 3);
    }
}

static void a_download_elsewhere_goes_on_there_after_its_link_was_lost(void **state)
{
    static const char *const allowed[] = { "mirror.example", NULL };

    (void)state;
    config.allowed_brokers = allowed;
    get_job();
    strcpy(job.host, "mirror.example");
    assert_int_equal(fetch_image_from(0), OTTER_OK);
    data.ops->close(data.self);
    assert_int_equal(fetch_image_from(4000), OTTER_OK);
    expect_image();
    assert_string_equal(broker.host, "mirror.example");
}

/* ---- without a job ---- */

static const struct otter_job no_document = { .is_direct = true, .is_unread = true };

static void an_image_is_fetched_without_a_job_whatever_version_the_header_says(void **state)
{
    static const enum otter_mqtt_fetch ways[] = { OTTER_MQTT_FETCH_CHUNKS, OTTER_MQTT_FETCH_WHOLE,
                                                  OTTER_MQTT_FETCH_TOPIC };

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        (void)fresh(state);
        config.fetch = ways[i];
        job = no_document;
        assert_int_equal(fetch_image_from(0), OTTER_OK);
        expect_image();
        assert_int_equal(publisher.asked, 0);
        assert_int_equal(publisher.wholes, ways[i] == OTTER_MQTT_FETCH_CHUNKS ? 0 : 1);
        assert_int_equal(broker.counts[8], ways[i] == OTTER_MQTT_FETCH_TOPIC ? 2 : 1);
    }
}

/* Several devices share the topic: what comes for another one is a duplicate or a gap. */
static void gaps_on_the_fixed_topic_are_repaired_on_the_unique_one(void **state)
{
    (void)state;
    config.fetch = OTTER_MQTT_FETCH_TOPIC;
    publisher.misbehave = send_nothing;
    publisher.bad_request = 3;
    job = no_document;
    assert_int_equal(fetch_image_from(0), OTTER_OK);
    expect_image();
    assert_true(publisher.chunks > 0);
}

static void documents_are_never_taken_from_the_fixed_topic(void **state)
{
    (void)state;
    config.fetch = OTTER_MQTT_FETCH_TOPIC;
    publisher.answers_on = "anycloud/board-1/OTAImage";
    assert_int_equal(ask_for_job(), OTTER_ERR_TIMEOUT);
}

/* ---- the whole image ---- */

static void the_whole_image_is_asked_for_once(void **state)
{
    (void)state;
    config.fetch = OTTER_MQTT_FETCH_WHOLE;
    get_job();
    assert_int_equal(fetch_image_from(0), OTTER_OK);
    expect_image();
    assert_int_equal(publisher.wholes, 1);
    assert_int_equal(publisher.chunks, 0);
}

static void gaps_in_the_whole_image_are_repaired_with_chunk_requests(void **state)
{
    for (uint32_t lost = 0; lost < 20; lost++) {
        (void)fresh(state);
        config.fetch = OTTER_MQTT_FETCH_WHOLE;
        publisher.misbehave = send_nothing;
        publisher.bad_request = lost;
        get_job();
        assert_int_equal(fetch_image_from(0), OTTER_OK);
        expect_image();
        assert_int_equal(publisher.wholes, 1);
        assert_true(publisher.chunks > 0);
    }
}

static void an_interrupted_whole_image_goes_on_with_chunk_requests(void **state)
{
    (void)state;
    config.fetch = OTTER_MQTT_FETCH_WHOLE;
    get_job();
    assert_int_equal(fetch_image_from(3000), OTTER_OK);
    expect_image();
    assert_int_equal(publisher.wholes, 0);
}

int run_way_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(jobs_that_point_elsewhere_are_refused),
        TEST(a_job_may_lead_to_a_broker_that_is_allowed),
        TEST(a_download_elsewhere_goes_on_there_after_its_link_was_lost),
        TEST(an_image_is_fetched_without_a_job_whatever_version_the_header_says),
        TEST(gaps_on_the_fixed_topic_are_repaired_on_the_unique_one),
        TEST(documents_are_never_taken_from_the_fixed_topic),
        TEST(the_whole_image_is_asked_for_once),
        TEST(gaps_in_the_whole_image_are_repaired_with_chunk_requests),
        TEST(an_interrupted_whole_image_goes_on_with_chunk_requests),
    };

    return cmocka_run_group_tests_name("ways", tests, NULL, NULL);
}
