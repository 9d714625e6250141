/* SPDX-License-Identifier: Apache-2.0 */

#include "bench.h"

#include <string.h>

#include "suites.h"

struct scripted_broker broker;
static struct otter_mqtt mqtt;
static struct otter_mqtt_client client;
struct otter_mqtt_transport transport;
struct otter_job_source jobs;
struct otter_data_source data;
struct otter_job job;
static uint8_t send_buffer[2048];
static char topic_buffer[OTTER_MQTT_TOPIC_SIZE];
static uint8_t buffer[1100];
uint32_t now_ms;
static uint8_t next_random;
enum otter_result random_result;

static const struct otter_mqtt_config mqtt_config = {
    .link = &broker.link,
    .send_buffer = send_buffer,
    .send_size = sizeof send_buffer,
    .topic_buffer = topic_buffer,
    .topic_size = sizeof topic_buffer,
};

const struct otter_identity identity = {
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

struct otter_mqtt_transport_config config;

int fresh(void **state)
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

enum otter_result ask_for_job(void)
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

struct device device;

void take_piece(const struct otter_chunk *chunk, size_t most)
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

struct otter_range first_gap(void)
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

enum otter_result go_on_fetching(size_t most)
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

enum otter_result fetch_image_from(uint32_t offset)
{
    memset(&device, 0, sizeof device);
    memcpy(device.image, publisher.image, offset);
    memset(device.has, true, offset);
    device.accepted = offset;
    assert_int_equal(data.ops->open(data.self, &identity, &job, now_ms), OTTER_OK);
    return go_on_fetching(SIZE_MAX);
}

void get_job(void)
{
    assert_int_equal(ask_for_job(), OTTER_OK);
}

void expect_image(void)
{
    assert_int_equal(device.total, publisher.size);
    assert_int_equal(device.accepted, publisher.size);
    assert_memory_equal(device.image, publisher.image, publisher.size);
}

enum otter_result send_report(enum otter_report_stage stage, enum otter_result why)
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
