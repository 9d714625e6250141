/* SPDX-License-Identifier: Apache-2.0 */

/* The transport through a real Mosquitto, with a publisher of another make: libmosquitto in a thread
 * of its own, which answers as it should except where a test wants otherwise. */

#include <mosquitto.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mosquitto_process.h"
#include "otter/bytes.h"
#include "otter/mqtt.h"
#include "otter/mqtt_transport.h"
#include "otter/posix_link.h"

#define IMAGE_SIZE  150001u
#define CHUNK_SIZE  4096u
#define HEADER_SIZE 32u
#define PATIENCE_MS 20000u

#define JOB                                                                                        \
    "{\"Message\":\"Update Available\",\"Board\":\"board\",\"Version\":\"1.1.0\","                 \
    "\"Connection\":\"MQTT\",\"Broker\":\"\",\"Port\":\"1883\"}"

/* ---- the publisher ---- */

struct answer {
    char topic[160];
    uint32_t offset;
    uint32_t size;
    unsigned number; /* of the chunk request */
};

static struct mosquitto_process broker;
static struct mosquitto *publisher;
static uint8_t image[IMAGE_SIZE];
static void (*answer_chunk)(const struct answer *answer);
static unsigned chunk_requests;
static unsigned wholes;
static char last_report[1024];
static atomic_bool is_subscribed;

static void publish(const char *topic, const void *bytes, size_t len)
{
    (void)mosquitto_publish(publisher, NULL, topic, (int)len, bytes, 1, false);
}

static void send_bent(const struct answer *answer, size_t at, uint8_t bits)
{
    static uint8_t message[HEADER_SIZE + UINT16_MAX];
    const uint32_t left = IMAGE_SIZE - answer->offset;
    const uint32_t size = answer->size < left ? answer->size : left;

    memset(message, 0, HEADER_SIZE);
    memcpy(message, "OTAImage", 8);
    otter_store_le16(message + 8, HEADER_SIZE);
    otter_store_le16(message + 12, 1);
    otter_store_le16(message + 14, 1);
    otter_store_le32(message + 18, IMAGE_SIZE);
    otter_store_le32(message + 22, answer->offset);
    otter_store_le16(message + 26, (uint16_t)size);
    memcpy(message + HEADER_SIZE, image + answer->offset, size);
    message[at] ^= bits;
    publish(answer->topic, message, HEADER_SIZE + size);
}

static void send_chunk(const struct answer *answer)
{
    send_bent(answer, 0, 0);
}

static uint32_t get_number(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at == NULL ? 0 : (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static void send_whole(struct answer *answer)
{
    answer->size = CHUNK_SIZE;
    for (answer->offset = 0; answer->offset < IMAGE_SIZE; answer->offset += CHUNK_SIZE) {
        answer->number = answer->offset / CHUNK_SIZE;
        answer_chunk(answer);
    }
}

static void serve(struct mosquitto *self, void *context, const struct mosquitto_message *message)
{
    char text[1024];
    struct answer answer = { .topic = "" };
    const char *topic;

    (void)self;
    (void)context;
    (void)snprintf(text, sizeof text, "%.*s", message->payloadlen, (const char *)message->payload);
    topic = strstr(text, "\"UniqueTopicName\":\"");
    if (topic == NULL || sscanf(topic, "\"UniqueTopicName\":\"%150[^\"]", answer.topic) != 1) {
        return;
    }
    if (strstr(text, "Update Availability") != NULL) {
        publish(answer.topic, JOB, strlen(JOB));
    } else if (strstr(text, "Request Data Chunk") != NULL) {
        answer.offset = get_number(text, "\"Offset\":\"");
        answer.size = get_number(text, "\"Size\":\"");
        answer.number = chunk_requests++;
        answer_chunk(&answer);
    } else if (strstr(text, "Request Update") != NULL) {
        wholes++;
        send_whole(&answer);
    } else {
        (void)snprintf(last_report, sizeof last_report, "%s", text);
        publish(answer.topic, "{\"Message\":\"Result Received\"}", 29);
    }
}

static void note_suback(struct mosquitto *self, void *context, int packet, int count,
                        const int *granted)
{
    (void)self;
    (void)context;
    (void)packet;
    (void)count;
    (void)granted;
    is_subscribed = true;
}

static void start_publisher(void)
{
    const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

    is_subscribed = false;
    (void)mosquitto_lib_init();
    publisher = mosquitto_new("publisher", true, NULL);
    assert_non_null(publisher);
    mosquitto_message_callback_set(publisher, serve);
    mosquitto_subscribe_callback_set(publisher, note_suback);
    assert_int_equal(mosquitto_connect(publisher, "127.0.0.1", broker.port, 60), MOSQ_ERR_SUCCESS);
    assert_int_equal(mosquitto_subscribe(publisher, NULL, "anycloud/+/publish_notify", 1),
                     MOSQ_ERR_SUCCESS);
    assert_int_equal(mosquitto_loop_start(publisher), MOSQ_ERR_SUCCESS);
    for (int i = 0; i < 1000 && !is_subscribed; i++) {
        (void)nanosleep(&pause, NULL);
    }
    assert_true(is_subscribed);
}

static void stop_publisher(void)
{
    (void)mosquitto_disconnect(publisher);
    (void)mosquitto_loop_stop(publisher, true);
    mosquitto_destroy(publisher);
    (void)mosquitto_lib_cleanup();
}

/* ---- the device ---- */

static struct otter_posix_link socket_link;
static struct otter_link link_to_broker;
static struct otter_mqtt mqtt;
static struct otter_mqtt_client client;
static struct otter_mqtt_transport transport;
static struct otter_mqtt_transport_config config;
static struct otter_job_source jobs;
static struct otter_data_source data;
static struct otter_job job;
static uint8_t received[IMAGE_SIZE];
static bool has[IMAGE_SIZE + 1]; /* never what is behind the last byte */
static uint32_t accepted;        /* bytes before the first one that is missing */
static unsigned refusals;

static const struct otter_identity identity = {
    .manufacturer = "m",
    .manufacturer_id = "mi",
    .product = "p",
    .serial_number = "s",
    .board = "board",
    .version = { 1, 0, 0, 0 },
};

static enum otter_result fill_random(void *context, uint8_t *bytes, size_t len)
{
    (void)context;
    memset(bytes, 0x5A, len);
    return OTTER_OK;
}

static uint32_t now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint32_t)((uint64_t)time.tv_sec * 1000u + (uint64_t)time.tv_nsec / 1000000u);
}

static void prepare_device(void)
{
    static uint8_t send_buffer[2048];
    static char topic_buffer[OTTER_MQTT_TOPIC_SIZE];
    static uint8_t buffer[2048];
    static struct otter_mqtt_config mqtt_config;

    link_to_broker = otter_posix_link_init(&socket_link);
    mqtt_config = (struct otter_mqtt_config){ &link_to_broker, send_buffer, sizeof send_buffer,
                                              topic_buffer, sizeof topic_buffer };
    assert_int_equal(otter_mqtt_init(&mqtt, &mqtt_config), OTTER_OK);
    client = otter_mqtt_as_client(&mqtt);
    config = (struct otter_mqtt_transport_config){
        .client = &client,
        .session = { .endpoint = { .host = "127.0.0.1", .port = broker.port },
                     .client_id = "device",
                     .keep_alive_s = 60,
                     .timeout_ms = 5000 },
        .topic_prefix = "anycloud",
        .fetch = OTTER_MQTT_FETCH_CHUNKS,
        .chunk_size = CHUNK_SIZE,
        .window = 4,
        .job_timeout_ms = 5000,
        .chunk_timeout_ms = 300,
        .chunk_tries = 5,
        .result_timeout_ms = 2000,
        .random = fill_random,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_OK);
    jobs = otter_mqtt_job_source(&transport);
    data = otter_mqtt_data_source(&transport);
    accepted = 0;
    memset(has, 0, sizeof has);
    refusals = 0;
}

static int start(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < IMAGE_SIZE; i++) {
        image[i] = (uint8_t)(i * 13 + i / 256);
    }
    answer_chunk = send_chunk;
    chunk_requests = 0;
    wholes = 0;
    mosquitto_start(&broker);
    start_publisher();
    prepare_device();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    jobs.ops->close(jobs.self);
    stop_publisher();
    if (broker.pid != 0) {
        mosquitto_kill(&broker);
        broker.pid = 0;
    }
    return 0;
}

static void wait_for_bytes(void)
{
    struct pollfd handle = { .fd = socket_link.socket, .events = POLLIN };

    (void)poll(&handle, 1, 20);
}

static enum otter_result get_job(void)
{
    const uint32_t began_ms = now();
    enum otter_result result = jobs.ops->ask(jobs.self, &identity, began_ms);

    assert_int_equal(result, OTTER_OK);
    do {
        wait_for_bytes();
        result = jobs.ops->step(jobs.self, now(), &job);
    } while (result == OTTER_AGAIN && now() - began_ms < PATIENCE_MS);
    return result;
}

static void take(const struct otter_chunk *chunk)
{
    assert_int_equal(chunk->total, IMAGE_SIZE);
    memcpy(received + chunk->offset, chunk->bytes, chunk->len);
    memset(has + chunk->offset, true, chunk->len);
    while (has[accepted]) {
        accepted++;
    }
    data.ops->take(data.self, chunk->len);
}

/* The first gap. */
static struct otter_range find_missing(void)
{
    uint32_t end = accepted;

    while (end < IMAGE_SIZE && !has[end]) {
        end++;
    }
    return (struct otter_range){ accepted, end - accepted };
}

static enum otter_result fetch_up_to(uint32_t end)
{
    const uint32_t began_ms = now();

    while (accepted < end && now() - began_ms < PATIENCE_MS) {
        const struct otter_range missing = find_missing();
        struct otter_chunk chunk;
        const enum otter_result result = data.ops->step(data.self, now(), &missing, &chunk);

        if (result == OTTER_OK) {
            take(&chunk);
        } else if (result == OTTER_AGAIN) {
            wait_for_bytes();
        } else if (result == OTTER_ERR_CHUNK_HEADER || result == OTTER_ERR_CHUNK_FOREIGN
                   || result == OTTER_ERR_CHUNK_RANGE) {
            refusals++;
        } else {
            return result;
        }
    }
    return accepted < end ? OTTER_AGAIN : OTTER_OK;
}

static void fetch_image(void)
{
    assert_int_equal(get_job(), OTTER_OK);
    assert_int_equal(data.ops->open(data.self, &identity, &job, now()), OTTER_OK);
    assert_int_equal(fetch_up_to(IMAGE_SIZE), OTTER_OK);
    data.ops->close(data.self);
    assert_memory_equal(received, image, IMAGE_SIZE);
}

static void report_success(void)
{
    const struct otter_report done = { OTTER_REPORT_PENDING, OTTER_OK, { 1, 1, 0, 0 } };
    const uint32_t began_ms = now();
    enum otter_result result = jobs.ops->report(jobs.self, &identity, &done, began_ms);

    assert_int_equal(result, OTTER_OK);
    do {
        wait_for_bytes();
        result = jobs.ops->report_step(jobs.self, now());
    } while (result == OTTER_AGAIN && now() - began_ms < PATIENCE_MS);
    assert_int_equal(result, OTTER_OK);
    assert_non_null(strstr(last_report, "\"Stage\":\"pending\""));
}

/* ---- the tests ---- */

static void an_update_goes_from_the_job_to_the_report(void **state)
{
    (void)state;
    fetch_image();
    assert_int_equal(chunk_requests, (IMAGE_SIZE + CHUNK_SIZE - 1) / CHUNK_SIZE);
    assert_int_equal(refusals, 0);
    report_success();
}

static void the_whole_image_comes_at_once(void **state)
{
    (void)state;
    config.fetch = OTTER_MQTT_FETCH_WHOLE;
    fetch_image();
    assert_int_equal(wholes, 1);
    assert_int_equal(chunk_requests, 0);
    report_success();
}

static void lose_the_seventh(const struct answer *answer)
{
    if (answer->number != 7) {
        send_chunk(answer);
    }
}

static void a_lost_chunk_is_fetched_again(void **state)
{
    (void)state;
    answer_chunk = lose_the_seventh;
    fetch_image();
    report_success();
}

static void a_gap_in_the_whole_image_is_repaired(void **state)
{
    (void)state;
    config.fetch = OTTER_MQTT_FETCH_WHOLE;
    answer_chunk = lose_the_seventh;
    fetch_image();
    assert_int_equal(wholes, 1);
    assert_true(chunk_requests > 0);
    report_success();
}

/* Each way of being wrong that a header has, one request after the other. */
static void be_wrong_now_and_then(const struct answer *answer)
{
    static const uint8_t places[] = { 0, 8, 10, 12, 14, 18, 25, 26 };

    if (answer->number > 0 && answer->number % 5 == 0
        && answer->number / 5 <= sizeof places / sizeof places[0]) {
        send_bent(answer, places[answer->number / 5 - 1], 0x80);
    } else {
        send_chunk(answer);
    }
}

static void wrong_chunks_are_refused_and_fetched_again(void **state)
{
    (void)state;
    answer_chunk = be_wrong_now_and_then;
    fetch_image();
    assert_int_equal(refusals, 8);
    report_success();
}

static void send_in_disorder(const struct answer *answer)
{
    struct answer next = *answer;

    next.offset += answer->size;
    publish(answer->topic, "", 0);
    publish(answer->topic, JOB, strlen(JOB));
    if (answer->number % 6 == 1 && next.offset < IMAGE_SIZE) {
        send_chunk(&next);
    }
    send_chunk(answer);
    if (answer->number % 6 == 3) {
        send_chunk(answer);
    }
}

static void disorder_duplicates_and_stray_messages_do_no_harm(void **state)
{
    (void)state;
    answer_chunk = send_in_disorder;
    fetch_image();
    assert_int_equal(refusals, 0);
    report_success();
}

static void fall_silent(const struct answer *answer)
{
    if (answer->number < 10) {
        send_chunk(answer);
    }
}

static void a_publisher_that_falls_silent_is_a_timeout(void **state)
{
    (void)state;
    answer_chunk = fall_silent;
    assert_int_equal(get_job(), OTTER_OK);
    assert_int_equal(data.ops->open(data.self, &identity, &job, now()), OTTER_OK);
    assert_int_equal(fetch_up_to(IMAGE_SIZE), OTTER_ERR_TIMEOUT);
    assert_int_equal(accepted, 10 * CHUNK_SIZE);
    report_success();
}

static void a_broker_killed_in_mid_download_ends_it(void **state)
{
    enum otter_result result;

    (void)state;
    assert_int_equal(get_job(), OTTER_OK);
    assert_int_equal(data.ops->open(data.self, &identity, &job, now()), OTTER_OK);
    assert_int_equal(fetch_up_to(30000), OTTER_OK);
    mosquitto_kill(&broker);
    broker.pid = 0;
    result = fetch_up_to(IMAGE_SIZE);
    assert_true(result == OTTER_ERR_CLOSED || result == OTTER_ERR_LINK);
    assert_memory_equal(received, image, accepted);
    assert_int_equal(data.ops->open(data.self, &identity, &job, now()), OTTER_OK);
    assert_int_equal(fetch_up_to(IMAGE_SIZE), OTTER_ERR_HOST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_update_goes_from_the_job_to_the_report),
        TEST(the_whole_image_comes_at_once),
        TEST(a_lost_chunk_is_fetched_again),
        TEST(a_gap_in_the_whole_image_is_repaired),
        TEST(wrong_chunks_are_refused_and_fetched_again),
        TEST(disorder_duplicates_and_stray_messages_do_no_harm),
        TEST(a_publisher_that_falls_silent_is_a_timeout),
        TEST(a_broker_killed_in_mid_download_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
