/* SPDX-License-Identifier: Apache-2.0 */

/* The data source: ask for what is missing, deliver what is new.
 *
 * Chunks may come in any order; the slot writer puts each in its place. An answer that was overtaken
 * by two to later requests counts as lost, and its request alone is sent again: one that was only
 * late is a duplicate then, which costs a chunk and nothing else. Silence counts as the loss of all
 * that was not answered.
 *
 * When the whole image was asked for, gaps before the last chunk that came are filled by chunk
 * requests, and after a silence so is the rest. */

#include <string.h>

#include "chunk_header.h"
#include "connection.h"
#include "messages.h"
#include "otter/log.h"

/* A flood of unwanted messages must not keep a step from ending. */
#define MESSAGES_PER_STEP 8

/* Publishers that share their work answer a little out of order. */
#define OVERTAKEN_MAX 2u

/* What became of a request. */
enum { REQUEST_PLANNED, REQUEST_ASKED, REQUEST_ANSWERED };

/* ---- beginning ---- */

/* What this source can serve, on a broker that it may go to. */
static enum otter_job_place place_of(const struct otter_mqtt_transport_config *config,
                                     const struct otter_job *job)
{
    const struct otter_endpoint *home = &config->session.endpoint;

    if (job->connection != OTTER_JOB_CONNECTION_SAME
        && job->connection != OTTER_JOB_CONNECTION_MQTT) {
        return OTTER_JOB_FORBIDDEN;
    }
    return otter_job_place(job, home->host, home->port, config->allowed_brokers);
}

static enum otter_result open(void *self, const struct otter_identity *identity,
                              const struct otter_job *job, uint32_t now_ms)
{
    struct otter_mqtt_transport *transport = self;
    const struct otter_mqtt_transport_config *config = transport->config;
    const enum otter_job_place where = place_of(config, job);

    if (where == OTTER_JOB_FORBIDDEN) {
        (void)otter_job_place_text(job, transport->detail, sizeof transport->detail);
        return OTTER_ERR_JOB_REDIRECT;
    }
    otter_mqtt_skip_message(transport);
    transport->job = job;
    transport->total = job->has_size ? job->size : 0;
    transport->have = 0;
    transport->taken = 0;
    transport->reached = UINT32_MAX; /* the first step finds another value, and starts the clock */
    transport->sent = 0;
    transport->is_pushed = config->fetch != OTTER_MQTT_FETCH_CHUNKS;
    transport->pushed_to = 0;
    transport->request_count = 0;
    return otter_mqtt_connect(transport, identity, where == OTTER_JOB_HERE ? NULL : job, now_ms);
}

/* ---- asking ---- */

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Where asking ends: what lies beyond is still to come by itself, or the image's end. Before the
 * first chunk that is not known; publishers cut a request at it. */
static uint32_t horizon(const struct otter_mqtt_transport *transport)
{
    if (transport->is_pushed) {
        return transport->pushed_to;
    }
    return transport->total != 0 ? transport->total : UINT32_MAX;
}

/* Bytes that may be asked for from @p offset on. */
static uint32_t askable(const struct otter_mqtt_transport *transport,
                        const struct otter_range *missing, uint32_t offset)
{
    const uint32_t ahead = offset - missing->offset;
    const uint32_t in_range = ahead < missing->length ? missing->length - ahead : 0;
    const uint32_t end = horizon(transport);

    return offset < end ? smaller(in_range, end - offset) : 0;
}

static void drop_first_request(struct otter_mqtt_transport *transport)
{
    transport->request_count--;
    memmove(&transport->requests[0], &transport->requests[1],
            transport->request_count * sizeof transport->requests[0]);
}

/* Let the first request begin at the first missing byte. The first one was answered, and yet not
 * all of it is here: the publisher sent less than it was asked for, or the slot writer had no room. */
static void forget_answered(struct otter_mqtt_transport *transport, uint32_t offset)
{
    struct otter_mqtt_chunk_request *first = &transport->requests[0];

    while (transport->request_count > 0 && offset - first->offset >= first->length) {
        drop_first_request(transport);
    }
    if (transport->request_count > 0
        && (offset != first->offset || first->state == REQUEST_ANSWERED)) {
        first->length -= offset - first->offset;
        first->offset = offset;
        first->state = REQUEST_PLANNED;
    }
}

/* One request until the image's end is known, then as many as the window allows. */
static void plan_requests(struct otter_mqtt_transport *transport, const struct otter_range *missing)
{
    const struct otter_mqtt_transport_config *config = transport->config;
    const uint8_t window = transport->total == 0 ? 1 : config->window;
    uint32_t offset = missing->offset;

    if (transport->request_count > 0) {
        const struct otter_mqtt_chunk_request *last =
            &transport->requests[transport->request_count - 1];

        offset = last->offset + last->length;
    }
    while (transport->request_count < window) {
        const uint32_t length = smaller(config->chunk_size, askable(transport, missing, offset));

        if (length == 0) {
            return;
        }
        transport->requests[transport->request_count++] =
            (struct otter_mqtt_chunk_request){ .offset = offset, .length = length };
        offset += length;
    }
}

static int send_chunk_request(struct otter_mqtt_transport *transport,
                              const struct otter_mqtt_chunk_request *request)
{
    char buffer[MESSAGE_SIZE];
    struct otter_text message;

    otter_log_number(OTTER_LOG_DEBUG, OTTER_LOG_TRANSPORT, "asking for the chunk at ",
                     request->offset, "");
    otter_text_init(&message, buffer, sizeof buffer);
    otter_mqtt_write_chunk_request(&message, transport->identity, transport->topic,
                                   transport->job->file, request->offset, request->length);
    return otter_mqtt_send(transport, &message);
}

/* @return < 0 a result */
static int send_requests(struct otter_mqtt_transport *transport)
{
    for (uint8_t i = 0; i < transport->request_count; i++) {
        struct otter_mqtt_chunk_request *request = &transport->requests[i];
        int packet;

        if (request->state != REQUEST_PLANNED) {
            continue;
        }
        packet = send_chunk_request(transport, request);
        if (packet <= 0) {
            return packet;
        }
        request->state = REQUEST_ASKED;
        request->number = ++transport->asked;
        request->overtaken = 0;
    }
    return 0;
}

static int request_whole(struct otter_mqtt_transport *transport)
{
    char buffer[MESSAGE_SIZE];
    struct otter_text message;
    int packet;

    if (transport->sent != 0) {
        return 0;
    }
    otter_text_init(&message, buffer, sizeof buffer);
    otter_mqtt_write_request(&message,
                             transport->config->fetch == OTTER_MQTT_FETCH_TOPIC
                                 ? "Send Direct Update"
                                 : "Request Update",
                             transport->identity, transport->topic);
    packet = otter_mqtt_send(transport, &message);
    if (packet > 0) {
        transport->sent = (uint16_t)packet;
    }
    return packet;
}

static void ask_again(struct otter_mqtt_transport *transport)
{
    for (uint8_t i = 0; i < transport->request_count; i++) {
        if (transport->requests[i].state == REQUEST_ASKED) {
            transport->requests[i].state = REQUEST_PLANNED;
        }
    }
    transport->is_pushed = false;
}

/* @return OTTER_OK, OTTER_ERR_TIMEOUT */
static enum otter_result watch_progress(struct otter_mqtt_transport *transport, uint32_t offset,
                                        uint32_t now_ms)
{
    const struct otter_mqtt_transport_config *config = transport->config;

    if (offset != transport->reached) {
        transport->reached = offset;
        transport->quiet_ms = now_ms;
        transport->silences = 0;
    }
    if (!otter_mqtt_has_passed(now_ms, transport->quiet_ms, config->chunk_timeout_ms)) {
        return OTTER_OK;
    }
    transport->quiet_ms = now_ms;
    transport->silences++;
    if (transport->silences >= config->chunk_tries) {
        otter_mqtt_set_detail(transport, "the publisher does not send the chunks it is asked for");
        return OTTER_ERR_TIMEOUT;
    }
    otter_log_number(OTTER_LOG_NOTICE, OTTER_LOG_TRANSPORT, "silence: asking again from byte ",
                     offset, "");
    ask_again(transport);
    return OTTER_OK;
}

static enum otter_result ask(struct otter_mqtt_transport *transport,
                             const struct otter_range *missing, uint32_t now_ms)
{
    enum otter_result result;
    int sent;

    /* What is there already need not be pushed again. */
    if (transport->sent == 0 && missing->offset > 0) {
        transport->is_pushed = false;
    }
    result = watch_progress(transport, missing->offset, now_ms);
    if (result != OTTER_OK) {
        return result;
    }
    sent = transport->is_pushed ? request_whole(transport) : 0;
    /* Of a chunk that is being read it is not known yet what it leaves missing. */
    if (sent >= 0 && transport->message != MESSAGE_READ) {
        forget_answered(transport, missing->offset);
        plan_requests(transport, missing);
        sent = send_requests(transport);
    }
    return sent < 0 ? (enum otter_result)sent : OTTER_OK;
}

/* ---- receiving ---- */

static enum otter_result refuse(struct otter_mqtt_transport *transport, enum otter_result result,
                                const char *why)
{
    otter_log(OTTER_LOG_NOTICE, OTTER_LOG_TRANSPORT, why);
    otter_mqtt_skip_message(transport);
    otter_mqtt_set_detail(transport, why);
    return result;
}

/* An answer to request @p number came. */
static void note_overtaken(struct otter_mqtt_transport *transport, uint32_t number)
{
    const uint32_t others = (uint32_t)transport->request_count - 1;

    for (uint8_t i = 0; i < transport->request_count; i++) {
        struct otter_mqtt_chunk_request *request = &transport->requests[i];

        if (request->state == REQUEST_ASKED && request->number < number) {
            request->overtaken++;
            if (request->overtaken >= smaller(OVERTAKEN_MAX, others)) {
                request->state = REQUEST_PLANNED;
            }
        }
    }
}

/* @return false: this chunk came before */
static bool note_answer(struct otter_mqtt_transport *transport, uint32_t offset)
{
    for (uint8_t i = 0; i < transport->request_count; i++) {
        struct otter_mqtt_chunk_request *request = &transport->requests[i];

        if (request->offset == offset) {
            if (request->state == REQUEST_ANSWERED) {
                return false;
            }
            request->state = REQUEST_ANSWERED;
            note_overtaken(transport, request->number);
        }
    }
    return true;
}

static bool is_of_this_download(const struct otter_mqtt_transport *transport,
                                const struct chunk_header *header)
{
    const struct otter_version *version = &transport->job->version;

    const bool same_version = header->major == version->major && header->minor == version->minor
                              && header->build == version->revision;

    /* Without a job the publisher may not know the version; the image will say. */
    return (same_version || transport->job->is_direct)
           && (transport->total == 0 || header->total == transport->total);
}

static enum otter_result place(struct otter_mqtt_transport *transport,
                               const struct chunk_header *header, uint32_t missing)
{
    const uint32_t end = header->offset + header->size;

    if (end > transport->pushed_to) {
        transport->pushed_to = end;
    }
    if (end <= missing || !note_answer(transport, header->offset)) {
        otter_mqtt_skip_message(transport);
        return OTTER_AGAIN;
    }
    transport->message = MESSAGE_READ;
    transport->data_offset = header->offset;
    transport->have = 0;
    transport->taken = 0;
    return OTTER_OK;
}

static enum otter_result read_header(struct otter_mqtt_transport *transport, uint32_t missing)
{
    struct chunk_header header;
    const enum otter_result result =
        otter_chunk_header_parse(transport->config->buffer, transport->message_size, &header);

    if (result == OTTER_ERR_CHUNK_RANGE) {
        return refuse(transport, result, "offset and size exceed the chunk's own total");
    }
    if (result != OTTER_OK) {
        return refuse(transport, result, "magic, type or length");
    }
    if (!is_of_this_download(transport, &header)) {
        return refuse(transport, OTTER_ERR_CHUNK_FOREIGN, "another version or total size");
    }
    transport->total = header.total;
    return place(transport, &header, missing);
}

/* Jobs and receipts may arrive during a download, and say nothing about it. */
static bool is_document(const struct otter_mqtt_transport *transport)
{
    return transport->have > 0 && transport->config->buffer[0] == '{';
}

/* Look at a message that has begun.
 * @return OTTER_OK: its data follow; OTTER_AGAIN; OTTER_ERR_CHUNK_* */
static enum otter_result receive_header(struct otter_mqtt_transport *transport, uint32_t missing)
{
    const uint32_t size = smaller(CHUNK_HEADER_SIZE, transport->message_size);

    if (!transport->is_ours && !transport->is_fixed_topic) {
        return refuse(transport, OTTER_ERR_CHUNK_FOREIGN, "another topic");
    }
    if (!otter_mqtt_gather(transport, size)) {
        return OTTER_AGAIN;
    }
    if (size == 0 || is_document(transport)) {
        otter_mqtt_skip_message(transport);
        return OTTER_AGAIN;
    }
    if (size < CHUNK_HEADER_SIZE) {
        return refuse(transport, OTTER_ERR_CHUNK_HEADER, "the message is shorter than a header");
    }
    return read_header(transport, missing);
}

/* @return OTTER_OK: there are bytes in the buffer; OTTER_AGAIN */
static enum otter_result receive_data(struct otter_mqtt_transport *transport)
{
    const struct otter_mqtt_transport_config *config = transport->config;
    const struct otter_mqtt_client *client = config->client;

    transport->data_offset += (uint32_t)transport->have;
    transport->taken = 0;
    transport->have = client->ops->read(client->self, config->buffer, config->buffer_size);
    return transport->have > 0 ? OTTER_OK : OTTER_AGAIN;
}

/* The last piece of a message was taken. */
static void end_read_message(struct otter_mqtt_transport *transport)
{
    const struct otter_mqtt_client *client = transport->config->client;

    if (transport->message == MESSAGE_READ && client->ops->unread(client->self) == 0) {
        transport->message = MESSAGE_NONE;
    }
}

static enum otter_result receive(struct otter_mqtt_transport *transport, uint32_t missing)
{
    if (transport->message == MESSAGE_NEW) {
        const enum otter_result result = receive_header(transport, missing);

        if (result != OTTER_OK) {
            return result;
        }
    }
    return transport->message == MESSAGE_READ ? receive_data(transport) : OTTER_AGAIN;
}

static bool holds_bytes(const struct otter_mqtt_transport *transport)
{
    return transport->message == MESSAGE_READ && transport->taken < transport->have;
}

static void show_bytes(const struct otter_mqtt_transport *transport, struct otter_chunk *chunk)
{
    *chunk = (struct otter_chunk){
        .offset = transport->data_offset + (uint32_t)transport->taken,
        .bytes = transport->config->buffer + transport->taken,
        .len = transport->have - transport->taken,
        .total = transport->total,
    };
}

static enum otter_result advance(struct otter_mqtt_transport *transport, uint32_t now_ms,
                                 const struct otter_range *missing)
{
    enum otter_result result;

    end_read_message(transport);
    result = otter_mqtt_converse(transport, now_ms);
    if (result == OTTER_OK) {
        result = ask(transport, missing, now_ms);
    }
    return result == OTTER_OK ? receive(transport, missing->offset) : result;
}

static enum otter_result step(void *self, uint32_t now_ms, const struct otter_range *missing,
                              struct otter_chunk *chunk)
{
    struct otter_mqtt_transport *transport = self;
    enum otter_result result = holds_bytes(transport) ? OTTER_OK : OTTER_AGAIN;

    /* Behind a message that is skipped there may be one that is wanted. */
    for (int i = 0; result == OTTER_AGAIN && i < MESSAGES_PER_STEP; i++) {
        result = advance(transport, now_ms, missing);
        if (transport->message != MESSAGE_SKIPPED) {
            break;
        }
    }
    if (result == OTTER_OK) {
        transport->quiet_ms = now_ms;
        show_bytes(transport, chunk);
    }
    return result;
}

static void take(void *self, size_t len)
{
    struct otter_mqtt_transport *transport = self;

    transport->taken += len;
}

/* The connection home stays open for the report. */
static void close(void *self)
{
    struct otter_mqtt_transport *transport = self;

    otter_mqtt_skip_message(transport);
    if (transport->is_away) {
        otter_mqtt_disconnect(transport);
    }
}

struct otter_data_source otter_mqtt_data_source(struct otter_mqtt_transport *transport)
{
    static const struct otter_data_source_ops ops = {
        .open = open,
        .step = step,
        .take = take,
        .close = close,
        .explain = otter_mqtt_explain,
    };

    return (struct otter_data_source){ &ops, transport };
}
