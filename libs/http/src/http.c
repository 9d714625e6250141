/* SPDX-License-Identifier: Apache-2.0 */

/* The connection: requests queue up, answers are taken one at a time.
 *
 * While a body is unread nothing behind it is touched: that is the back-pressure. The server's
 * time is measured with a clock that stands still while the reader holds the stream up. */

#include "otter/http.h"

#include <assert.h>
#include <string.h>

#include "parser.h"
#include "request.h"

/* A stream of notices and empty chunks must not keep a step from ending. */
#define TURNS_PER_STEP 64

/* Bytes of a body that a server must bring in each time-out, or its rest: who sends a byte now and
 * then would otherwise hold a device for ever. */
#define LEAST_BYTES 1024u

enum phase { PHASE_IDLE, PHASE_LINKING, PHASE_UP };

static bool is_over(const struct otter_http *http)
{
    return http->ended != OTTER_OK;
}

/* The first reason stands: what fails after it is a consequence. */
static void end(struct otter_http *http, enum otter_result result, const char *why)
{
    if (!is_over(http)) {
        http->ended = result;
        http->why = why;
    }
}

static void begin_turn(struct otter_http *http)
{
    http->since_ms = http->server_ms;
    http->brought = 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- sending ---- */

/* A link that takes nothing more may still hold the answer that says why: receiving finds out. */
static void flush(struct otter_http *http)
{
    const struct otter_link *link = http->config->link;
    uint8_t *queue = http->config->send_buffer;
    int sent;

    if (http->queued == 0) {
        return;
    }
    sent = link->ops->send(link->port, queue, http->queued);
    if (sent < 0) {
        http->queued = 0;
        return;
    }
    http->queued -= (size_t)sent;
    memmove(queue, queue + sent, http->queued);
}

static int request(void *client, const struct otter_http_request *wanted)
{
    struct otter_http *http = client;
    const struct otter_http_config *config = http->config;
    const size_t room = config->send_size - http->queued;
    struct otter_text text;

    if (http->phase == PHASE_IDLE || is_over(http)) {
        return OTTER_ERR_CLOSED;
    }
    if (http->outstanding == OTTER_HTTP_OUTSTANDING || room == 0) {
        return 0;
    }
    otter_text_init(&text, (char *)config->send_buffer + http->queued, room);
    otter_http_write_request(&text, http->session, config->link->ops->secure, wanted);
    if (text.truncated) {
        return http->queued == 0 ? OTTER_ERR_NO_SPACE : 0;
    }
    if (http->outstanding == 0) {
        begin_turn(http);
    }
    http->queued += text.length;
    http->outstanding++;
    return 1;
}

/* ---- receiving ---- */

static void on_link_end(struct otter_http *http, enum otter_result result)
{
    const bool in_order = result == OTTER_ERR_CLOSED;

    if (in_order && http->in_body && otter_http_parser_end(&http->parser)) {
        return;
    }
    if (http->in_body) {
        end(http, result, in_order ? "the server closed the connection within an answer" : NULL);
    } else {
        end(http, result, in_order ? "the server closed the connection" : NULL);
    }
}

static size_t receive(struct otter_http *http, void *dst, size_t len)
{
    const struct otter_link *link = http->config->link;
    int received;

    if (is_over(http)) {
        return 0;
    }
    received = link->ops->receive(link->port, dst, len);
    if (received < 0) {
        on_link_end(http, (enum otter_result)received);
        return 0;
    }
    return (size_t)received;
}

/* @return true if there is something new to parse */
static bool fill(struct otter_http *http)
{
    http->used = 0;
    http->have = (uint16_t)receive(http, http->received, sizeof http->received);
    return http->have > 0;
}

static enum otter_http_parsed refuse(struct otter_http *http, const char *why)
{
    end(http, OTTER_ERR_PROTOCOL, why);
    return OTTER_HTTP_PARSED_BAD;
}

static enum otter_http_parsed parse_received(struct otter_http *http)
{
    const size_t here = (size_t)(http->have - http->used);
    size_t used;
    enum otter_http_parsed parsed;

    if (here > 0 && http->outstanding == 0) {
        return refuse(http, "the server answers what was not asked");
    }
    parsed = otter_http_parse(&http->parser, http->received + http->used, here, &used);
    http->used = (uint16_t)(http->used + used);
    return parsed == OTTER_HTTP_PARSED_BAD ? refuse(http, http->parser.wrong) : parsed;
}

/* Parse until something is complete, or nothing more is here. */
static enum otter_http_parsed advance(struct otter_http *http)
{
    enum otter_http_parsed parsed = parse_received(http);

    for (int i = 0; i < TURNS_PER_STEP && parsed == OTTER_HTTP_PARSED_PART && fill(http); i++) {
        parsed = parse_received(http);
    }
    return parsed;
}

static void end_answer(struct otter_http *http)
{
    http->in_body = false;
    http->outstanding--;
    begin_turn(http);
    if (http->parser.response.is_last) {
        end(http, OTTER_ERR_CLOSED, "the server ends the connection behind each answer");
    }
    otter_http_parser_next(&http->parser);
}

static void receive_answer(struct otter_http *http, struct otter_http_event *event)
{
    switch (advance(http)) {
    case OTTER_HTTP_PARSED_HEAD:
        http->in_body = true;
        http->dry = false;
        begin_turn(http);
        event->kind = OTTER_HTTP_RESPONSE;
        event->response = &http->parser.response;
        break;
    case OTTER_HTTP_PARSED_END:
        end_answer(http);
        event->kind = OTTER_HTTP_END;
        break;
    case OTTER_HTTP_PARSED_PART:
    case OTTER_HTTP_PARSED_BODY:
    case OTTER_HTTP_PARSED_BAD:
        break;
    }
}

/* Bytes of the body that came along with a head, then what the link has. */
static size_t fetch(struct otter_http *http, void *dst, size_t len)
{
    const size_t here = smaller(len, (size_t)(http->have - http->used));

    if (here == 0) {
        return receive(http, dst, len);
    }
    memcpy(dst, http->received + http->used, here);
    http->used = (uint16_t)(http->used + here);
    return here;
}

static void note_fetched(struct otter_http *http, size_t len)
{
    otter_http_body_taken(&http->parser, len);
    http->dry = len == 0;
    http->brought += (uint32_t)len;
    if (http->brought >= LEAST_BYTES) {
        begin_turn(http);
    }
}

static size_t read(void *client, void *dst, size_t len)
{
    struct otter_http *http = client;
    size_t fetched = 0;

    if (!http->in_body || is_over(http)) {
        return 0;
    }
    if (otter_http_body_left(&http->parser) == 0) {
        (void)advance(http); /* to the next chunk */
    }
    len = smaller(len, otter_http_body_left(&http->parser));
    if (len > 0) {
        fetched = fetch(http, dst, len);
    }
    note_fetched(http, fetched);
    return fetched;
}

/* ---- time ---- */

static bool is_held_up(const struct otter_http *http)
{
    return http->in_body && !http->dry;
}

static bool is_late(const struct otter_http *http)
{
    return http->server_ms - http->since_ms >= http->session->timeout_ms;
}

static void check_time(struct otter_http *http)
{
    if (http->outstanding == 0 || !is_late(http)) {
        return;
    }
    end(http, OTTER_ERR_TIMEOUT,
        http->in_body ? "the server sends its answer too slowly" : "the server did not answer");
}

/* ---- phases ---- */

static void go_on_linking(struct otter_http *http)
{
    const struct otter_link *link = http->config->link;
    const enum otter_result result = link->ops->progress(link->port);

    if (result == OTTER_OK) {
        http->phase = PHASE_UP;
        begin_turn(http);
        flush(http);
    } else if (result != OTTER_AGAIN) {
        end(http, result, NULL);
    } else if (is_late(http)) {
        end(http, OTTER_ERR_TIMEOUT, "the connection was not established in time");
    }
}

static void converse(struct otter_http *http, struct otter_http_event *event)
{
    flush(http);
    receive_answer(http, event);
    if (event->kind == OTTER_HTTP_NOTHING) {
        check_time(http);
    }
}

static void go_on(struct otter_http *http, struct otter_http_event *event)
{
    if (http->phase == PHASE_LINKING) {
        go_on_linking(http);
    } else if (http->phase == PHASE_UP) {
        converse(http, event);
    }
}

/* ---- the interface ---- */

static enum otter_result open(void *client, const struct otter_http_session *session,
                              uint32_t now_ms)
{
    struct otter_http *http = client;
    const struct otter_link *link = http->config->link;
    enum otter_result result;

    assert(http->phase == PHASE_IDLE);
    if (session->timeout_ms == 0) {
        return OTTER_ERR_ARGUMENT;
    }
    *http = (struct otter_http){
        .config = http->config,
        .session = session,
        .now_ms = now_ms,
        .phase = PHASE_LINKING,
    };
    otter_http_parser_next(&http->parser);
    result = link->ops->open(link->port, &session->endpoint);
    if (result != OTTER_OK && result != OTTER_AGAIN) {
        end(http, result, NULL);
    }
    return OTTER_OK;
}

static void drop_link(struct otter_http *http)
{
    const struct otter_link *link = http->config->link;

    link->ops->close(link->port);
    http->in_body = false;
    http->phase = PHASE_IDLE;
}

static void step(void *client, uint32_t now_ms, struct otter_http_event *event)
{
    struct otter_http *http = client;

    *event = (struct otter_http_event){ .kind = OTTER_HTTP_NOTHING };
    http->server_ms += is_held_up(http) ? 0 : now_ms - http->now_ms;
    http->now_ms = now_ms;
    if (!is_over(http)) {
        go_on(http, event);
    }
    /* What was received before the end is still worth having; the end comes with the next step. */
    if (is_over(http) && http->phase != PHASE_IDLE && event->kind == OTTER_HTTP_NOTHING) {
        drop_link(http);
        event->kind = OTTER_HTTP_CLOSED;
        event->result = http->ended;
    }
}

static void close(void *client)
{
    struct otter_http *http = client;

    if (http->phase != PHASE_IDLE) {
        drop_link(http);
    }
}

static const char *explain(void *client)
{
    const struct otter_http *http = client;
    const struct otter_link *link = http->config->link;

    if (!is_over(http)) {
        return "";
    }
    return http->why != NULL ? http->why : link->ops->explain(link->port);
}

void otter_http_init(struct otter_http *http, const struct otter_http_config *config)
{
    assert(config->link != NULL && config->send_buffer != NULL && config->send_size > 0);
    *http = (struct otter_http){ .config = config };
}

struct otter_http_client otter_http_as_client(struct otter_http *http)
{
    static const struct otter_http_client_ops ops = {
        .open = open,
        .step = step,
        .read = read,
        .request = request,
        .close = close,
        .explain = explain,
    };

    return (struct otter_http_client){ &ops, http, http->config->link->ops->secure };
}
