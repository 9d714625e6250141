/* SPDX-License-Identifier: Apache-2.0 */

/* The job source: a document is fetched, a report is posted.
 *
 * The document lies there for all devices of a board, also for those that have followed it: that it
 * names the running version is the usual state and no refusal, which would be reported each time. */

#include <string.h>

#include "connection.h"
#include "otter/message.h"

/** Longest report, with its terminator; escaping leaves room to spare. */
#define REPORT_SIZE 1024u

/* The connection failed, or is of no more use: end it, so that the next call begins with a new one. */
static enum otter_result give_up(struct otter_http_transport *transport, enum otter_result result)
{
    if (result != OTTER_AGAIN) {
        otter_http_disconnect(transport);
    }
    return result;
}

/* Asking -------------------------------------------------------------------------------------- */

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    struct otter_http_transport *transport = self;

    (void)now_ms;
    transport->identity = identity;
    transport->is_conversing = true;
    return otter_http_turn_to(transport, NULL, transport->config->job_path);
}

static enum otter_result send_question(struct otter_http_transport *transport)
{
    const struct otter_http_request request = { .path = transport->path };

    transport->have = 0;
    return otter_http_ask(transport, &request);
}

static enum otter_result begin_document(struct otter_http_transport *transport,
                                        const struct otter_http_response *response)
{
    const enum otter_result result = otter_http_judge(transport, response);

    if (result != OTTER_OK) {
        return give_up(transport, result);
    }
    if (response->status == 204) {
        return OTTER_NO_UPDATE;
    }
    if (response->status != 200) {
        otter_http_set_detail(transport, "the job was not answered with status 200");
        return give_up(transport, OTTER_ERR_PROTOCOL);
    }
    return OTTER_AGAIN;
}

/* @return OTTER_AGAIN, OTTER_ERR_JOB_TOO_BIG */
static enum otter_result gather_document(struct otter_http_transport *transport)
{
    const struct otter_http_transport_config *config = transport->config;
    size_t received;

    do {
        received = otter_http_read(transport, config->buffer + transport->have,
                                   OTTER_JOB_DOCUMENT_MAX + 1u - transport->have);
        transport->have += received;
        if (transport->have > OTTER_JOB_DOCUMENT_MAX) {
            return give_up(transport, OTTER_ERR_JOB_TOO_BIG);
        }
    } while (received > 0);
    return OTTER_AGAIN;
}

static enum otter_result read_document(struct otter_http_transport *transport,
                                       struct otter_job *job)
{
    const char *field;
    const enum otter_result result =
        otter_job_parse((const char *)transport->config->buffer, transport->have, job, &field);

    otter_http_set_detail(transport, field);
    if (result != OTTER_OK) {
        return result;
    }
    memcpy(transport->file, job->file, sizeof transport->file);
    return otter_version_compare(&job->version, &transport->identity->version) == 0
               ? OTTER_NO_UPDATE
               : OTTER_OK;
}

static enum otter_result step(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct otter_http_transport *transport = self;
    struct otter_http_event event;
    enum otter_result result = otter_http_converse(transport, now_ms, &event);

    if (result == OTTER_OK && event.kind == OTTER_HTTP_RESPONSE) {
        return begin_document(transport, event.response);
    }
    if (result == OTTER_OK && event.kind == OTTER_HTTP_END) {
        return read_document(transport, job);
    }
    if (result == OTTER_OK && transport->in_answer) {
        return gather_document(transport);
    }
    if (result == OTTER_OK && transport->asked_count == 0) {
        result = send_question(transport);
    }
    return result == OTTER_OK ? OTTER_AGAIN : give_up(transport, result);
}

/* Reporting ----------------------------------------------------------------------------------- */

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms)
{
    struct otter_http_transport *transport = self;

    (void)now_ms;
    transport->identity = identity;
    transport->is_conversing = true;
    transport->report = *report;
    return otter_http_turn_to(transport, NULL, transport->config->result_path);
}

static enum otter_result send_report(struct otter_http_transport *transport)
{
    char buffer[REPORT_SIZE];
    struct otter_text message;

    otter_text_init(&message, buffer, sizeof buffer);
    otter_message_report(&message, transport->identity, "File", transport->file,
                         &transport->report);
    if (message.truncated) {
        otter_http_set_detail(transport, "the device's names do not fit a report");
        return OTTER_ERR_NO_SPACE;
    }
    return otter_http_ask(transport, &(struct otter_http_request){
                                         .path = transport->path,
                                         .body = buffer,
                                         .body_size = message.length,
                                     });
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    struct otter_http_transport *transport = self;
    struct otter_http_event event;
    enum otter_result result = otter_http_converse(transport, now_ms, &event);

    if (result == OTTER_OK && event.kind == OTTER_HTTP_RESPONSE) {
        /* What else the server says to it does not matter. */
        result = otter_http_judge(transport, event.response);
        return result == OTTER_OK ? OTTER_OK : give_up(transport, result);
    }
    if (result == OTTER_OK && transport->asked_count == 0) {
        result = send_report(transport);
    }
    return result == OTTER_OK ? OTTER_AGAIN : give_up(transport, result);
}

static void close(void *self)
{
    struct otter_http_transport *transport = self;

    transport->is_conversing = false;
    otter_http_disconnect(transport);
}

struct otter_job_source otter_http_job_source(struct otter_http_transport *transport)
{
    static const struct otter_job_source_ops ops = {
        .ask = ask,
        .step = step,
        .report = report,
        .report_step = report_step,
        .close = close,
        .explain = otter_http_explain,
    };

    return (struct otter_job_source){ &ops, transport };
}
