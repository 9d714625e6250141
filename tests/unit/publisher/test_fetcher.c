/* SPDX-License-Identifier: Apache-2.0 */

/* The fetcher without a broker, before a publisher that keeps only so many requests and drops the
 * others. */

/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "fetcher.h"

#define IMAGE_SIZE  100000u
#define CHUNK_SIZE  1000u
#define QUEUE_MAX   256u
#define PATIENCE_MS 15000u
#define TURN_MS     10u
#define SILENCE_MS  2000u /* then the fetcher asks again */

static struct {
    struct fetcher_config config;
    struct fetcher fetcher;
    uint64_t now_ms;
    uint32_t queue[QUEUE_MAX]; /* offsets that were asked for and are not answered yet */
    uint32_t queue_len;
    uint32_t keeps;   /* of them at most */
    uint32_t dropped; /* requests */
    uint32_t most;    /* requests at once */
} world;

static bool take_request(void *context, const char *topic, const void *bytes, size_t len)
{
    cJSON *json = cJSON_ParseWithLength(bytes, len);
    const char *offset = cJSON_GetStringValue(cJSON_GetObjectItem(json, "Offset"));

    (void)context;
    assert_string_equal(topic, "acme/kit/publish_notify");
    if (offset != NULL && world.queue_len < world.keeps) {
        world.queue[world.queue_len++] = (uint32_t)strtoul(offset, NULL, 10);
    } else if (offset != NULL) {
        world.dropped++;
    }
    world.most = world.queue_len > world.most ? world.queue_len : world.most;
    cJSON_Delete(json);
    return true;
}

static void send_job(void)
{
    char job[512];
    int len = snprintf(job, sizeof job,
                       "{\"Message\":\"Update Available\",\"UniqueTopicName\":\"%s\","
                       "\"Version\":\"1.1.0\",\"Board\":\"kit\",\"File\":\"app.bin\"}",
                       world.fetcher.unique_topic);

    fetcher_handle(&world.fetcher, job, (size_t)len, world.now_ms);
}

static void answer_one_request(void)
{
    static uint8_t message[CHUNK_HEADER_SIZE + CHUNK_SIZE];
    const struct chunk_header header = { .version = { .major = 1, .minor = 1 },
                                         .total = IMAGE_SIZE,
                                         .offset = world.queue[0],
                                         .size = CHUNK_SIZE,
                                         .count = IMAGE_SIZE / CHUNK_SIZE,
                                         .index = (uint16_t)(world.queue[0] / CHUNK_SIZE) };

    chunk_encode(&header, message);
    memset(message + CHUNK_HEADER_SIZE, (int)(header.index & 0xFFu), CHUNK_SIZE);
    memmove(world.queue, world.queue + 1, --world.queue_len * sizeof world.queue[0]);
    fetcher_handle(&world.fetcher, message, sizeof message, world.now_ms);
}

static void fetch_from_a_publisher_that_keeps(uint32_t requests)
{
    world.keeps = requests;
    while (world.fetcher.stage == FETCHER_DOWNLOADING) {
        if (world.queue_len > 0) {
            answer_one_request();
        }
        world.now_ms += TURN_MS;
        fetcher_step(&world.fetcher, world.now_ms);
    }
    assert_int_equal(world.fetcher.stage, FETCHER_COMPLETE);
    for (uint32_t i = 0; i < IMAGE_SIZE; i++) {
        assert_int_equal(world.fetcher.image[i], i / CHUNK_SIZE & 0xFFu);
    }
}

static int begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.keeps = QUEUE_MAX;
    world.config = (struct fetcher_config){ .topic_prefix = "acme",
                                            .board = "kit",
                                            .serial = "S1",
                                            .version = "1.0.0",
                                            .mode = FETCHER_CHUNKS,
                                            .chunk_size = CHUNK_SIZE,
                                            .patience_ms = PATIENCE_MS,
                                            .send = take_request };
    assert_true(fetcher_init(&world.fetcher, &world.config, world.now_ms));
    fetcher_start(&world.fetcher, world.now_ms);
    send_job();
    return 0;
}

static int end(void **state)
{
    (void)state;
    fetcher_free(&world.fetcher);
    return 0;
}

static void before_the_size_is_known_one_chunk_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(world.queue_len, 1);
    assert_int_equal(world.queue[0], 0);
}

static void a_publisher_that_keeps_up_never_waits_for_requests(void **state)
{
    (void)state;
    fetch_from_a_publisher_that_keeps(QUEUE_MAX);
    assert_true(world.most > 16);
    assert_true(world.now_ms < SILENCE_MS);
}

static void a_publisher_that_drops_requests_is_soon_asked_for_no_more_than_it_keeps(void **state)
{
    (void)state;
    fetch_from_a_publisher_that_keeps(10);
    assert_true(world.dropped > 0);
    assert_true(world.fetcher.window <= 16);
    assert_true(world.now_ms < 4 * SILENCE_MS);
}

static void a_publisher_that_keeps_one_request_is_served_to_the_end(void **state)
{
    (void)state;
    fetch_from_a_publisher_that_keeps(1);
    assert_int_equal(world.fetcher.window, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(before_the_size_is_known_one_chunk_is_asked_for),
        CASE(a_publisher_that_keeps_up_never_waits_for_requests),
        CASE(a_publisher_that_drops_requests_is_soon_asked_for_no_more_than_it_keeps),
        CASE(a_publisher_that_keeps_one_request_is_served_to_the_end),
    };

    return cmocka_run_group_tests_name("fetcher", tests, NULL, NULL);
}
