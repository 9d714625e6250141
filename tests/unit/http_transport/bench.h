/* SPDX-License-Identifier: Apache-2.0 */

/** A transport on the bench, before a scripted server that serves one image as nginx would, unless
 * a test makes it behave otherwise. */
#ifndef BENCH_H
#define BENCH_H

#include "otter/http.h"
#include "otter/http_transport.h"
#include "scripted_server.h"

#define BENCH_IMAGE_SIZE 100000u
#define BENCH_TIMEOUT_MS 5000u

struct bench;

struct bench {
    struct scripted_server server;
    struct otter_http_config http_config;
    struct otter_http http;
    struct otter_http_client client;
    struct otter_http_transport_config config;
    struct otter_http_transport transport;
    struct otter_job_source jobs;
    struct otter_data_source data;
    struct otter_job job;
    uint8_t send_buffer[4096];
    uint8_t buffer[4096];
    uint32_t now_ms;

    /* how the server behaves */
    uint32_t image_size;
    const char *etag;
    bool knows_no_ranges;
    bool closes; /* behind each answer */
    bool is_chunked;
    unsigned keeps;      /* answers on a connection before it just closes; 0: no limit */
    unsigned answered;   /* on this connection */
    unsigned connection; /* the one that `answered` is about */
    uint32_t longest;    /* most bytes in an answer to a range; 0: no limit */
    /* If set, may answer a request itself; false: it did not. */
    bool (*answer)(struct bench *bench, const struct scripted_request *request);
    unsigned oddities; /* how often `answer` still does something odd */

    /* what was fetched */
    uint8_t received[BENCH_IMAGE_SIZE];
    uint32_t reached;
    uint32_t total;
};

extern const struct otter_identity bench_identity;

void bench_set_up(struct bench *bench);

/** The byte of the image at @p offset. */
uint8_t bench_byte(uint32_t offset);

/** Answer as a good server does. */
void bench_answer(struct bench *bench, const struct scripted_request *request);

/** Open the data source for bench->job and fetch until all is here, or something fails; then close
 * it. @return OTTER_OK: all of it is here and right */
enum otter_result bench_fetch(struct bench *bench);

/** Fetch up to byte @p limit at least, without closing. */
enum otter_result bench_fetch_to(struct bench *bench, uint32_t limit);

enum otter_result bench_open(struct bench *bench);

/** Ask for the job. */
enum otter_result bench_ask(struct bench *bench);

/** Deliver a report. */
enum otter_result bench_report(struct bench *bench);

#endif
