/* SPDX-License-Identifier: Apache-2.0 */

#include "bench.h"

#include <stdio.h>
#include <string.h>

struct bench bench;
char bench_document[1000];

static uint8_t send_buffer[4096];
static char topic_buffer[OTTER_AWS_TOPIC_SIZE];
static uint8_t buffer[OTTER_AWS_BUFFER_MIN];

static const struct otter_mqtt_config mqtt_config = {
    .link = &bench.broker.link,
    .send_buffer = send_buffer,
    .send_size = sizeof send_buffer,
    .topic_buffer = topic_buffer,
    .topic_size = sizeof topic_buffer,
};

struct otter_identity bench_identity = {
    .board = "board-1",
    .version = { 1, 0, 0, 0 },
    .meaning = otter_result_meaning,
};

static bool is_on_trial(void *context)
{
    const struct bench *of = context;

    return of->is_on_trial;
}

static uint32_t draw(void *context)
{
    (void)context;
    return 0xDEADBEEF;
}

void bench_restart(void)
{
    assert_int_equal(otter_mqtt_init(&bench.mqtt, &mqtt_config), OTTER_OK);
    bench.client = otter_mqtt_as_client(&bench.mqtt);
    assert_int_equal(otter_aws_transport_init(&bench.transport, &bench.config), OTTER_OK);
    bench.jobs = otter_aws_job_source(&bench.transport);
    bench.data = otter_aws_data_source(&bench.transport);
}

int bench_set_up(void **state)
{
    (void)state;
    memset(&bench, 0, sizeof bench);
    scripted_broker_init(&bench.broker);
    cloud_init(&bench.cloud, &bench.broker, THING);
    bench.now_ms = UINT32_MAX - 5000;
    bench_identity.version = (struct otter_version){ 1, 0, 0, 0 };
    bench.config = (struct otter_aws_transport_config){
        .client = &bench.client,
        .session = { .endpoint = { .host = "endpoint", .port = 8883 },
                     .client_id = THING,
                     .keep_alive_s = 60,
                     .timeout_ms = 10000 },
        .thing_name = THING,
        .block_size = 1024,
        .window = 8,
        .blocks_per_request = 4,
        .request_timeout_ms = 10000,
        .request_tries = 3,
        .block_timeout_ms = 2000,
        .block_timeout_max_ms = 30000,
        .block_tries = 5,
        .progress_percent = 10,
        .is_on_trial = is_on_trial,
        .random = draw,
        .context = &bench,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    bench_restart();
    return 0;
}

void bench_offer(void)
{
    (void)snprintf(
        bench_document, sizeof bench_document,
        "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"streamname\":\"%s\",\"files\":[{\"filepath\":\"/"
        "\","
        "\"filesize\":%u,\"fileid\":0,\"certfile\":\"/\",\"fileType\":0,\"sig-sha256-ecdsa\":"
        "\"MEQCIF2QDvww1G/kpRGZ8FYvQrok1bSZvXjXefRk7sqNcyPTAiB4dvGt8fozIY5NC0vUDJ2MY42ZERYEcrbwA4n6"
        "q7vrBg==\"}]}}",
        bench.cloud.stream, (unsigned)bench.cloud.size);
    cloud_queue(&bench.cloud, "AFR_OTA-1", bench_document);
}

enum otter_result bench_ask(void)
{
    enum otter_result result = bench.jobs.ops->ask(bench.jobs.self, &bench_identity, bench.now_ms);

    for (int i = 0; i < 2000 && result == OTTER_OK; i++) {
        result = bench.jobs.ops->step(bench.jobs.self, bench.now_ms, &bench.job);
        if (result != OTTER_AGAIN) {
            return result;
        }
        result = OTTER_OK;
        bench.now_ms += 100;
    }
    return result == OTTER_OK ? OTTER_AGAIN : result;
}

/* Take what comes in any order, as the slot writer does. */
static void take_piece(const struct otter_chunk *chunk)
{
    assert_in_range(chunk->len, 1, CLOUD_FILE_MAX);
    assert_in_range(chunk->offset, 0, CLOUD_FILE_MAX - chunk->len);
    bench.total = chunk->total;
    if (!bench.leaves_out_ahead || chunk->offset <= bench.accepted) {
        memcpy(bench.file + chunk->offset, chunk->bytes, chunk->len);
        memset(bench.has + chunk->offset, true, chunk->len);
    }
    while (bench.has[bench.accepted]) {
        bench.accepted++;
    }
    bench.pieces++;
    bench.data.ops->take(bench.data.self, chunk->len);
    if (bench.on_piece != NULL) {
        bench.on_piece(&bench);
    }
}

static struct otter_range first_gap(void)
{
    uint32_t end = bench.accepted;

    if (bench.total == 0) {
        return (struct otter_range){ bench.accepted, UINT32_MAX };
    }
    while (end < bench.total && !bench.has[end]) {
        end++;
    }
    return (struct otter_range){ bench.accepted, end - bench.accepted };
}

enum otter_result bench_fetch(void)
{
    enum otter_result result =
        bench.data.ops->open(bench.data.self, &bench_identity, &bench.job, bench.now_ms);

    for (int i = 0; i < 5000 && result == OTTER_OK; i++) {
        struct otter_chunk chunk;
        const struct otter_range missing = first_gap();

        result = bench.data.ops->step(bench.data.self, bench.now_ms, &missing, &chunk);
        if (result == OTTER_OK) {
            take_piece(&chunk);
        } else if (result != OTTER_AGAIN) {
            break;
        }
        bench.now_ms += result == OTTER_AGAIN ? 100 : 1;
        result = OTTER_OK;
        if (bench.total != 0 && bench.accepted == bench.total) {
            break;
        }
    }
    bench.data.ops->close(bench.data.self);
    return result;
}

enum otter_result bench_report(enum otter_report_stage stage, enum otter_result why)
{
    const struct otter_report report = { stage, why, { 1, 1, 0, 0 } };
    enum otter_result result =
        bench.jobs.ops->report(bench.jobs.self, &bench_identity, &report, bench.now_ms);

    for (int i = 0; i < 2000 && result == OTTER_OK; i++) {
        result = bench.jobs.ops->report_step(bench.jobs.self, bench.now_ms);
        if (result != OTTER_AGAIN) {
            return result;
        }
        result = OTTER_OK;
        bench.now_ms += 100;
    }
    return result == OTTER_OK ? OTTER_AGAIN : result;
}

void bench_expect_file(void)
{
    assert_int_equal(bench.total, bench.cloud.size);
    assert_int_equal(bench.accepted, bench.cloud.size);
    assert_memory_equal(bench.file, bench.cloud.file, bench.cloud.size);
}

const char *bench_explanation(void)
{
    return bench.jobs.ops->explain(bench.jobs.self);
}
