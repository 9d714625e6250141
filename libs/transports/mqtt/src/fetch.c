/* SPDX-License-Identifier: Apache-2.0 */

/* The data source: ask for what is missing, deliver what fits.
 *
 * The device writes front to back, so a chunk is of use only if it holds the first missing byte. One
 * that lies behind it is a duplicate and is dropped without a word. One that lies beyond it shows
 * that something between was lost: it is dropped too, and asked for again when its turn comes. With
 * a window of one that cannot happen; with a wider one it costs a chunk and needs no memory.
 *
 * When the whole image was asked for and a gap shows up, or silence, the rest is fetched by chunk
 * requests. */

#include <string.h>

#include "chunk_header.h"
#include "connection.h"
#include "messages.h"
#include "otter/log.h"

/* A flood of unwanted messages must not keep a step from ending. */
#define MESSAGES_PER_STEP 8

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
    transport->request_count = 0;
    return otter_mqtt_connect(transport, identity, where == OTTER_JOB_HERE ? NULL : job, now_ms);
}

/* ---- asking ---- */

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Bytes that may be asked for from @p offset on. Before the first chunk the image's end is not
 * known; publishers cut a request at it. */
static uint32_t askable(const struct otter_mqtt_transport *transport,
                        const struct otter_range *missing, uint32_t offset)
{
    const uint32_t ahead = offset - missing->offset;
    const uint32_t in_range = ahead < missing->length ? missing->length - ahead : 0;

    if (transport->total == 0) {
        return in_range;
    }
    return offset < transport->total ? smaller(in_range, transport->total - offset) : 0;
}

static void drop_first_request(struct otter_mqtt_transport *transport)
{
    transport->request_count--;
    memmove(&transport->requests[0], &transport->requests[1],
            transport->request_count * sizeof transport->requests[0]);
}

/* What came before its turn and was dropped is asked for again once the gap before it is closed. */
static void recall_lost(struct otter_mqtt_transport *transport)
{
    for (uint8_t i = 0; i < transport->request_count; i++) {
        struct otter_mqtt_chunk_request *request = &transport->requests[i];

        request->asked = request->asked && !request->lost;
        request->lost = false;
    }
}

/* Let the first request begin at the first missing byte. */
static void forget_answered(struct otter_mqtt_transport *transport, uint32_t offset)
{
    struct otter_mqtt_chunk_request *first = &transport->requests[0];

    while (transport->request_count > 0 && offset - first->offset >= first->length) {
        drop_first_request(transport);
        recall_lost(transport);
    }
    if (transport->request_count > 0 && offset != first->offset
        && transport->message != MESSAGE_READ) {
        /* The publisher sent less than it was asked for: ask for the rest. */
        first->length -= offset - first->offset;
        first->offset = offset;
        first->asked = false;
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

        if (request->asked) {
            continue;
        }
        packet = send_chunk_request(transport, request);
        if (packet <= 0) {
            return packet;
        }
        request->asked = true;
        request->lost = false;
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

static void ask_all_again(struct otter_mqtt_transport *transport)
{
    for (uint8_t i = 0; i < transport->request_count; i++) {
        transport->requests[i].asked = false;
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
    ask_all_again(transport);
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
    if (transport->is_pushed) {
        sent = request_whole(transport);
    } else {
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

static bool is_rest_lost(const struct otter_mqtt_transport *transport)
{
    for (uint8_t i = 1; i < transport->request_count; i++) {
        if (!transport->requests[i].lost) {
            return false;
        }
    }
    return true;
}

/* A chunk came that begins beyond the first missing byte. If no other answer is under way, the one
 * for that byte was lost, and need not be waited for. */
static void note_gap(struct otter_mqtt_transport *transport, uint32_t offset)
{
    transport->is_pushed = false;
    for (uint8_t i = 1; i < transport->request_count; i++) {
        struct otter_mqtt_chunk_request *request = &transport->requests[i];

        if (request->offset == offset && !request->lost) {
            request->lost = true;
            transport->requests[0].asked = transport->requests[0].asked && !is_rest_lost(transport);
        }
    }
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
    if (header->offset > missing) {
        note_gap(transport, header->offset);
        otter_mqtt_skip_message(transport);
        return OTTER_AGAIN;
    }
    if (missing - header->offset >= header->size) {
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
