/* SPDX-License-Identifier: Apache-2.0 */

/* Chunks of an image, one request for each: lost, repeated, in disorder, over links that break. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static void an_image_arrives_whole_with_any_window_and_size(void **state)
{
    static const uint32_t sizes[] = { 1, 999, 1000, 1001, 8000, 10000, 19999 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (uint8_t window = 1; window <= OTTER_MQTT_WINDOW_MAX; window++) {
            (void)fresh(state);
            publisher.size = sizes[i];
            config.window = window;
            get_job();
            assert_int_equal(fetch_image_from(0), OTTER_OK);
            expect_image();
            assert_int_equal(publisher.chunks, (sizes[i] + 999) / 1000);
            assert_int_equal(publisher.longest, 1000);
            assert_int_equal(device.refusals, 0);
            /* Only the very first request, made when the size was not known, may reach beyond. */
            assert_in_range(publisher.largest_end, sizes[i], sizes[i] < 1000 ? 1000 : sizes[i]);
        }
    }
}

static void a_chunk_request_names_file_offset_and_size_as_strings(void **state)
{
    (void)state;
    publisher.size = 1500;
    get_job();
    assert_int_equal(fetch_image_from(0), OTTER_OK);
    assert_non_null(strstr(publisher.last, "\"UniqueTopicName\":\"anycloud/board-1/OTAImage/"));
    assert_non_null(
        strstr(publisher.last, ",\"Filename\":\"a\\\"b\",\"Offset\":\"1000\",\"Size\":\"500\"}"));
}

static void the_size_in_the_job_is_the_limit_from_the_start(void **state)
{
    (void)state;
    publisher.job = "{\"Version\":\"1.1.0\",\"Board\":\"board-1\",\"ImageSize\":\"10000\"}";
    get_job();
    assert_int_equal(fetch_image_from(0), OTTER_OK);
    expect_image();

    (void)fresh(state);
    publisher.job = "{\"Version\":\"1.1.0\",\"Board\":\"board-1\",\"ImageSize\":\"9999\"}";
    get_job();
    assert_int_equal(fetch_image_from(0), OTTER_ERR_TIMEOUT);
    assert_int_equal(device.refused, OTTER_ERR_CHUNK_FOREIGN);
    assert_int_equal(device.accepted, 0);
}

static void pieces_that_are_taken_in_parts_come_again(void **state)
{
    (void)state;
    get_job();
    memset(&device, 0, sizeof device);
    assert_int_equal(data.ops->open(data.self, &identity, &job, now_ms), OTTER_OK);
    assert_int_equal(go_on_fetching(7), OTTER_OK);
    expect_image();
}

static void a_download_goes_on_where_it_stopped(void **state)
{
    (void)state;
    get_job();
    assert_int_equal(fetch_image_from(4321), OTTER_OK);
    expect_image();
    assert_int_equal(publisher.chunks, 6);
}

static void a_download_cut_at_any_byte_arrives_whole(void **state)
{
    size_t stream_size = 1;

    for (size_t cut = 0; cut < stream_size; cut++) {
        (void)fresh(state);
        publisher.size = 150;
        config.chunk_size = 40;
        broker.cuts[0] = cut;
        get_job();
        assert_int_equal(fetch_image_from(0), OTTER_OK);
        expect_image();
        assert_int_equal(publisher.chunks, 4);
        assert_int_equal(send_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
        stream_size = broker.stream_size;
    }
}

static void send_twice(uint32_t offset, uint32_t size)
{
    send_chunk(offset, size);
    send_chunk(offset, size);
}

static void send_next_first(uint32_t offset, uint32_t size)
{
    if (offset + size < publisher.size) {
        send_chunk(offset + size, size);
    }
    send_chunk(offset, size);
}

static void send_more_than_asked(uint32_t offset, uint32_t size)
{
    send_chunk(offset, 2 * size);
}

static void send_with_company(uint32_t offset, uint32_t size)
{
    send_text("");
    send_text("{}");
    send_text("{\"Message\":\"Update Available\",\"Version\":\"7.0.0\",\"Board\":\"x\"}");
    send_chunk(offset, size);
    send_text("{\"Message\":\"Result Received\"}");
}

static void every_tolerable_answer_leads_to_the_whole_image(void **state)
{
    static void (*const answers[])(uint32_t, uint32_t) = {
        send_nothing, send_twice,           send_next_first,
        send_half,    send_more_than_asked, send_with_company,
    };

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (uint32_t request = 0; request < 10; request++) {
            for (uint8_t window = 1; window <= 4; window++) {
                (void)fresh(state);
                config.window = window;
                publisher.misbehave = answers[i];
                publisher.bad_request = request;
                get_job();
                assert_int_equal(fetch_image_from(0), OTTER_OK);
                expect_image();
                assert_int_equal(device.refusals, 0);
                assert_in_range(publisher.chunks, 9, 18);
            }
        }
    }
}

/* In any window, and whichever it is, unless it is the last: nothing comes behind that. */
static void a_lost_chunk_is_asked_for_again_alone(void **state)
{
    for (uint8_t window = 2; window <= OTTER_MQTT_WINDOW_MAX; window++) {
        for (uint32_t lost = 1; lost < 9; lost++) {
            (void)fresh(state);
            config.window = window;
            config.chunk_timeout_ms = 60000;
            publisher.misbehave = send_nothing;
            publisher.bad_request = lost;
            get_job();
            assert_int_equal(fetch_image_from(0), OTTER_OK);
            expect_image();
            assert_int_equal(publisher.chunks, 11);
        }
    }
}

static void chunks_that_change_places_with_their_neighbours_are_not_asked_for_again(void **state)
{
    (void)state;
    config.window = OTTER_MQTT_WINDOW_MAX;
    publisher.holds_back_every = 4; /* of the last two, the second one overtakes all there are */
    get_job();
    assert_int_equal(fetch_image_from(0), OTTER_OK);
    expect_image();
    assert_int_equal(publisher.chunks, 10);
}

/* Loss, repetition and disorder, all at once. */
static void whatever_happens_to_chunks_the_image_arrives_whole(void **state)
{
    static const enum otter_mqtt_fetch ways[] = { OTTER_MQTT_FETCH_CHUNKS, OTTER_MQTT_FETCH_WHOLE };

    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        for (uint32_t seed = 1; seed <= 100; seed++) {
            (void)fresh(state);
            config.fetch = ways[way];
            config.window = (uint8_t)(1 + seed % OTTER_MQTT_WINDOW_MAX);
            config.chunk_tries = 10;
            publisher.chaos = seed;
            get_job();
            assert_int_equal(fetch_image_from(0), OTTER_OK);
            expect_image();
            assert_int_equal(device.refusals, 0);
        }
    }
}

static void a_lost_chunk_in_a_wide_window_is_not_waited_for(void **state)
{
    uint32_t began_ms;

    (void)state;
    config.chunk_timeout_ms = 60000;
    publisher.misbehave = send_nothing;
    publisher.bad_request = 3;
    get_job();
    began_ms = now_ms;
    assert_int_equal(fetch_image_from(0), OTTER_OK);
    assert_in_range(now_ms - began_ms, 0, 10000);
}

static void a_publisher_that_always_sends_less_is_served_by_more_requests(void **state)
{
    (void)state;
    publisher.short_by = 300;
    get_job();
    assert_int_equal(fetch_image_from(0), OTTER_OK);
    expect_image();
}

static void a_publisher_that_goes_silent_is_a_timeout(void **state)
{
    (void)state;
    get_job();
    broker.on_publish = NULL;
    assert_int_equal(fetch_image_from(0), OTTER_ERR_TIMEOUT);
    assert_string_not_equal(data.ops->explain(data.self), "");
    data.ops->close(data.self);

    /* The connection still serves the report. */
    broker.on_publish = serve;
    assert_int_equal(send_report(OTTER_REPORT_FAILED, OTTER_ERR_TIMEOUT), OTTER_OK);
    assert_int_equal(broker.counts[1], 1);
}

static void a_download_goes_on_over_a_new_connection(void **state)
{
    (void)state;
    get_job();
    memset(&device, 0, sizeof device);
    publisher.bad_request = 5;
    publisher.misbehave = send_half;
    assert_int_equal(data.ops->open(data.self, &identity, &job, now_ms), OTTER_OK);
    config.window = 1;
    for (int i = 0; i < 40 && device.accepted < 4000; i++) {
        struct otter_chunk chunk;
        const struct otter_range missing = first_gap();

        if (data.ops->step(data.self, now_ms, &missing, &chunk) == OTTER_OK) {
            take_piece(&chunk, SIZE_MAX);
        }
    }
    assert_int_equal(device.accepted, 4000);
    broker.stream_size = broker.delivered;
    broker.end_result = OTTER_ERR_LINK;
    assert_int_equal(go_on_fetching(SIZE_MAX), OTTER_ERR_LINK);
    assert_string_equal(data.ops->explain(data.self), "said the link");
    data.ops->close(data.self);

    broker.end_result = OTTER_OK;
    assert_int_equal(fetch_image_from(device.accepted), OTTER_OK);
    expect_image();
    assert_int_equal(broker.counts[1], 2);
}

int run_fetching_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_image_arrives_whole_with_any_window_and_size),
        TEST(a_chunk_request_names_file_offset_and_size_as_strings),
        TEST(the_size_in_the_job_is_the_limit_from_the_start),
        TEST(pieces_that_are_taken_in_parts_come_again),
        TEST(a_download_goes_on_where_it_stopped),
        TEST(a_download_cut_at_any_byte_arrives_whole),
        TEST(every_tolerable_answer_leads_to_the_whole_image),
        TEST(a_lost_chunk_is_asked_for_again_alone),
        TEST(chunks_that_change_places_with_their_neighbours_are_not_asked_for_again),
        TEST(whatever_happens_to_chunks_the_image_arrives_whole),
        TEST(a_lost_chunk_in_a_wide_window_is_not_waited_for),
        TEST(a_publisher_that_always_sends_less_is_served_by_more_requests),
        TEST(a_publisher_that_goes_silent_is_a_timeout),
        TEST(a_download_goes_on_over_a_new_connection),
    };

    return cmocka_run_group_tests_name("fetching", tests, NULL, NULL);
}
