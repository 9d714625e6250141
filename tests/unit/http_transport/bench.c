/* SPDX-License-Identifier: Apache-2.0 */

#include "bench.h"

#include <string.h>

#include "suites.h"

#define STEPS_MAX 20000

const struct otter_identity bench_identity = {
    .product = "product",
    .serial_number = "0001",
    .board = "board",
    .meaning = otter_result_meaning,
    .version = { 1, 0, 0, 0 },
};

uint8_t bench_byte(uint32_t offset)
{
    return (uint8_t)(offset * 7 + offset / 251);
}

static void send_body(struct bench *bench, uint32_t first, uint32_t length)
{
    uint8_t bytes[1000];

    while (length > 0) {
        const uint32_t size = length < sizeof bytes ? length : sizeof bytes;

        for (uint32_t i = 0; i < size; i++) {
            bytes[i] = bench_byte(first + i);
        }
        if (bench->is_chunked) {
            scripted_server_print(&bench->server, "%x\r\n", (unsigned)size);
        }
        scripted_server_send(&bench->server, bytes, size);
        if (bench->is_chunked) {
            scripted_server_print(&bench->server, "\r\n");
        }
        first += size;
        length -= size;
    }
    if (bench->is_chunked) {
        scripted_server_print(&bench->server, "0\r\n\r\n");
    }
}

static void send_common(struct bench *bench, uint32_t length)
{
    struct scripted_server *server = &bench->server;

    if (bench->is_chunked) {
        scripted_server_print(server, "Transfer-Encoding: chunked\r\n");
    } else {
        scripted_server_print(server, "Content-Length: %u\r\n", (unsigned)length);
    }
    if (bench->etag != NULL) {
        scripted_server_print(server, "ETag: %s\r\n", bench->etag);
    }
    if (bench->closes) {
        scripted_server_print(server, "Connection: close\r\n");
    }
    scripted_server_print(server, "\r\n");
}

static void answer_range(struct bench *bench, uint32_t first, uint32_t last)
{
    struct scripted_server *server = &bench->server;

    if (first >= bench->image_size) {
        scripted_server_print(server, "HTTP/1.1 416 No\r\nContent-Range: bytes */%u\r\n",
                              (unsigned)bench->image_size);
        send_common(bench, 0);
        return;
    }
    last = last < bench->image_size ? last : bench->image_size - 1;
    if (bench->longest != 0 && last - first >= bench->longest) {
        last = first + bench->longest - 1;
    }
    scripted_server_print(server, "HTTP/1.1 206 Partial Content\r\n");
    scripted_server_print(server, "Content-Range: bytes %u-%u/%u\r\n", (unsigned)first,
                          (unsigned)last, (unsigned)bench->image_size);
    send_common(bench, last - first + 1);
    send_body(bench, first, last - first + 1);
}

void bench_answer(struct bench *bench, const struct scripted_request *request)
{
    if (request->has_range && !bench->knows_no_ranges) {
        answer_range(bench, request->first, request->last);
    } else {
        scripted_server_print(&bench->server, "HTTP/1.1 200 OK\r\n");
        send_common(bench, bench->image_size);
        send_body(bench, 0, bench->image_size);
    }
    if (bench->closes) {
        scripted_server_close(&bench->server);
    }
}

static bool is_worn_out(struct bench *bench)
{
    if (bench->connection != bench->server.opened) {
        bench->connection = bench->server.opened;
        bench->answered = 0;
    }
    return bench->keeps != 0 && bench->answered++ == bench->keeps;
}

static void on_request(void *context, struct scripted_server *server,
                       const struct scripted_request *request)
{
    struct bench *bench = context;

    if (server->end_result != OTTER_OK) {
        return; /* it has hung up */
    }
    if (is_worn_out(bench)) {
        scripted_server_close(server);
        return;
    }
    if (bench->answer == NULL || !bench->answer(bench, request)) {
        bench_answer(bench, request);
    }
}

void bench_set_up(struct bench *bench)
{
    *bench =
        (struct bench){ .image_size = BENCH_IMAGE_SIZE, .etag = "\"1\"", .now_ms = 4294960000u };
    scripted_server_init(&bench->server);
    bench->server.on_request = on_request;
    bench->server.context = bench;
    bench->http_config = (struct otter_http_config){ &bench->server.link, bench->send_buffer,
                                                     sizeof bench->send_buffer };
    otter_http_init(&bench->http, &bench->http_config);
    bench->client = otter_http_as_client(&bench->http);
    bench->config = (struct otter_http_transport_config){
        .client = &bench->client,
        .session = { .endpoint = { .host = "home", .port = 80 },
                     .user_agent = "test",
                     .timeout_ms = BENCH_TIMEOUT_MS },
        .job_path = "/ota_update.json",
        .result_path = "/ota_result",
        .range_size = 4096,
        .range_size_max = 16384,
        .patience_ms = 3000,
        .buffer = bench->buffer,
        .buffer_size = sizeof bench->buffer,
    };
    bench->job = (struct otter_job){ .version = { 1, 1, 0, 0 }, .file = "/image.bin" };
    assert_int_equal(otter_http_transport_init(&bench->transport, &bench->config), OTTER_OK);
    bench->jobs = otter_http_job_source(&bench->transport);
    bench->data = otter_http_data_source(&bench->transport);
}

enum otter_result bench_open(struct bench *bench)
{
    return bench->data.ops->open(bench->data.self, &bench_identity, &bench->job, bench->now_ms);
}

/* Store what fits, as the agent does. */
static void store(struct bench *bench, const struct otter_chunk *chunk)
{
    assert_int_equal(chunk->offset, bench->reached);
    assert_in_range(chunk->len, 1, BENCH_IMAGE_SIZE - chunk->offset);
    memcpy(bench->received + chunk->offset, chunk->bytes, chunk->len);
    bench->reached += (uint32_t)chunk->len;
    bench->total = chunk->total;
    bench->data.ops->take(bench->data.self, chunk->len);
}

enum otter_result bench_fetch_to(struct bench *bench, uint32_t limit)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        const struct otter_range missing = { bench->reached, bench->total != 0
                                                                 ? bench->total - bench->reached
                                                                 : UINT32_MAX };
        struct otter_chunk chunk = { 0 };
        const enum otter_result result =
            bench->data.ops->step(bench->data.self, bench->now_ms, &missing, &chunk);

        bench->now_ms++;
        if (result == OTTER_OK) {
            store(bench, &chunk);
        } else if (result != OTTER_AGAIN) {
            return result;
        }
        if (bench->reached >= limit) {
            return OTTER_OK;
        }
    }
    return OTTER_AGAIN;
}

enum otter_result bench_fetch(struct bench *bench)
{
    enum otter_result result = bench_open(bench);

    if (result == OTTER_OK) {
        result = bench_fetch_to(bench, bench->image_size);
    }
    bench->data.ops->close(bench->data.self);
    for (uint32_t i = 0; result == OTTER_OK && i < bench->image_size; i++) {
        assert_int_equal(bench->received[i], bench_byte(i));
    }
    return result;
}

enum otter_result bench_ask(struct bench *bench)
{
    enum otter_result result =
        bench->jobs.ops->ask(bench->jobs.self, &bench_identity, bench->now_ms);

    for (int i = 0; i < STEPS_MAX; i++) {
        if (i == 0 ? result != OTTER_OK : result != OTTER_AGAIN) {
            break;
        }
        result = bench->jobs.ops->step(bench->jobs.self, bench->now_ms++, &bench->job);
    }
    return result;
}

enum otter_result bench_report(struct bench *bench)
{
    static const struct otter_report report = { .stage = OTTER_REPORT_PENDING,
                                                .result = OTTER_OK,
                                                .version = { 1, 1, 0, 0 } };
    enum otter_result result =
        bench->jobs.ops->report(bench->jobs.self, &bench_identity, &report, bench->now_ms);

    for (int i = 0; i < STEPS_MAX; i++) {
        if (i == 0 ? result != OTTER_OK : result != OTTER_AGAIN) {
            break;
        }
        result = bench->jobs.ops->report_step(bench->jobs.self, bench->now_ms++);
    }
    return result;
}
