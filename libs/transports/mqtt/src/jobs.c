/* SPDX-License-Identifier: Apache-2.0 */

/* The job source: one question, one answer; one report, one receipt.
 *
 * A report counts as delivered when the broker has it. The publisher's "Result Received" is waited
 * for only shortly: old publishers may not send it, and nothing depends on it. */

#include <stddef.h>

#include "connection.h"
#include "messages.h"
#include "otter/message.h"

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    struct otter_mqtt_transport *transport = self;

    otter_mqtt_skip_message(transport);
    transport->sent = 0;
    return otter_mqtt_connect(transport, identity, NULL, now_ms);
}

/* Send @p message once; a full queue is tried again with the next step. */
static enum otter_result send_once(struct otter_mqtt_transport *transport,
                                   const struct otter_text *message, uint32_t now_ms)
{
    const int packet = otter_mqtt_send(transport, message);

    if (packet < 0) {
        return (enum otter_result)packet;
    }
    transport->sent = (uint16_t)packet;
    transport->since_ms = now_ms;
    return OTTER_OK;
}

static enum otter_result send_question(struct otter_mqtt_transport *transport, uint32_t now_ms)
{
    char buffer[MESSAGE_SIZE];
    struct otter_text message;

    otter_text_init(&message, buffer, sizeof buffer);
    otter_mqtt_write_request(&message, "Update Availability", transport->identity,
                             transport->topic);
    return send_once(transport, &message, now_ms);
}

static bool is_document(const struct otter_mqtt_transport *transport, const char *message)
{
    return otter_job_has_message((const char *)transport->config->buffer, transport->have, message);
}

static enum otter_result read_answer(struct otter_mqtt_transport *transport, struct otter_job *job)
{
    const char *field;
    enum otter_result result;

    /* A receipt that comes late belongs to an earlier report; an empty message says nothing. */
    if (transport->have == 0 || is_document(transport, "Result Received")) {
        return OTTER_AGAIN;
    }
    result = otter_job_parse((const char *)transport->config->buffer, transport->have, job, &field);
    otter_mqtt_set_detail(transport, field);
    return result;
}

/* The connection failed: end it, so that the next call begins with a new one. */
static enum otter_result give_up(struct otter_mqtt_transport *transport, enum otter_result result)
{
    otter_mqtt_disconnect(transport);
    return result;
}

static enum otter_result step(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct otter_mqtt_transport *transport = self;
    enum otter_result result = otter_mqtt_converse(transport, now_ms);

    if (result == OTTER_OK && transport->sent == 0) {
        result = send_question(transport, now_ms);
    }
    if (result != OTTER_OK) {
        return result == OTTER_AGAIN ? OTTER_AGAIN : give_up(transport, result);
    }
    result = otter_mqtt_gather_document(transport);
    if (result == OTTER_OK) {
        result = read_answer(transport, job);
    }
    if (result == OTTER_AGAIN && transport->sent != 0
        && otter_mqtt_has_passed(now_ms, transport->since_ms, transport->config->job_timeout_ms)) {
        otter_mqtt_set_detail(transport, "no publisher answered");
        return give_up(transport, OTTER_ERR_TIMEOUT);
    }
    return result;
}

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms)
{
    struct otter_mqtt_transport *transport = self;

    otter_mqtt_skip_message(transport);
    transport->report = *report;
    transport->sent = 0;
    transport->acknowledged = false;
    return otter_mqtt_connect(transport, identity, NULL, now_ms);
}

static enum otter_result send_report(struct otter_mqtt_transport *transport, uint32_t now_ms)
{
    char buffer[MESSAGE_SIZE];
    struct otter_text message;

    otter_text_init(&message, buffer, sizeof buffer);
    otter_message_report(&message, transport->identity, "UniqueTopicName", transport->topic,
                         &transport->report);
    return send_once(transport, &message, now_ms);
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    struct otter_mqtt_transport *transport = self;
    const bool was_acknowledged = transport->acknowledged;
    enum otter_result result = otter_mqtt_converse(transport, now_ms);

    if (result == OTTER_OK && transport->sent == 0) {
        result = send_report(transport, now_ms);
    }
    if (result != OTTER_OK) {
        return result == OTTER_AGAIN ? OTTER_AGAIN : give_up(transport, result);
    }
    if (otter_mqtt_gather_document(transport) == OTTER_OK
        && is_document(transport, "Result Received")) {
        return OTTER_OK;
    }
    if (!transport->acknowledged) {
        return OTTER_AGAIN;
    }
    if (!was_acknowledged) {
        transport->since_ms = now_ms;
    }
    return now_ms - transport->since_ms < transport->config->result_timeout_ms ? OTTER_AGAIN
                                                                               : OTTER_OK;
}

static void close(void *self)
{
    otter_mqtt_disconnect(self);
}

struct otter_job_source otter_mqtt_job_source(struct otter_mqtt_transport *transport)
{
    static const struct otter_job_source_ops ops = {
        .ask = ask,
        .step = step,
        .report = report,
        .report_step = report_step,
        .close = close,
        .explain = otter_mqtt_explain,
    };

    return (struct otter_job_source){ &ops, transport };
}
