/* SPDX-License-Identifier: Apache-2.0 */

/* The data source: ranges of the image, asked for ahead, delivered in order.
 *
 * The first range is small: it shows whether the server knows ranges, how long the image is, and to
 * the agent whether the image is worth fetching. From then on two are always asked for, each four
 * times as long as the one before up to a limit. Whatever does not go on at the first missing byte
 * ends the connection, and the plan begins anew there.
 *
 * Servers differ, and all of this is lawful: one that knows no ranges sends the whole image, which
 * is read from its beginning; one that answers with less than was asked for is asked for the rest;
 * one that ends the connection behind each answer is asked for all that is missing at once. */

#include <string.h>

#include "connection.h"
#include "otter/crc32.h"
#include "otter/log.h"

#define RANGE_GROWTH 4u

/* Events and pieces that are dropped must not keep a step from ending. */
#define TURNS_PER_STEP 16

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static enum otter_result fail(struct otter_http_transport *transport, enum otter_result result,
                              const char *why)
{
    otter_http_set_detail(transport, why);
    return result;
}

/* Beginning ----------------------------------------------------------------------------------- */

/* What this source can serve, on a server that it may go to. */
static enum otter_job_place place_of(const struct otter_http_transport_config *config,
                                     const struct otter_job *job)
{
    const struct otter_endpoint *home = &config->session.endpoint;
    const enum otter_job_connection ours =
        config->client->secure ? OTTER_JOB_CONNECTION_HTTPS : OTTER_JOB_CONNECTION_HTTP;

    if (job->connection != OTTER_JOB_CONNECTION_SAME && job->connection != ours) {
        return OTTER_JOB_FORBIDDEN;
    }
    return otter_job_place(job, home->host, home->port, config->allowed_servers);
}

static const char *path_of(const struct otter_job *job)
{
    return job->path != NULL ? job->path : job->file;
}

static uint32_t fingerprint(const struct otter_job *job)
{
    uint32_t crc = otter_crc32(0, job->host, strlen(job->host));

    crc = otter_crc32(crc, &job->port, sizeof job->port);
    return otter_crc32(crc, path_of(job), strlen(path_of(job)));
}

/* Tag and size of what was fetched so far still count if it is gone on with. */
static void remember_place(struct otter_http_transport *transport, uint32_t place)
{
    if (place != transport->place) {
        transport->place = place;
        transport->etag[0] = '\0';
        transport->total = 0;
    }
}

static enum otter_result open(void *self, const struct otter_identity *identity,
                              const struct otter_job *job, uint32_t now_ms)
{
    struct otter_http_transport *transport = self;
    const struct otter_http_transport_config *config = transport->config;
    const enum otter_job_place where = place_of(config, job);

    (void)now_ms;
    if (where == OTTER_JOB_FORBIDDEN) {
        (void)otter_job_place_text(job, transport->detail, sizeof transport->detail);
        return OTTER_ERR_JOB_REDIRECT;
    }
    if (path_of(job)[0] == '\0') {
        return fail(transport, OTTER_ERR_JOB_FIELD, "File");
    }
    transport->identity = identity;
    transport->job = job;
    transport->have = 0;
    transport->taken = 0;
    transport->left = 0;
    transport->range_size = config->range_size;
    transport->is_ranged = false;
    transport->closes = false;
    remember_place(transport, fingerprint(job));
    return otter_http_turn_to(transport, where == OTTER_JOB_HERE ? NULL : job, path_of(job));
}

/* Asking -------------------------------------------------------------------------------------- */

/* Behind the last byte that is missing, as far as that is known. */
static uint32_t end_of(const struct otter_http_transport *transport,
                       const struct otter_range *missing)
{
    const uint32_t end = missing->length < UINT32_MAX - missing->offset
                             ? missing->offset + missing->length
                             : UINT32_MAX;

    return transport->total != 0 ? smaller(end, transport->total) : end;
}

static void grow_ranges(struct otter_http_transport *transport)
{
    const uint32_t most = transport->config->range_size_max;

    transport->range_size =
        transport->range_size < most / RANGE_GROWTH ? RANGE_GROWTH * transport->range_size : most;
}

static enum otter_result ask_range(struct otter_http_transport *transport, uint32_t first,
                                   uint32_t end)
{
    uint32_t length = end - first;

    if (transport->is_ranged) {
        grow_ranges(transport);
    }
    if (!transport->closes) {
        length = smaller(length, transport->range_size);
    }
    otter_log_number(OTTER_LOG_DEBUG, OTTER_LOG_TRANSPORT, "asking for the range at ", first, "");
    return otter_http_ask(transport, &(struct otter_http_request){
                                         .path = transport->path,
                                         .has_range = true,
                                         .first = first,
                                         .last = first + length - 1,
                                     });
}

/* One range until the server has shown that it knows them, then as many as the window allows. */
static enum otter_result ask_ahead(struct otter_http_transport *transport,
                                   const struct otter_range *missing)
{
    const uint8_t window = transport->is_ranged && !transport->closes ? OTTER_HTTP_WINDOW : 1;
    const uint32_t end = end_of(transport, missing);
    enum otter_result result = OTTER_OK;

    while (result == OTTER_OK && transport->asked_count < window) {
        const uint32_t next = transport->asked_count > 0
                                  ? transport->asked[transport->asked_count - 1].last + 1
                                  : missing->offset;

        if (next >= end) {
            break;
        }
        result = ask_range(transport, next, end);
    }
    return result == OTTER_AGAIN ? OTTER_OK : result;
}

/* What is on its way must go on where something is missing. */
static bool is_aligned(const struct otter_http_transport *transport, uint32_t missing)
{
    if (transport->in_answer) {
        return transport->position <= missing; /* what lies before it is read away */
    }
    return transport->asked_count == 0 || transport->asked[0].first == missing;
}

/* Answers ------------------------------------------------------------------------------------- */

static void forget_image(struct otter_http_transport *transport)
{
    transport->etag[0] = '\0';
    transport->total = 0;
}

/* Is it still the image that was begun? At its first byte there is nothing yet to go on with. */
static enum otter_result check_image(struct otter_http_transport *transport, uint32_t missing,
                                     const struct otter_http_response *response, uint32_t total)
{
    const bool has_other_tag = transport->etag[0] != '\0' && response->etag[0] != '\0'
                               && strcmp(transport->etag, response->etag) != 0;

    if (transport->job->has_size && total != transport->job->size) {
        return fail(transport, OTTER_ERR_JOB_FIELD,
                    "ImageSize is not the size of the server's file");
    }
    if (missing > 0 && (has_other_tag || (transport->total != 0 && transport->total != total))) {
        forget_image(transport);
        return fail(transport, OTTER_ERR_IMAGE_CHANGED,
                    has_other_tag ? "the server gives it another tag" : "it has another size");
    }
    if (missing == 0 || transport->etag[0] == '\0') {
        memcpy(transport->etag, response->etag, sizeof transport->etag);
    }
    transport->total = total;
    return OTTER_OK;
}

/* The size of the image, as the answer or at least the job tells it; 0: nobody does. */
static uint32_t total_of(const struct otter_http_transport *transport, bool is_told, uint32_t told)
{
    if (is_told) {
        return told;
    }
    return transport->job->has_size ? transport->job->size : 0;
}

static enum otter_result begin_range(struct otter_http_transport *transport, uint32_t missing,
                                     const struct otter_http_response *response)
{
    const struct otter_http_asked *asked = &transport->asked[0];
    const uint32_t total = total_of(transport, response->has_total, response->total);
    const uint32_t length = response->last - response->first + 1;

    if (!response->has_range || response->first != asked->first || response->last > asked->last
        || (response->has_length && response->length != length)) {
        return fail(transport, OTTER_ERR_PROTOCOL,
                    "the server answers with another range than the one asked for");
    }
    if (total <= response->last) {
        return fail(transport, OTTER_ERR_PROTOCOL, "nobody tells how long the image is");
    }
    transport->is_ranged = true;
    transport->closes = transport->closes || response->is_last;
    transport->position = response->first;
    transport->left = length;
    return check_image(transport, missing, response, total);
}

static enum otter_result begin_whole(struct otter_http_transport *transport, uint32_t missing,
                                     const struct otter_http_response *response)
{
    const uint32_t total = total_of(transport, response->has_length, response->length);

    if (total == 0) {
        return response->has_length
                   ? fail(transport, OTTER_ERR_NOT_FOUND, "the server's file is empty")
                   : fail(transport, OTTER_ERR_PROTOCOL, "nobody tells how long the image is");
    }
    otter_log(OTTER_LOG_NOTICE, OTTER_LOG_TRANSPORT,
              "the server knows no ranges and sends the whole image");
    transport->position = 0;
    transport->left = total;
    return check_image(transport, missing, response, total);
}

/* Nothing lies there: the image has become shorter, or there is none. */
static enum otter_result on_unsatisfiable(struct otter_http_transport *transport, uint32_t missing)
{
    if (missing == 0) {
        return fail(transport, OTTER_ERR_NOT_FOUND, "the server's file is empty");
    }
    forget_image(transport);
    return fail(transport, OTTER_ERR_IMAGE_CHANGED, "it is shorter now");
}

static enum otter_result begin_answer(struct otter_http_transport *transport, uint32_t missing,
                                      const struct otter_http_response *response)
{
    enum otter_result result;

    transport->left = 0;
    switch (response->status) {
    case 206:
        return begin_range(transport, missing, response);
    case 200:
        return begin_whole(transport, missing, response);
    case 416:
        return on_unsatisfiable(transport, missing);
    default:
        result = otter_http_judge(transport, response);
        return result == OTTER_OK
                   ? fail(transport, OTTER_ERR_PROTOCOL, "the answer to a range has another status")
                   : result;
    }
}

static enum otter_result end_answer(struct otter_http_transport *transport)
{
    if (transport->left > 0) {
        return fail(transport, OTTER_ERR_PROTOCOL, "the answer is shorter than its range");
    }
    return OTTER_OK;
}

/* Bytes ---------------------------------------------------------------------------------------- */

/* The bytes in the buffer end at `position`; those that the device has already are passed over.
 * @return OTTER_OK: there are some left; OTTER_AGAIN */
static enum otter_result drop_known(struct otter_http_transport *transport, uint32_t missing)
{
    const uint32_t first = transport->position - (uint32_t)transport->have;

    transport->taken = missing > first ? smaller(missing - first, (uint32_t)transport->have) : 0;
    return transport->taken < transport->have ? OTTER_OK : OTTER_AGAIN;
}

static enum otter_result receive(struct otter_http_transport *transport, uint32_t missing)
{
    const struct otter_http_transport_config *config = transport->config;
    const size_t received = otter_http_read(transport, config->buffer, config->buffer_size);

    transport->have = 0;
    if (received > transport->left) {
        return fail(transport, OTTER_ERR_PROTOCOL, "the answer is longer than its range");
    }
    transport->have = received;
    transport->position += (uint32_t)received;
    transport->left -= (uint32_t)received;
    return drop_known(transport, missing);
}

static enum otter_result handle(struct otter_http_transport *transport, uint32_t missing,
                                const struct otter_http_event *event)
{
    switch (event->kind) {
    case OTTER_HTTP_RESPONSE: {
        const enum otter_result result = begin_answer(transport, missing, event->response);

        return result == OTTER_OK ? receive(transport, missing) : result;
    }
    case OTTER_HTTP_END: {
        const enum otter_result result = end_answer(transport);

        return result == OTTER_OK ? OTTER_AGAIN : result;
    }
    case OTTER_HTTP_NOTHING:
        return transport->in_answer ? receive(transport, missing) : OTTER_AGAIN;
    case OTTER_HTTP_CLOSED:
        break;
    }
    return OTTER_AGAIN;
}

static bool holds_bytes(const struct otter_http_transport *transport)
{
    return transport->taken < transport->have;
}

/* @return OTTER_OK: there are bytes in the buffer; OTTER_AGAIN; why it failed */
static enum otter_result advance(struct otter_http_transport *transport, uint32_t now_ms,
                                 const struct otter_range *missing, struct otter_http_event *event)
{
    enum otter_result result;

    if (!is_aligned(transport, missing->offset)) {
        otter_http_disconnect(transport);
    }
    result = otter_http_converse(transport, now_ms, event);
    if (result == OTTER_OK) {
        result = handle(transport, missing->offset, event);
    }
    if ((result == OTTER_OK || result == OTTER_AGAIN) && transport->is_online
        && !(transport->in_answer && !transport->is_ranged)) {
        const enum otter_result asked = ask_ahead(transport, missing);

        return asked == OTTER_OK ? result : asked;
    }
    return result;
}

static void show_bytes(const struct otter_http_transport *transport, struct otter_chunk *chunk)
{
    *chunk = (struct otter_chunk){
        .offset = transport->position - (uint32_t)(transport->have - transport->taken),
        .bytes = transport->config->buffer + transport->taken,
        .len = transport->have - transport->taken,
        .total = transport->total,
    };
}

static enum otter_result step(void *self, uint32_t now_ms, const struct otter_range *missing,
                              struct otter_chunk *chunk)
{
    struct otter_http_transport *transport = self;
    enum otter_result result = holds_bytes(transport) ? OTTER_OK : OTTER_AGAIN;
    struct otter_http_event event;

    for (int i = 0; result == OTTER_AGAIN && i < TURNS_PER_STEP; i++) {
        result = advance(transport, now_ms, missing, &event);
        if (event.kind == OTTER_HTTP_NOTHING && transport->have == 0) {
            break;
        }
    }
    if (result == OTTER_OK) {
        show_bytes(transport, chunk);
    }
    return result;
}

static void take(void *self, size_t len)
{
    struct otter_http_transport *transport = self;

    transport->taken += len;
}

/* Behind the last byte of the last range nothing is on its way, and the connection can serve the
 * report; the client only has to notice. */
static void notice_end(struct otter_http_transport *transport)
{
    struct otter_http_event event;

    if (transport->in_answer && transport->left == 0) {
        (void)otter_http_converse(transport, transport->now_ms, &event);
    }
}

static void close(void *self)
{
    struct otter_http_transport *transport = self;

    notice_end(transport);
    transport->have = 0;
    transport->taken = 0;
    transport->job = NULL;
    if (!transport->is_conversing || transport->is_away || transport->in_answer
        || transport->asked_count > 0) {
        otter_http_disconnect(transport);
    }
}

struct otter_data_source otter_http_data_source(struct otter_http_transport *transport)
{
    static const struct otter_data_source_ops ops = {
        .open = open,
        .step = step,
        .take = take,
        .close = close,
        .explain = otter_http_explain,
    };

    return (struct otter_data_source){ &ops, transport };
}
