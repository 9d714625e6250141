/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as the answers to a device that asks for a job, fetches the image and reports. The first
 * byte says how the stream is cut. What is delivered must lie in the image that was announced and go
 * on where the device is, and no server is gone to that is not allowed. */

#include <string.h>

#include "byte_link.h"
#include "otter/http.h"
#include "otter/http_transport.h"

#define BUFFER_SIZE (OTTER_JOB_DOCUMENT_MAX + 1u)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct otter_identity identity = {
    .product = "p",
    .serial_number = "s",
    .board = "b",
};

static enum otter_result open_allowed(void *port, const struct otter_endpoint *endpoint)
{
    (void)port;
    demand(strcmp(endpoint->host, "home") == 0 || strcmp(endpoint->host, "mirror") == 0);
    return OTTER_OK;
}

static bool goes_on(enum otter_result result)
{
    return result == OTTER_OK || result == OTTER_AGAIN;
}

static void ask(const struct otter_job_source *jobs, struct otter_job *job)
{
    enum otter_result result = jobs->ops->ask(jobs->self, &identity, 0);

    for (uint32_t i = 0; i < 200 && goes_on(result); i++) {
        result = jobs->ops->step(jobs->self, i, job);
        if (result == OTTER_OK) {
            return;
        }
    }
}

static void take(const struct otter_data_source *source, const struct otter_chunk *chunk,
                 struct otter_range *missing)
{
    demand(chunk->len > 0 && chunk->len <= BUFFER_SIZE);
    demand(chunk->offset <= chunk->total && chunk->len <= chunk->total - chunk->offset);
    demand(chunk->offset == missing->offset);
    missing->offset += (uint32_t)chunk->len;
    source->ops->take(source->self, chunk->len);
}

static void fetch(const struct otter_data_source *source, const struct otter_job *job)
{
    struct otter_range missing = { 0, UINT32_MAX };
    enum otter_result result = source->ops->open(source->self, &identity, job, 0);

    for (uint32_t i = 0; i < 2000 && goes_on(result); i++) {
        struct otter_chunk chunk;

        result = source->ops->step(source->self, i, &missing, &chunk);
        if (result == OTTER_OK) {
            take(source, &chunk, &missing);
        }
    }
    demand(strlen(source->ops->explain(source->self)) < 256);
    source->ops->close(source->self);
}

static void report(const struct otter_job_source *jobs)
{
    const struct otter_report failed = { .stage = OTTER_REPORT_FAILED };

    if (jobs->ops->report(jobs->self, &identity, &failed, 0) == OTTER_OK) {
        for (uint32_t i = 0; i < 50; i++) {
            (void)jobs->ops->report_step(jobs->self, i);
        }
    }
    jobs->ops->close(jobs->self);
}

static void converse(const struct otter_http_client *client)
{
    static const char *const allowed[] = { "mirror", NULL };
    static uint8_t buffer[BUFFER_SIZE];
    const struct otter_http_transport_config config = {
        .client = client,
        .session = { .endpoint = { .host = "home", .port = 80 },
                     .user_agent = "fuzz",
                     .timeout_ms = 1000000 },
        .allowed_servers = allowed,
        .job_path = "/job",
        .result_path = "/result",
        .range_size = 64,
        .range_size_max = 1024,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    struct otter_http_transport transport;
    struct otter_job_source jobs;
    struct otter_data_source source;
    struct otter_job job = { .file = "/image" };

    demand(otter_http_transport_init(&transport, &config) == OTTER_OK);
    jobs = otter_http_job_source(&transport);
    source = otter_http_data_source(&transport);
    ask(&jobs, &job);
    fetch(&source, &job);
    report(&jobs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t send_buffer[2048];
    struct otter_link_ops ops = byte_link_ops;
    struct byte_link stream = { 0 };
    const struct otter_link link = { &ops, &stream };
    const struct otter_http_config config = { &link, send_buffer, sizeof send_buffer };
    struct otter_http http;
    struct otter_http_client client;

    if (size == 0) {
        return 0;
    }
    stream = (struct byte_link){ data + 1, size - 1, 1u + data[0], false };
    ops.open = open_allowed;
    otter_http_init(&http, &config);
    client = otter_http_as_client(&http);
    converse(&client);
    return 0;
}
