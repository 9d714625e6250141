/* SPDX-License-Identifier: Apache-2.0 */

/* A question and its answer. Each sending has a client token of its own, so that an answer that comes
 * late, after the question was put again, is not taken for the new one; what it did at the service shows
 * in the next answer, as an execution whose version is higher than expected.
 *
 * A rejection is no failure by itself: a table says what each code means for an update. */

#include "exchange.h"

#include <string.h>

#include "connection.h"
#include "document.h"
#include "otter/log.h"
#include "topics.h"

#define PAUSE_MS     1000u
#define PAUSE_MAX_MS 30000u

enum question { QUESTION_NONE, QUESTION_GET, QUESTION_UPDATE };

/* Asking ------------------------------------------------------------------------------------- */

static void begin(struct otter_aws_transport *transport, enum question question)
{
    transport->exchange = (struct otter_aws_exchange){ .kind = (uint8_t)question };
}

void otter_aws_ask(struct otter_aws_transport *transport)
{
    begin(transport, QUESTION_GET);
    transport->has_news = false;
    transport->is_stale = false;
    transport->is_cancelled = false;
}

void otter_aws_tell(struct otter_aws_transport *transport, enum aws_moment moment)
{
    begin(transport, QUESTION_UPDATE);
    transport->exchange.moment = (uint8_t)moment;
}

bool otter_aws_has_question(const struct otter_aws_transport *transport)
{
    return transport->exchange.kind != QUESTION_NONE;
}

bool otter_aws_is_asking(const struct otter_aws_transport *transport)
{
    return transport->exchange.kind == QUESTION_GET;
}

void otter_aws_forget_question(struct otter_aws_transport *transport)
{
    begin(transport, QUESTION_NONE);
}

static void write_question(const struct otter_aws_transport *transport, struct otter_text *topic,
                           struct otter_text *message)
{
    if (transport->exchange.kind == QUESTION_GET) {
        otter_aws_write_get_topic(topic, transport);
        otter_aws_write_get(message, transport);
    } else {
        otter_aws_write_update_topic(topic, transport);
        otter_aws_write_update(message, transport);
    }
}

static enum otter_result send(struct otter_aws_transport *transport, uint32_t now_ms)
{
    struct otter_aws_exchange *exchange = &transport->exchange;
    char topic_buffer[OTTER_AWS_TOPIC_SIZE];
    char message_buffer[OTTER_AWS_MESSAGE_SIZE];
    struct otter_text topic;
    struct otter_text message;
    int packet;

    otter_text_init(&topic, topic_buffer, sizeof topic_buffer);
    otter_text_init(&message, message_buffer, sizeof message_buffer);
    exchange->number = transport->questions + 1;
    write_question(transport, &topic, &message);
    packet = otter_aws_publish(transport, &topic, message.buffer, message.length);
    if (packet < 0) {
        return (enum otter_result)packet;
    }
    if (packet > 0) {
        transport->questions++;
        exchange->tries++;
        exchange->is_sent = true;
        exchange->since_ms = now_ms;
    }
    return OTTER_AGAIN;
}

static enum otter_result finish(struct otter_aws_transport *transport, enum otter_result result)
{
    begin(transport, QUESTION_NONE);
    return result;
}

/* An answer that does not come in time may be lost; the question is put again. */
static enum otter_result watch_clock(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const struct otter_aws_transport_config *config = transport->config;
    struct otter_aws_exchange *exchange = &transport->exchange;

    if (now_ms - exchange->since_ms < config->request_timeout_ms) {
        return OTTER_AGAIN;
    }
    if (exchange->tries < config->request_tries) {
        exchange->is_sent = false;
        exchange->pause_ms = 0;
        return OTTER_AGAIN;
    }
    otter_aws_set_detail(transport, "the jobs service does not answer", "");
    return finish(transport, OTTER_ERR_TIMEOUT);
}

enum otter_result otter_aws_pursue(struct otter_aws_transport *transport, uint32_t now_ms)
{
    struct otter_aws_exchange *exchange = &transport->exchange;

    if (exchange->is_over) {
        return finish(transport, exchange->result);
    }
    if (exchange->is_sent) {
        return watch_clock(transport, now_ms);
    }
    if (exchange->pause_ms != 0 && now_ms - exchange->since_ms < exchange->pause_ms) {
        return OTTER_AGAIN;
    }
    return send(transport, now_ms);
}

/* Answers ------------------------------------------------------------------------------------ */

static void end(struct otter_aws_transport *transport, enum otter_result result)
{
    transport->exchange.is_over = true;
    transport->exchange.result = result;
}

/* Put it again, at once. */
static void repeat(struct otter_aws_transport *transport)
{
    transport->exchange.is_sent = false;
    transport->exchange.pause_ms = 0;
}

/* Put it again after a while that doubles, of which the last half is left to chance. */
static void repeat_later(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const struct otter_aws_transport_config *config = transport->config;
    struct otter_aws_exchange *exchange = &transport->exchange;
    uint32_t pause_ms = PAUSE_MS;

    for (uint8_t i = 1; i < exchange->tries && pause_ms < PAUSE_MAX_MS; i++) {
        pause_ms *= 2;
    }
    pause_ms = pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
    exchange->is_sent = false;
    exchange->since_ms = now_ms;
    exchange->pause_ms = pause_ms / 2 + config->random(config->context) % (pause_ms / 2);
}

static bool is_for_this_question(const struct otter_aws_transport *transport,
                                 const struct aws_document *document)
{
    char token[32];
    struct otter_text text;

    otter_text_init(&text, token, sizeof token);
    otter_aws_write_token(&text, transport->nonce, transport->exchange.number);
    return otter_aws_says(document, "clientToken", token);
}

/* A mistake of ours, or one that we do not know: to repeat it would not help. */
static void explain_refusal(struct otter_aws_transport *transport,
                            const struct aws_document *document)
{
    char message[100];

    otter_aws_copy(document, "message", message, sizeof message);
    otter_aws_set_detail(transport, "the jobs service refuses this: ", message);
    end(transport, OTTER_ERR_PROTOCOL);
}

/* ---- of a question for the next execution ---- */

static bool is_same_execution(const struct otter_aws_execution *a,
                              const struct otter_aws_execution *b)
{
    return a->exists == b->exists && a->number == b->number && strcmp(a->job, b->job) == 0;
}

static bool is_same_file(const struct otter_job_file *a, const struct otter_job_file *b)
{
    return a->size == b->size && a->image == b->image && a->signature_size == b->signature_size
           && memcmp(a->signature, b->signature, a->signature_size) == 0;
}

/* Whether they are fetched by another URL does not matter. */
static bool has_same_files(const struct otter_aws_execution *a, const struct otter_aws_execution *b)
{
    if (a->file_count != b->file_count) {
        return false;
    }
    for (uint8_t i = 0; i < a->file_count; i++) {
        if (!is_same_file(&a->files[i], &b->files[i])) {
            return false;
        }
    }
    return true;
}

static void adopt(struct otter_aws_transport *transport, const struct otter_aws_execution *found)
{
    struct otter_aws_execution *present = &transport->execution;

    transport->is_fresh = true;
    transport->is_same = is_same_execution(present, found)
                         && (!found->has_document || has_same_files(present, found));
    if (strcmp(present->job, found->job) != 0 || strcmp(present->stream, found->stream) != 0) {
        otter_aws_forget_topics(transport);
    }
    *present = *found;
}

static void take_execution(struct otter_aws_transport *transport,
                           const struct aws_document *document)
{
    struct otter_aws_execution found;

    transport->document = otter_aws_read_execution(transport, document, &found);
    if (transport->document == OTTER_OK && found.exists && transport->exchange.is_lean) {
        transport->document = OTTER_ERR_JOB_TOO_BIG;
    }
    adopt(transport, &found);
    end(transport, OTTER_OK);
}

static void refuse_get(struct otter_aws_transport *transport, const struct aws_document *document,
                       uint32_t now_ms)
{
    const struct otter_aws_execution none = { .exists = false };

    if (otter_aws_says(document, "code", "RequestThrottled")
        || otter_aws_says(document, "code", "InternalError")) {
        repeat_later(transport, now_ms);
    } else if (otter_aws_says(document, "code", "ResourceNotFound")
               || otter_aws_says(document, "code", "TerminalStateReached")) {
        adopt(transport, &none);
        end(transport, OTTER_OK);
    } else {
        explain_refusal(transport, document);
    }
}

/* ---- of an update ---- */

static void accept_update(struct otter_aws_transport *transport)
{
    struct otter_aws_execution *execution = &transport->execution;

    execution->version++;
    execution->is_in_progress = true;
    execution->exists = strcmp(otter_aws_status(transport), "IN_PROGRESS") == 0;
    end(transport, OTTER_OK);
}

/* Somebody else was quicker: perhaps the same update, whose answer was lost. */
static void compare_states(struct otter_aws_transport *transport,
                           const struct aws_document *document)
{
    struct otter_aws_execution *execution = &transport->execution;
    char status[16];

    if (!otter_aws_read_state(document, execution, status, sizeof status)) {
        end(transport, OTTER_ERR_PROTOCOL);
        return;
    }
    execution->is_in_progress = strcmp(status, "IN_PROGRESS") == 0;
    if (execution->is_in_progress || strcmp(status, "QUEUED") == 0) {
        repeat(transport);
        return;
    }
    execution->exists = false;
    end(transport,
        strcmp(status, otter_aws_status(transport)) == 0 ? OTTER_OK : OTTER_ERR_JOB_CANCELLED);
}

static void lose_execution(struct otter_aws_transport *transport)
{
    transport->execution.exists = false;
    end(transport, OTTER_ERR_JOB_CANCELLED);
}

static void refuse_update(struct otter_aws_transport *transport,
                          const struct aws_document *document, uint32_t now_ms)
{
    if (otter_aws_says(document, "code", "VersionMismatch")
        || otter_aws_says(document, "code", "InvalidStateTransition")) {
        compare_states(transport, document);
    } else if (otter_aws_says(document, "code", "ResourceNotFound")
               || otter_aws_says(document, "code", "TerminalStateReached")) {
        lose_execution(transport);
    } else if (otter_aws_says(document, "code", "RequestThrottled")
               || otter_aws_says(document, "code", "InternalError")) {
        repeat_later(transport, now_ms);
    } else {
        explain_refusal(transport, document);
    }
}

/* ---- all ---- */

static void use_answer(struct otter_aws_transport *transport, const struct aws_document *document,
                       uint32_t now_ms)
{
    switch (transport->message) {
    case AWS_GET_ACCEPTED:
        take_execution(transport, document);
        return;
    case AWS_GET_REJECTED:
        refuse_get(transport, document, now_ms);
        return;
    case AWS_UPDATE_ACCEPTED:
        accept_update(transport);
        return;
    default:
        refuse_update(transport, document, now_ms);
        return;
    }
}

static bool is_about(const struct otter_aws_transport *transport, enum question question)
{
    const bool is_get =
        transport->message == AWS_GET_ACCEPTED || transport->message == AWS_GET_REJECTED;

    return is_get == (question == QUESTION_GET);
}

static bool awaits_answer(const struct otter_aws_transport *transport)
{
    const struct otter_aws_exchange *exchange = &transport->exchange;

    return exchange->is_sent && !exchange->is_over
           && is_about(transport, (enum question)exchange->kind);
}

/* What is put again and again comes to an end too. */
static void limit_repetition(struct otter_aws_transport *transport)
{
    const struct otter_aws_exchange *exchange = &transport->exchange;

    if (!exchange->is_over && !exchange->is_sent
        && exchange->tries >= transport->config->request_tries) {
        otter_aws_set_detail(transport, "the jobs service wants to be asked later", "");
        end(transport, OTTER_ERR_SERVER);
    }
}

void otter_aws_take_answer(struct otter_aws_transport *transport, uint32_t now_ms)
{
    struct aws_document document;

    if (!awaits_answer(transport)) {
        return;
    }
    if (!otter_aws_parse(transport, &document)) {
        otter_aws_note_too_long(transport);
        return;
    }
    if (!is_for_this_question(transport, &document)) {
        otter_log(OTTER_LOG_DEBUG, OTTER_LOG_TRANSPORT, "an answer that nobody waits for");
        return;
    }
    use_answer(transport, &document, now_ms);
    limit_repetition(transport);
}

/* Whoever is the next one is who it was; its document may have a new URL, which is not needed now. */
void otter_aws_take_notification(struct otter_aws_transport *transport, uint32_t now_ms)
{
    struct aws_document document;
    struct otter_aws_execution next;

    (void)now_ms;
    transport->has_news = true;
    if (!otter_aws_parse(transport, &document)) {
        transport->is_stale = true;
        return;
    }
    otter_aws_read_head(&document, &next);
    transport->is_cancelled = !is_same_execution(&transport->execution, &next);
}

void otter_aws_note_too_long(struct otter_aws_transport *transport)
{
    if (transport->message == AWS_GET_ACCEPTED && awaits_answer(transport)) {
        transport->exchange.is_lean = true;
        repeat(transport);
        limit_repetition(transport);
    }
    if (transport->message == AWS_NOTIFICATION) {
        transport->has_news = true;
        transport->is_stale = true;
    }
}
