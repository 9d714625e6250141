/* SPDX-License-Identifier: Apache-2.0 */

/* The transport over the real client and a scripted broker, with a publisher that can misbehave. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "otter/bytes.h"
#include "otter/mqtt.h"
#include "otter/mqtt_transport.h"
#include "scripted_broker.h"

#define IMAGE_MAX   20000u
#define HEADER_SIZE 32u
#define NEVER       UINT32_MAX

/* ---- the device ---- */

static struct scripted_broker broker;
static struct otter_mqtt mqtt;
static struct otter_mqtt_client client;
static struct otter_mqtt_transport transport;
static struct otter_job_source jobs;
static struct otter_data_source data;
static struct otter_job job;
static uint8_t send_buffer[2048];
static char topic_buffer[OTTER_MQTT_TOPIC_SIZE];
static uint8_t buffer[1100];
static uint32_t now_ms;
static uint8_t next_random;
static enum otter_result random_result;

static const struct otter_mqtt_config mqtt_config = {
    .link = &broker.link,
    .send_buffer = send_buffer,
    .send_size = sizeof send_buffer,
    .topic_buffer = topic_buffer,
    .topic_size = sizeof topic_buffer,
};

static const struct otter_identity identity = {
    .manufacturer = "Otter \"Works\"",
    .manufacturer_id = "OW",
    .product = "demo",
    .serial_number = "0001",
    .board = "board-1",
    .meaning = otter_result_meaning,
    .version = { 1, 0, 0, 7 },
};

static enum otter_result fill_random(void *context, uint8_t *bytes, size_t len)
{
    (void)context;
    memset(bytes, next_random++, len);
    return random_result;
}

static struct otter_mqtt_transport_config config;

/* ---- the publisher ---- */

static struct {
    uint8_t image[IMAGE_MAX];
    uint32_t size;
    const char *job;                /* what it answers when asked; NULL: nothing */
    char last[1024];                /* the last message it got */
    char answer_topic[160];         /* where that wants its answer */
    const char *answers_on;         /* where it answers instead; NULL: there */
    unsigned asked, chunks, wholes; /* messages of each kind */
    unsigned reports;
    uint32_t largest_end; /* of all ranges that were asked for */
    uint32_t longest;     /* of all ranges */
    bool gives_receipts;

    /* how it misbehaves, once, at the chunk request with this number; NEVER: it does not */
    uint32_t bad_request;
    void (*misbehave)(uint32_t offset, uint32_t size);
    uint32_t short_by; /* it always sends this many bytes less than it was asked for */

    uint32_t chaos; /* seed: chunks are lost, sent twice or held back at random; 0: none */
    unsigned holds_back_every; /* chunk, until the next one is sent; 0: none */
    unsigned sent;
    uint32_t held_offset; /* the chunk that is held back */
    uint32_t held_size;   /* 0: there is none */
} publisher;

static uint16_t chunk_packet;

static void send_bytes(const void *bytes, size_t len)
{
    chunk_packet = (uint16_t)(chunk_packet % 1000 + 1);
    scripted_broker_publish(
        &broker, publisher.answers_on != NULL ? publisher.answers_on : publisher.answer_topic, 1,
        chunk_packet, bytes, len);
}

static void send_text(const char *text)
{
    send_bytes(text, strlen(text));
}

static void make_chunk(uint8_t *message, uint32_t offset, uint32_t size)
{
    memset(message, 0, HEADER_SIZE);
    memcpy(message, "OTAImage", 8);
    otter_store_le16(message + 8, HEADER_SIZE);
    otter_store_le16(message + 12, 1);
    otter_store_le16(message + 14, 1);
    otter_store_le32(message + 18, publisher.size);
    otter_store_le32(message + 22, offset);
    otter_store_le16(message + 26, (uint16_t)size);
    memcpy(message + HEADER_SIZE, publisher.image + offset, size);
}

static uint8_t message[HEADER_SIZE + IMAGE_MAX];

static void send_chunk(uint32_t offset, uint32_t size)
{
    if (size > publisher.size - offset) {
        size = publisher.size - offset;
    }
    make_chunk(message, offset, size);
    send_bytes(message, HEADER_SIZE + size);
}

static uint32_t random_below(uint32_t limit)
{
    publisher.chaos = publisher.chaos * 1664525 + 1013904223;
    return (publisher.chaos >> 16) % limit;
}

static void hold_back(uint32_t offset, uint32_t size)
{
    publisher.held_offset = offset;
    publisher.held_size = size;
}

static void release_held(void)
{
    const uint32_t size = publisher.held_size;

    publisher.held_size = 0;
    if (size > 0) {
        send_chunk(publisher.held_offset, size);
    }
}

/* Well, unless it was told to make a mess of it. */
static void send_on(uint32_t offset, uint32_t size)
{
    const uint32_t fate = publisher.chaos != 0 ? random_below(8) : 7;
    const bool is_free = publisher.held_size == 0;

    publisher.sent++;
    if (fate == 0) {
        return;
    }
    if (is_free
        && (fate == 1 || fate == 2
            || (publisher.holds_back_every != 0
                && publisher.sent % publisher.holds_back_every == 0))) {
        hold_back(offset, size);
        return;
    }
    send_chunk(offset, size);
    if (fate == 3) {
        send_chunk(offset, size);
    }
    release_held();
}

static void send_whole(void)
{
    for (uint32_t offset = 0; offset < publisher.size; offset += 500) {
        if (publisher.bad_request == offset / 500) {
            publisher.misbehave(offset, 500);
        } else {
            send_on(offset, 500);
        }
    }
}

static uint32_t get_number(const char *key)
{
    const char *at = strstr(publisher.last, key);

    assert_non_null(at);
    return (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static void answer_chunk_request(void)
{
    const uint32_t offset = get_number("\"Offset\":\"");
    const uint32_t size = get_number("\"Size\":\"");
    const unsigned number = publisher.chunks++;

    publisher.largest_end =
        offset + size > publisher.largest_end ? offset + size : publisher.largest_end;
    publisher.longest = size > publisher.longest ? size : publisher.longest;
    if (number == publisher.bad_request) {
        publisher.misbehave(offset, size);
    } else {
        send_on(offset, size > publisher.short_by ? size - publisher.short_by : size);
    }
}

static bool is_message(const char *name)
{
    char start[64];

    (void)snprintf(start, sizeof start, "{\"Message\":\"%s\",", name);
    return strncmp(publisher.last, start, strlen(start)) == 0;
}

static void serve(void *context, struct scripted_broker *from, const char *topic,
                  const uint8_t *payload, size_t len)
{
    const char *unique;

    (void)context;
    (void)from;
    assert_string_equal(topic, "anycloud/board-1/publish_notify");
    assert_true(len < sizeof publisher.last);
    memcpy(publisher.last, payload, len);
    publisher.last[len] = '\0';
    unique = strstr(publisher.last, "\"UniqueTopicName\":\"");
    assert_non_null(unique);
    assert_int_equal(sscanf(unique, "\"UniqueTopicName\":\"%150[^\"]", publisher.answer_topic), 1);

    if (is_message("Update Availability")) {
        publisher.asked++;
        if (publisher.job != NULL) {
            send_text(publisher.job);
        }
    } else if (is_message("Request Data Chunk")) {
        answer_chunk_request();
    } else if (is_message("Request Update")) {
        publisher.wholes++;
        send_whole();
    } else if (is_message("Send Direct Update")) {
        publisher.wholes++;
        publisher.answers_on = "anycloud/board-1/OTAImage";
        send_whole();
        publisher.answers_on = NULL;
    } else {
        publisher.reports++;
        if (publisher.gives_receipts) {
            send_text("{\"Message\":\"Result Received\"}");
        }
    }
}

static int fresh(void **state)
{
    static const char plain_job[] = "{\"Message\":\"Update Available\",\"Version\":\"1.1.0\","
                                    "\"Board\":\"board-1\",\"File\":\"a\\\"b\"}";

    (void)state;
    scripted_broker_init(&broker);
    broker.on_publish = serve;
    memset(&publisher, 0, sizeof publisher);
    publisher.size = 10000;
    publisher.job = plain_job;
    publisher.bad_request = NEVER;
    publisher.gives_receipts = true;
    for (uint32_t i = 0; i < IMAGE_MAX; i++) {
        publisher.image[i] = (uint8_t)(i * 31 + i / 256);
    }
    now_ms = UINT32_MAX - 5000;
    next_random = 0xA0;
    random_result = OTTER_OK;
    assert_int_equal(otter_mqtt_init(&mqtt, &mqtt_config), OTTER_OK);
    client = otter_mqtt_as_client(&mqtt);
    config = (struct otter_mqtt_transport_config){
        .client = &client,
        .session = { .endpoint = { .host = "Broker.local", .port = 8883 },
                     .client_id = "device",
                     .keep_alive_s = 60,
                     .timeout_ms = 10000 },
        .topic_prefix = "anycloud",
        .fetch = OTTER_MQTT_FETCH_CHUNKS,
        .chunk_size = 1000,
        .window = 4,
        .job_timeout_ms = 30000,
        .chunk_timeout_ms = 3000,
        .chunk_tries = 3,
        .result_timeout_ms = 500,
        .random = fill_random,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_OK);
    jobs = otter_mqtt_job_source(&transport);
    data = otter_mqtt_data_source(&transport);
    return 0;
}

/* ---- asking, fetching, reporting as the agent does ---- */

static enum otter_result ask_for_job(void)
{
    enum otter_result result = jobs.ops->ask(jobs.self, &identity, now_ms);

    for (int i = 0; i < 1000 && result == OTTER_OK; i++) {
        result = jobs.ops->step(jobs.self, now_ms, &job);
        if (result != OTTER_AGAIN) {
            return result;
        }
        result = OTTER_OK;
        now_ms += 100;
    }
    return result == OTTER_OK ? OTTER_AGAIN : result;
}

static struct {
    uint8_t image[IMAGE_MAX];
    bool has[IMAGE_MAX + 1]; /* never what is behind the last byte */
    uint32_t accepted;       /* bytes before the first one that is missing */
    uint32_t total;
    unsigned pieces;
    enum otter_result refused; /* the last chunk that was */
    unsigned refusals;
} device;

/* Take what comes in any order, as the slot writer does, but never more than @p most at a time. */
static void take_piece(const struct otter_chunk *chunk, size_t most)
{
    const size_t len = chunk->len < most ? chunk->len : most;

    assert_true(chunk->len > 0);
    device.total = chunk->total;
    for (size_t i = 0; i < len; i++) {
        device.image[chunk->offset + i] = chunk->bytes[i];
        device.has[chunk->offset + i] = true;
    }
    while (device.has[device.accepted]) {
        device.accepted++;
    }
    device.pieces++;
    data.ops->take(data.self, len);
}

static struct otter_range first_gap(void)
{
    uint32_t end = device.accepted;

    if (device.total == 0) {
        return (struct otter_range){ device.accepted, UINT32_MAX };
    }
    while (end < device.total && !device.has[end]) {
        end++;
    }
    return (struct otter_range){ device.accepted, end - device.accepted };
}

static bool is_chunk_refusal(enum otter_result result)
{
    return result == OTTER_ERR_CHUNK_HEADER || result == OTTER_ERR_CHUNK_FOREIGN
           || result == OTTER_ERR_CHUNK_RANGE;
}

static enum otter_result go_on_fetching(size_t most)
{
    for (int i = 0; i < 5000; i++) {
        struct otter_chunk chunk;
        const struct otter_range missing = first_gap();
        const enum otter_result result = data.ops->step(data.self, now_ms, &missing, &chunk);

        if (result == OTTER_OK) {
            take_piece(&chunk, most);
        } else if (is_chunk_refusal(result)) {
            device.refused = result;
            device.refusals++;
            assert_string_not_equal(data.ops->explain(data.self), "");
        } else if (result != OTTER_AGAIN) {
            return result;
        }
        now_ms += result == OTTER_AGAIN ? 100 : 1;
        if (device.total != 0 && device.accepted == device.total) {
            return OTTER_OK;
        }
    }
    return OTTER_AGAIN;
}

static enum otter_result fetch_image_from(uint32_t offset)
{
    memset(&device, 0, sizeof device);
    memcpy(device.image, publisher.image, offset);
    memset(device.has, true, offset);
    device.accepted = offset;
    assert_int_equal(data.ops->open(data.self, &identity, &job, now_ms), OTTER_OK);
    return go_on_fetching(SIZE_MAX);
}

static void get_job(void)
{
    assert_int_equal(ask_for_job(), OTTER_OK);
}

static void expect_image(void)
{
    assert_int_equal(device.total, publisher.size);
    assert_int_equal(device.accepted, publisher.size);
    assert_memory_equal(device.image, publisher.image, publisher.size);
}

static enum otter_result send_report(enum otter_report_stage stage, enum otter_result why)
{
    const struct otter_report report = { stage, why, { 1, 1, 0, 0 } };
    enum otter_result result = jobs.ops->report(jobs.self, &identity, &report, now_ms);

    for (int i = 0; i < 1000 && result == OTTER_OK; i++) {
        result = jobs.ops->report_step(jobs.self, now_ms);
        if (result != OTTER_AGAIN) {
            return result;
        }
        result = OTTER_OK;
        now_ms += 100;
    }
    return OTTER_AGAIN;
}

/* ---- asking ---- */

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

/* ---- fetching ---- */

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

static void send_nothing(uint32_t offset, uint32_t size)
{
    (void)offset;
    (void)size;
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

static void send_half(uint32_t offset, uint32_t size)
{
    send_chunk(offset, size / 2);
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

static void bend(uint32_t offset, uint32_t size, size_t at, uint8_t bits)
{
    make_chunk(message, offset, size);
    message[at] ^= bits;
    send_bytes(message, HEADER_SIZE + size);
}

static void send_wrong_magic(uint32_t offset, uint32_t size)
{
    bend(offset, size, 7, 1);
}

static void send_wrong_data_offset(uint32_t offset, uint32_t size)
{
    bend(offset, size, 8, 1);
}

static void send_wrong_type(uint32_t offset, uint32_t size)
{
    bend(offset, size, 10, 1);
}

static void send_wrong_size(uint32_t offset, uint32_t size)
{
    bend(offset, size, 26, 1);
}

static void send_wrong_version(uint32_t offset, uint32_t size)
{
    bend(offset, size, 14, 2);
}

static void send_wrong_total(uint32_t offset, uint32_t size)
{
    bend(offset, size, 20, 1); /* larger by 65536 */
}

static void send_offset_beyond(uint32_t offset, uint32_t size)
{
    bend(offset, size, 25, 0xFF); /* and so that a sum would wrap */
}

static void send_short_message(uint32_t offset, uint32_t size)
{
    (void)offset;
    (void)size;
    send_text("OTAImage");
}

static void send_on_another_topic(uint32_t offset, uint32_t size)
{
    publisher.answer_topic[0] = 'A';
    send_chunk(offset, size);
    publisher.answer_topic[0] = 'a';
}

static void every_wrong_chunk_is_refused_and_asked_for_again(void **state)
{
    static const struct {
        void (*send)(uint32_t, uint32_t);
        enum otter_result result;
        uint32_t first_request;
    } wrongs[] = {
        { send_wrong_magic, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_wrong_data_offset, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_wrong_type, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_wrong_size, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_short_message, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_wrong_version, OTTER_ERR_CHUNK_FOREIGN, 0 },
        { send_wrong_total, OTTER_ERR_CHUNK_FOREIGN, 1 }, /* the first one sets the total */
        { send_on_another_topic, OTTER_ERR_CHUNK_FOREIGN, 0 },
        { send_offset_beyond, OTTER_ERR_CHUNK_RANGE, 0 },
    };

    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        for (uint32_t request = wrongs[i].first_request; request < 10; request++) {
            (void)fresh(state);
            publisher.misbehave = wrongs[i].send;
            publisher.bad_request = request;
            get_job();
            assert_int_equal(fetch_image_from(0), OTTER_OK);
            expect_image();
            assert_int_equal(device.refused, wrongs[i].result);
            assert_int_equal(device.refusals, 1);
        }
    }
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

/* ---- reporting ---- */

static void a_report_tells_what_became_of_the_update(void **state)
{
    (void)state;
    assert_int_equal(send_report(OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_HASH), OTTER_OK);
    assert_string_equal(publisher.last,
                        "{\"Message\":\"Failure\",\"UniqueTopicName\":\"anycloud/board-1/OTAImage/"
                        "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0\",\"BoardName\":\"board-1\","
                        "\"SerialNumber\":\"0001\",\"Version\":\"1.1.0\",\"Stage\":\"failed\","
                        "\"Code\":\"-25\",\"Reason\":\"the image's hash does not match its "
                        "bytes\"}");
    assert_int_equal(send_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    assert_non_null(strstr(publisher.last, "{\"Message\":\"Success\","));
    assert_non_null(strstr(publisher.last, "\"Stage\":\"confirmed\",\"Code\":\"0\""));
    assert_int_equal(publisher.reports, 2);
}

static void a_receipt_is_waited_for_only_shortly(void **state)
{
    uint32_t began_ms;

    (void)state;
    get_job();
    began_ms = now_ms;
    assert_int_equal(send_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
    assert_in_range(now_ms - began_ms, 0, 400);

    publisher.gives_receipts = false;
    began_ms = now_ms;
    assert_int_equal(send_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
    assert_in_range(now_ms - began_ms, 500, 1000);
}

static void a_report_that_the_broker_does_not_take_has_failed(void **state)
{
    (void)state;
    get_job();
    broker.is_silent = true;
    assert_int_equal(send_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_ERR_TIMEOUT);
}

static void impossible_configurations_are_refused(void **state)
{
    (void)state;
    config.window = 0;
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_ERR_ARGUMENT);
    config.window = OTTER_MQTT_WINDOW_MAX + 1;
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_ERR_ARGUMENT);
    config.window = 1;
    config.buffer_size = OTTER_JOB_DOCUMENT_MAX;
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_ERR_ARGUMENT);
    config.buffer_size = OTTER_JOB_DOCUMENT_MAX + 1;
    config.random = NULL;
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_ERR_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
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
        TEST(every_wrong_chunk_is_refused_and_asked_for_again),
        TEST(a_publisher_that_always_sends_less_is_served_by_more_requests),
        TEST(a_publisher_that_goes_silent_is_a_timeout),
        TEST(a_download_goes_on_over_a_new_connection),
        TEST(jobs_that_point_elsewhere_are_refused),
        TEST(a_job_may_lead_to_a_broker_that_is_allowed),
        TEST(a_download_elsewhere_goes_on_there_after_its_link_was_lost),
        TEST(an_image_is_fetched_without_a_job_whatever_version_the_header_says),
        TEST(gaps_on_the_fixed_topic_are_repaired_on_the_unique_one),
        TEST(documents_are_never_taken_from_the_fixed_topic),
        TEST(the_whole_image_is_asked_for_once),
        TEST(gaps_in_the_whole_image_are_repaired_with_chunk_requests),
        TEST(an_interrupted_whole_image_goes_on_with_chunk_requests),
        TEST(a_report_tells_what_became_of_the_update),
        TEST(a_receipt_is_waited_for_only_shortly),
        TEST(a_report_that_the_broker_does_not_take_has_failed),
        TEST(impossible_configurations_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
