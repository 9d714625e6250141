/* SPDX-License-Identifier: Apache-2.0 */

/* The publisher: a table says which message gets which treatment. A request says all that is needed
 * to answer it: where to answer, and, in the words of the job, which image; so several publishers can
 * share the devices of one broker. Where it does not say, the session remembers the image that the
 * device was offered. Versions decide nothing: the later messages of old devices name one that may be
 * the running or the offered one.
 *
 * Chunks are sent in turns. Each device has a few on their way to the broker at a time, all devices
 * together have PUBLISHER_WINDOW; each acknowledgement of the broker makes room for the next one. */

#include "publisher.h"

#include <stdio.h>
#include <string.h>

#include "chunk.h"
#include "otter/job.h"

#define REQUEST_LEVEL "/publish_notify"
#define DIRECT_LEVEL  "/OTAImage"
#define ANSWER        (-1) /* in place of a row in a ticket */

/* A request on its way through the publisher. */
struct visit {
    struct publisher *publisher;
    const struct request *request;
    struct session *session; /* NULL: the request names no topic of its own */
    const char *board;       /* from the topic: the BoardName of old devices is a fixed text */
    const char *device;
};

/* --- what is told ------------------------------------------------------------------------------- */

static void tell(const struct publisher *publisher, const struct publisher_event *event)
{
    publisher->config->event(publisher->config->context, event);
}

static void problem(const struct visit *visit, const char *reason)
{
    tell(visit->publisher, &(struct publisher_event){ .kind = PUBLISHER_PROBLEM,
                                                      .board = visit->board,
                                                      .device = visit->device,
                                                      .request = visit->request,
                                                      .reason = reason });
}

static void session_problem(const struct publisher *publisher, const struct session *session,
                            const char *reason)
{
    tell(publisher, &(struct publisher_event){ .kind = PUBLISHER_PROBLEM,
                                               .board = session->board,
                                               .device = session->device,
                                               .reason = reason });
}

static void tell_progress(const struct publisher *publisher, struct session *session, uint32_t end)
{
    const struct offer *offer = session->offer;
    uint32_t before = session->reached;

    session->reached = end;
    tell(publisher, &(struct publisher_event){ .kind = PUBLISHER_PROGRESS,
                                               .board = session->board,
                                               .device = session->device,
                                               .version = offer->version,
                                               .image_name = offer->name,
                                               .before = before,
                                               .done = end,
                                               .total = offer->size });
}

/* --- what goes out ------------------------------------------------------------------------------ */

/* Hand a message to the broker. @return false if that is not possible */
static bool send_message(struct publisher *publisher, struct publisher_ticket ticket,
                         const char *topic, const void *bytes, size_t len)
{
    const struct publisher_config *config = publisher->config;
    int number = config->send(config->context, topic, bytes, len);

    if (number < 0 || number >= PUBLISHER_TICKETS) {
        return false;
    }
    publisher->in_flight += !publisher->tickets[number].is_used;
    ticket.is_used = true;
    publisher->tickets[number] = ticket;
    return true;
}

static void send_text(const struct visit *visit, const char *text)
{
    if (!send_message(visit->publisher, (struct publisher_ticket){ .row = ANSWER },
                      visit->request->topic, text, strlen(text))) {
        problem(visit, "the answer cannot be sent");
    }
}

static void send_answer(const struct visit *visit, const char *message)
{
    cJSON *json = cJSON_CreateObject();
    char *text;

    (void)cJSON_AddStringToObject(json, "Message", message);
    (void)cJSON_AddStringToObject(json, "UniqueTopicName", visit->request->topic);
    text = cJSON_PrintUnformatted(json);
    if (text != NULL) {
        send_text(visit, text);
    }
    cJSON_free(text);
    cJSON_Delete(json);
}

/* @p chunk_size is what the chunk is counted by; the last one of an image is shorter. */
static bool send_chunk(struct publisher *publisher, struct session *session, uint32_t offset,
                       uint32_t chunk_size)
{
    static uint8_t message[CHUNK_HEADER_SIZE + CHUNK_DATA_MAX];
    const struct offer *offer = session->offer;
    uint32_t left = offer->size - offset;
    uint32_t size = left < chunk_size ? left : chunk_size;
    const struct chunk_header header = {
        .version = offer->version,
        .total = offer->size,
        .offset = offset,
        .size = (uint16_t)size,
        .count = (uint16_t)chunk_count(offer->size, chunk_size),
        .index = (uint16_t)(offset / chunk_size),
    };
    const struct publisher_ticket ticket = { .row = session_number(&publisher->sessions, session),
                                             .life = session->life };

    chunk_encode(&header, message);
    memcpy(message + CHUNK_HEADER_SIZE, offer->image.bytes + offset, size);
    if (!send_message(publisher, ticket, session->topic, message, CHUNK_HEADER_SIZE + size)) {
        return false;
    }
    session->in_flight++;
    if (offset + size > session->reached) {
        tell_progress(publisher, session, offset + size);
    }
    return true;
}

/* --- turns -------------------------------------------------------------------------------------- */

static void begin_stream(struct session *session)
{
    session->is_streaming = true;
    session->again = false;
    session->next = 0;
    session->reached = 0;
}

static void end_work(struct session *session)
{
    session->is_streaming = false;
    session->again = false;
    session->wanted_count = 0;
}

static struct session_range next_wanted(struct session *session)
{
    struct session_range range = session->wanted[session->first_wanted];

    session->first_wanted = (uint8_t)((session->first_wanted + 1) % SESSION_WANTED);
    session->wanted_count--;
    session->told_flood = session->told_flood && session->wanted_count > 0;
    return range;
}

static struct session_range next_of_stream(struct session *session, uint32_t chunk_size)
{
    struct session_range range = { .offset = session->next, .size = chunk_size };
    uint32_t left = session->offer->size - session->next;

    if (left > chunk_size) {
        session->next += chunk_size;
    } else if (session->again) {
        begin_stream(session);
    } else {
        session->is_streaming = false;
    }
    return range;
}

/* What was asked for by name comes first: a device that streams asks for what it missed. */
static void take_turn(struct publisher *publisher, struct session *session)
{
    struct session_range range = session->wanted_count > 0
                                     ? next_wanted(session)
                                     : next_of_stream(session, publisher->config->chunk_size);

    if (!send_chunk(publisher, session, range.offset, range.size)) {
        end_work(session);
        session_problem(publisher, session, "the image cannot be sent any more");
    }
}

static enum session_state state_of(const struct session *session)
{
    if (!session->is_streaming && session->wanted_count == 0) {
        return SESSION_IDLE;
    }
    return session->in_flight < SESSION_WINDOW ? SESSION_READY : SESSION_WAITING;
}

/* Into the list that it belongs into; where it is there already, it keeps its place. */
static void settle(struct publisher *publisher, struct session *session)
{
    if (session->state != state_of(session)) {
        session_move(&publisher->sessions, session, state_of(session));
    }
}

static void give_turns(struct publisher *publisher)
{
    struct session *session;

    while (publisher->is_connected && publisher->in_flight < PUBLISHER_WINDOW
           && (session = session_first_ready(&publisher->sessions)) != NULL) {
        take_turn(publisher, session);
        session_move(&publisher->sessions, session, state_of(session)); /* behind the others */
    }
}

/* --- which image -------------------------------------------------------------------------------- */

/* The image that a request is about: the one that it names; or that its device was offered; or the
 * newest for its board, as a device in direct flow asks for no job. */
static struct offer *find_offer(const struct visit *visit, const struct session *session)
{
    struct catalogue *catalogue = visit->publisher->catalogue;
    const char *file = visit->request->file;
    bool is_exact = strchr(file, '@') != NULL;
    struct offer *offer = session->offer;

    if (offer != NULL && (!is_exact || strcmp(offer->id, file) == 0)) {
        return offer;
    }
    if (*file != '\0') {
        offer = catalogue_named(catalogue, visit->board, file);
    }
    if (offer == NULL && is_exact) {
        problem(visit, "the image that it was offered is not in the catalogue any more");
        return NULL;
    }
    if (offer == NULL) {
        offer = catalogue_newest(catalogue, visit->board, NULL);
    }
    if (offer == NULL) {
        problem(visit, "there is no image for its board");
    }
    return offer;
}

/* Have @p session serve the image of the request. */
static bool choose_image(const struct visit *visit, struct session *session)
{
    struct offer *offer = find_offer(visit, session);

    if (offer == NULL) {
        return false;
    }
    if (!offer_is_here(offer)) {
        problem(visit, "its job sends it to another server");
        return false;
    }
    if (!offer_load(offer)) {
        problem(visit, "the image cannot be read");
        return false;
    }
    if (session->offer != offer) {
        session_set_offer(session, offer);
    }
    return true;
}

static void stream_to(const struct visit *visit, struct session *session)
{
    if (!choose_image(visit, session)) {
        return;
    }
    if (chunk_count(session->offer->size, visit->publisher->config->chunk_size) > CHUNK_COUNT_MAX) {
        problem(visit, "the image has more chunks than a header can count; raise --chunk-size");
        return;
    }
    begin_stream(session);
    settle(visit->publisher, session);
}

/* --- one function a message --------------------------------------------------------------------- */

static void offer_to_device(const struct visit *visit, struct offer *offer)
{
    char *job = NULL;

    if (!offer_is_here(offer) || offer_load(offer)) {
        job = offer_job_for(offer, visit->request->topic);
    }
    if (job == NULL) {
        problem(visit, "the image cannot be read");
        send_answer(visit, "No Update Available");
    } else if (strlen(job) > OTTER_JOB_DOCUMENT_MAX) {
        problem(visit, "the job for it is longer than the 1024 bytes that a device takes");
        send_answer(visit, "No Update Available");
    } else {
        session_set_offer(visit->session, offer);
        tell(visit->publisher, &(struct publisher_event){ .kind = PUBLISHER_OFFERED,
                                                          .board = visit->board,
                                                          .device = visit->device,
                                                          .request = visit->request,
                                                          .version = offer->version,
                                                          .image_name = offer->name,
                                                          .total = offer->size });
        send_text(visit, job);
    }
    cJSON_free(job);
}

static void answer_availability(const struct visit *visit)
{
    const struct request *request = visit->request;
    bool any = visit->publisher->config->offer_always || !request->has_version;
    struct offer *offer =
        catalogue_newest(visit->publisher->catalogue, visit->board, any ? NULL : &request->version);

    session_reset(&visit->publisher->sessions, visit->session);
    if (offer != NULL) {
        offer_to_device(visit, offer);
        return;
    }
    tell(visit->publisher, &(struct publisher_event){ .kind = PUBLISHER_NOTHING,
                                                      .board = visit->board,
                                                      .device = visit->device,
                                                      .request = request });
    send_answer(visit, "No Update Available");
}

static void send_whole_image(const struct visit *visit)
{
    stream_to(visit, visit->session);
}

static bool wants_already(const struct session *session, struct session_range range)
{
    for (unsigned i = 0; i < session->wanted_count; i++) {
        const struct session_range *wanted =
            &session->wanted[(session->first_wanted + i) % SESSION_WANTED];

        if (wanted->offset == range.offset && wanted->size == range.size) {
            return true;
        }
    }
    return false;
}

static void want(const struct visit *visit, struct session_range range)
{
    struct session *session = visit->session;

    if (wants_already(session, range)) {
        return; /* it was impatient */
    }
    if (session->wanted_count < SESSION_WANTED) {
        session->wanted[(session->first_wanted + session->wanted_count++) % SESSION_WANTED] = range;
        settle(visit->publisher, session);
    } else if (!session->told_flood) {
        session->told_flood = true;
        problem(visit, "it asks for chunks faster than the broker takes them");
    }
}

static void send_one_chunk(const struct visit *visit)
{
    const struct request *request = visit->request;
    /* Old devices ask for their last, shorter chunk with a size of -1. */
    int64_t size =
        request->size == -1 ? (int64_t)visit->publisher->config->chunk_size : request->size;

    if (size < 1 || size > CHUNK_DATA_MAX) {
        problem(visit, "its Size is not within 1..65535");
        return;
    }
    if (!choose_image(visit, visit->session)) {
        return;
    }
    if (request->offset < 0 || request->offset >= (int64_t)visit->session->offer->size) {
        problem(visit, "its Offset is not inside the image");
        return;
    }
    if (chunk_count(visit->session->offer->size, (uint32_t)size) > CHUNK_COUNT_MAX) {
        problem(visit, "its Size makes more chunks than a header can count");
        return;
    }
    want(visit, (struct session_range){ (uint32_t)request->offset, (uint32_t)size });
}

static void take_result(const struct visit *visit)
{
    tell(visit->publisher,
         &(struct publisher_event){ .kind = PUBLISHER_RESULT,
                                    .board = visit->board,
                                    .device = visit->device,
                                    .request = visit->request,
                                    .succeeded = strcmp(visit->request->message, "Success") == 0 });
    session_reset(&visit->publisher->sessions, visit->session);
    send_answer(visit, "Result Received");
}

/* Its serial number, or the end of its topic. */
static const char *name_of(const struct request *request)
{
    const char *last = strrchr(request->topic, '/');

    if (*request->serial != '\0') {
        return request->serial;
    }
    return last != NULL ? last + 1 : "a device";
}

/* The row for @p topic, named as its device is. */
static struct session *claim(const struct visit *visit, const char *topic)
{
    struct session *session = session_claim(&visit->publisher->sessions, topic);

    if (session == NULL) {
        return NULL;
    }
    (void)snprintf(session->board, sizeof session->board, "%s", visit->board);
    if (session->device[0] == '\0' || *visit->request->serial != '\0') {
        (void)snprintf(session->device, sizeof session->device, "%.*s", SESSION_DEVICE_SIZE - 1,
                       name_of(visit->request));
    }
    return session;
}

/* Everybody listens on the direct topic, so a stream that runs is not disturbed by a late comer. */
static void send_to_direct_topic(const struct visit *visit)
{
    struct session_table *sessions = &visit->publisher->sessions;
    char topic[REQUEST_TOPIC_SIZE];
    struct session *session;

    (void)snprintf(topic, sizeof topic, "%s/%s" DIRECT_LEVEL,
                   visit->publisher->config->topic_prefix, visit->board);
    session = claim(visit, topic);
    if (session == NULL) {
        problem(visit, "too many downloads run at once");
    } else if (session->is_streaming) {
        session->again = true;
    } else if (!session_may_answer(sessions, session)) {
        problem(visit, "it asks too often");
    } else {
        session_reset(sessions, session); /* there may be a newer image by now */
        stream_to(visit, session);
    }
}

/* --- what comes in ------------------------------------------------------------------------------ */

struct rule {
    const char *message;
    bool needs_topic; /* answers go to the device's own topic */
    bool is_rationed; /* a device sends it a few times an hour */
    void (*serve)(const struct visit *visit);
};

static const struct rule rules[] = {
    { "Update Availability", true, true, answer_availability },
    { "Request Update", true, true, send_whole_image },
    { "Request Data Chunk", true, false, send_one_chunk },
    { "Send Direct Update", false, false, send_to_direct_topic },
    { "Success", true, true, take_result },
    { "Failure", true, true, take_result },
};

static const struct rule *find_rule(const char *message)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(message, rules[i].message) == 0) {
            return &rules[i];
        }
    }
    return NULL;
}

/* The board of "<prefix>/<board>/publish_notify"; false for any other topic. */
static bool board_of_topic(const char *topic, const char *prefix, char board[SESSION_BOARD_SIZE])
{
    size_t prefix_len = strlen(prefix);
    size_t board_len;

    if (strncmp(topic, prefix, prefix_len) != 0 || topic[prefix_len] != '/') {
        return false;
    }
    topic += prefix_len + 1;
    board_len = strcspn(topic, "/");
    if (board_len == 0 || board_len >= SESSION_BOARD_SIZE
        || strcmp(topic + board_len, REQUEST_LEVEL) != 0) {
        return false;
    }
    memcpy(board, topic, board_len);
    board[board_len] = '\0';
    return true;
}

/* NULL, or why nothing is sent there. A device answers for its own board only: who may publish
 * requests must not be able to make the publisher write to any topic of the broker. */
static const char *check_answer_topic(const char *topic, const char *prefix, const char *board)
{
    size_t prefix_len = strlen(prefix);
    size_t board_len = strlen(board);
    const char *rest;

    if (*topic == '\0') {
        return "its UniqueTopicName is missing";
    }
    if (strpbrk(topic, "#+") != NULL) {
        return "its UniqueTopicName has a wildcard";
    }
    if (strncmp(topic, prefix, prefix_len) != 0 || topic[prefix_len] != '/'
        || strncmp(topic + prefix_len + 1, board, board_len) != 0) {
        return "its UniqueTopicName is not below its board's topic";
    }
    rest = topic + prefix_len + 1 + board_len;
    if (*rest != '/' || strcmp(rest, REQUEST_LEVEL) == 0 || strcmp(rest, DIRECT_LEVEL) == 0) {
        return "its UniqueTopicName is not below its board's topic";
    }
    return NULL;
}

/* NULL, or why a request of a device with a topic of its own is not served. */
static const char *admit(struct visit *visit, const struct rule *rule)
{
    struct publisher *publisher = visit->publisher;
    const char *topic = visit->request->topic;
    const char *why = check_answer_topic(topic, publisher->config->topic_prefix, visit->board);

    if (why != NULL) {
        return why;
    }
    visit->session = claim(visit, topic);
    if (visit->session == NULL) {
        return "too many downloads run at once";
    }
    visit->device = visit->session->device;
    if (rule->is_rationed && !session_may_answer(&publisher->sessions, visit->session)) {
        return "it asks too often";
    }
    return NULL;
}

static void serve(struct visit *visit)
{
    const struct rule *rule = find_rule(visit->request->message);
    const char *why = NULL;

    if (rule == NULL) {
        why = *visit->request->message == '\0' ? "its Message is missing"
                                               : "its Message is none of the protocol's";
    } else if (visit->publisher->in_flight >= PUBLISHER_IN_FLIGHT_MAX) {
        why = "the broker does not keep up";
    } else if (rule->needs_topic) {
        why = admit(visit, rule);
    }
    if (why != NULL) {
        problem(visit, why);
    } else {
        rule->serve(visit);
    }
}

bool publisher_init(struct publisher *publisher, const struct publisher_config *config,
                    struct catalogue *catalogue)
{
    memset(publisher, 0, sizeof *publisher);
    publisher->config = config;
    publisher->catalogue = catalogue;
    return session_table_init(&publisher->sessions);
}

void publisher_step(struct publisher *publisher, uint64_t now_ms)
{
    publisher->sessions.now_ms = now_ms;
    session_expire(&publisher->sessions);
}

void publisher_handle(struct publisher *publisher, const char *topic, const void *payload,
                      size_t len)
{
    char board[SESSION_BOARD_SIZE] = "?";
    struct request request;
    struct visit visit = { .publisher = publisher, .board = board, .device = "?" };
    const char *why = NULL;

    if (!board_of_topic(topic, publisher->config->topic_prefix, board)) {
        why = "it came on a topic that is not asked for";
    } else {
        why = request_parse(payload, len, &request);
    }
    if (why != NULL) {
        problem(&visit, why);
        return;
    }
    visit.device = *request.serial != '\0' ? request.serial : "?";
    visit.request = &request;
    serve(&visit);
    give_turns(publisher);
}

/* The session whose chunk that was, or NULL. */
static struct session *take_ticket(struct publisher *publisher, int number)
{
    struct publisher_ticket *ticket;
    struct session *session;

    if (number < 0 || number >= PUBLISHER_TICKETS || !publisher->tickets[number].is_used) {
        return NULL;
    }
    ticket = &publisher->tickets[number];
    ticket->is_used = false;
    publisher->in_flight--;
    if (ticket->row == ANSWER) {
        return NULL;
    }
    session = &publisher->sessions.rows[ticket->row];
    return session->life == ticket->life ? session : NULL;
}

void publisher_acknowledged(struct publisher *publisher, int ticket, bool has_reader)
{
    struct session *session = take_ticket(publisher, ticket);

    if (session != NULL) {
        session->in_flight--;
        if (!has_reader && (session->is_streaming || session->wanted_count > 0)) {
            end_work(session);
            session_problem(publisher, session, "it has left before it had the image");
        }
        settle(publisher, session);
    }
    give_turns(publisher);
}

void publisher_connected(struct publisher *publisher)
{
    publisher->is_connected = true;
    give_turns(publisher);
}

/* A stream goes back to the first chunk that the broker may not have. Chunks that were asked for by
 * name are asked for again by who misses them. */
static void interrupt(struct publisher *publisher, struct session *session)
{
    uint32_t lost = session->in_flight * publisher->config->chunk_size;

    session->next = session->next > lost ? session->next - lost : 0;
    session->in_flight = 0;
    session->wanted_count = 0;
    session->life++;
    settle(publisher, session);
}

void publisher_disconnected(struct publisher *publisher)
{
    publisher->is_connected = false;
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        struct session *session = &publisher->sessions.rows[i];

        if (session->state != SESSION_FREE && session->in_flight > 0) {
            interrupt(publisher, session);
        }
    }
    memset(publisher->tickets, 0, sizeof publisher->tickets);
    publisher->in_flight = 0;
}

void publisher_free(struct publisher *publisher)
{
    session_table_free(&publisher->sessions);
}
