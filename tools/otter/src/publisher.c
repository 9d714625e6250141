/* SPDX-License-Identifier: Apache-2.0 */

/* The publisher: a table says which message gets which treatment. A device that asks gets a session,
 * which remembers the image that it was offered: the later messages of old devices name a version
 * that may be the running or the offered one, so nothing is decided by it.
 *
 * A whole image is streamed with a few messages on their way to the broker at a time; each
 * acknowledgement of the broker makes room for the next chunk. */

#include "publisher.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chunk.h"
#include "otter/job.h"

#define REQUEST_LEVEL "/publish_notify"
#define DIRECT_LEVEL  "/OTAImage"

/* A request on its way through the publisher. */
struct visit {
    struct publisher *publisher;
    const struct request *request;
    const char *board; /* from the topic: the BoardName of old devices is a fixed text */
    const char *device;
};

/* --- what goes out ------------------------------------------------------------------------------ */

static void problem(const struct visit *visit, const char *reason)
{
    const struct publisher_config *config = visit->publisher->config;

    config->event(config->context, &(struct publisher_event){ .kind = PUBLISHER_PROBLEM,
                                                              .board = visit->board,
                                                              .device = visit->device,
                                                              .request = visit->request,
                                                              .reason = reason });
}

static void send_answer(const struct visit *visit, const char *message)
{
    const struct publisher_config *config = visit->publisher->config;
    const char *topic = visit->request->topic;
    cJSON *json = cJSON_CreateObject();
    char *text;

    (void)cJSON_AddStringToObject(json, "Message", message);
    (void)cJSON_AddStringToObject(json, "UniqueTopicName", topic);
    text = cJSON_PrintUnformatted(json);
    if (text != NULL) {
        (void)config->send(config->context, topic, text, strlen(text));
    }
    cJSON_free(text);
    cJSON_Delete(json);
}

static void tell_progress(const struct publisher *publisher, struct session *session)
{
    uint32_t percent = (uint32_t)((uint64_t)session->reached * 100 / session->total);
    int quarters = (int)(percent / 25);
    bool crossed = quarters > session->told_quarters;

    if (crossed) {
        session->told_quarters = quarters;
    }
    publisher->config->event(publisher->config->context,
                             &(struct publisher_event){ .kind = PUBLISHER_PROGRESS,
                                                        .board = session->board,
                                                        .device = session->device,
                                                        .version = session->version,
                                                        .image_name = session->image_name,
                                                        .done = session->reached,
                                                        .total = session->total,
                                                        .percent = crossed ? quarters * 25 : -1 });
}

/* --- chunks ------------------------------------------------------------------------------------- */

/* @p chunk_size is what the chunk is counted by; the last one of an image is shorter. */
static int send_chunk(const struct publisher *publisher, struct session *session, uint32_t offset,
                      uint32_t chunk_size)
{
    static uint8_t message[CHUNK_HEADER_SIZE + CHUNK_DATA_MAX];
    uint32_t left = session->total - offset;
    uint32_t size = left < chunk_size ? left : chunk_size;
    struct chunk_header header = {
        .version = session->version,
        .total = session->total,
        .offset = offset,
        .size = (uint16_t)size,
        .count = (uint16_t)chunk_count(session->total, chunk_size),
        .index = (uint16_t)(offset / chunk_size),
    };
    int ticket;

    chunk_encode(&header, message);
    if (pread(session->file, message + CHUNK_HEADER_SIZE, size, (off_t)offset) != (ssize_t)size) {
        return -1;
    }
    ticket = publisher->config->send(publisher->config->context, session->topic, message,
                                     CHUNK_HEADER_SIZE + size);
    if (ticket >= 0 && offset + size > session->reached) {
        session->reached = offset + size;
        tell_progress(publisher, session);
    }
    return ticket;
}

static void begin_stream(struct session *session)
{
    session->is_streaming = true;
    session->again = false;
    session->next = 0;
    session->in_flight = 0;
    session->reached = 0;
    session->told_quarters = -1;
}

static void fail_stream(const struct publisher *publisher, struct session *session)
{
    session->is_streaming = false;
    publisher->config->event(
        publisher->config->context,
        &(struct publisher_event){ .kind = PUBLISHER_PROBLEM,
                                   .board = session->board,
                                   .device = session->device,
                                   .reason = "the image cannot be read or sent any more" });
}

/* Fill the window; end the stream when all of it has arrived at the broker. */
static void pump(const struct publisher *publisher, struct session *session)
{
    uint32_t chunk_size = publisher->config->chunk_size;

    while (session->next < session->total && session->in_flight < SESSION_WINDOW) {
        int ticket = send_chunk(publisher, session, session->next, chunk_size);

        if (ticket < 0) {
            fail_stream(publisher, session);
            return;
        }
        session->tickets[session->in_flight++] = ticket;
        session->next += chunk_size;
    }
    if (session->in_flight > 0) {
        return;
    }
    session->is_streaming = false;
    if (session->again) {
        begin_stream(session);
        pump(publisher, session);
    }
}

/* --- sessions ----------------------------------------------------------------------------------- */

static struct session *claim(const struct visit *visit, const char *topic)
{
    struct session *session = session_claim(&visit->publisher->sessions, topic);

    if (session == NULL) {
        problem(visit, "too many downloads run at once");
        return NULL;
    }
    (void)snprintf(session->board, sizeof session->board, "%s", visit->board);
    (void)snprintf(session->device, sizeof session->device, "%s", visit->device);
    return session;
}

/* The session of a device that asked before, or a new one with the newest image for its board: a
 * device in direct flow asks for no job. */
static struct session *session_with_image(const struct visit *visit, const char *topic)
{
    struct session *session = session_find(&visit->publisher->sessions, topic);
    struct catalogue_image image;
    bool opened;

    if (session != NULL && session->file >= 0) {
        return session;
    }
    if (!catalogue_find(visit->publisher->catalogue, visit->board, NULL, &image)) {
        problem(visit, "there is no image for its board");
        return NULL;
    }
    session = claim(visit, topic);
    opened = session != NULL && session_open_image(session, &image);
    catalogue_image_free(&image);
    if (session != NULL && !opened) {
        problem(visit, "the image cannot be opened");
        session_drop(session);
    }
    return opened ? session : NULL;
}

static void stream_to(const struct visit *visit, const char *topic)
{
    struct session *session = session_with_image(visit, topic);

    if (session == NULL) {
        return;
    }
    if (chunk_count(session->total, visit->publisher->config->chunk_size) > CHUNK_COUNT_MAX) {
        problem(visit, "the image has more chunks than a header can count; raise --chunk-size");
        return;
    }
    begin_stream(session);
    pump(visit->publisher, session);
}

/* --- one function a message --------------------------------------------------------------------- */

/* Empty hosts and ports are left out: the old devices keep what they have for a missing key, and
 * read an empty port as port 0. */
static bool belongs_in_job(const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);
    bool is_place = strcmp(item->string, "Broker") == 0 || strcmp(item->string, "Port") == 0;

    return strcmp(item->string, "Message") != 0 && strcmp(item->string, "UniqueTopicName") != 0
           && !(is_place && text != NULL && *text == '\0');
}

/* What the file says, what only the publisher knows, and what lets a device check the bytes. What the
 * file says about size and digest stands: whoever wrote it meant it. */
static cJSON *make_job(const struct visit *visit, const struct catalogue_image *image)
{
    cJSON *job = cJSON_CreateObject();
    char size[16];
    char digest[CATALOGUE_DIGEST_SIZE];

    (void)cJSON_AddStringToObject(job, "Message", "Update Available");
    for (const cJSON *item = image->job->child; item != NULL; item = item->next) {
        if (belongs_in_job(item)) {
            (void)cJSON_AddItemToObject(job, item->string, cJSON_Duplicate(item, true));
        }
    }
    if (!cJSON_HasObjectItem(job, "ImageSize")) {
        (void)snprintf(size, sizeof size, "%u", (unsigned)image->size);
        (void)cJSON_AddStringToObject(job, "ImageSize", size);
    }
    if (!cJSON_HasObjectItem(job, "ImageSha256") && catalogue_digest(image, digest)) {
        (void)cJSON_AddStringToObject(job, "ImageSha256", digest);
    }
    (void)cJSON_AddStringToObject(job, "UniqueTopicName", visit->request->topic);
    return job;
}

static void offer(const struct visit *visit, const struct catalogue_image *image, const char *job)
{
    const struct publisher_config *config = visit->publisher->config;
    struct session *session = claim(visit, visit->request->topic);

    if (session == NULL) {
        return;
    }
    if (!session_open_image(session, image)) {
        problem(visit, "the image cannot be opened");
        session_drop(session);
        return;
    }
    config->event(config->context, &(struct publisher_event){ .kind = PUBLISHER_OFFERED,
                                                              .board = visit->board,
                                                              .device = visit->device,
                                                              .request = visit->request,
                                                              .version = image->version,
                                                              .image_name = image->name,
                                                              .total = image->size });
    (void)config->send(config->context, visit->request->topic, job, strlen(job));
}

static void offer_if_it_fits(const struct visit *visit, const struct catalogue_image *image)
{
    cJSON *job = make_job(visit, image);
    char *text = cJSON_PrintUnformatted(job);

    if (text == NULL || strlen(text) > OTTER_JOB_DOCUMENT_MAX) {
        problem(visit, "the job for it is longer than the 1024 bytes that a device takes");
        send_answer(visit, "No Update Available");
    } else {
        offer(visit, image, text);
    }
    cJSON_free(text);
    cJSON_Delete(job);
}

static void answer_availability(const struct visit *visit)
{
    const struct publisher_config *config = visit->publisher->config;
    const struct request *request = visit->request;
    bool any = config->offer_always || !request->has_version;
    struct catalogue_image image;

    if (catalogue_find(visit->publisher->catalogue, visit->board, any ? NULL : &request->version,
                       &image)) {
        offer_if_it_fits(visit, &image);
        catalogue_image_free(&image);
        return;
    }
    config->event(config->context, &(struct publisher_event){ .kind = PUBLISHER_NOTHING,
                                                              .board = visit->board,
                                                              .device = visit->device,
                                                              .request = request });
    send_answer(visit, "No Update Available");
}

static void send_whole_image(const struct visit *visit)
{
    stream_to(visit, visit->request->topic);
}

/* Everybody listens on the direct topic, so a stream that runs is not disturbed by a late comer. */
static void send_to_direct_topic(const struct visit *visit)
{
    char topic[REQUEST_TOPIC_SIZE];
    struct session *session;

    (void)snprintf(topic, sizeof topic, "%s/%s" DIRECT_LEVEL,
                   visit->publisher->config->topic_prefix, visit->board);
    session = session_find(&visit->publisher->sessions, topic);
    if (session != NULL && session->is_streaming) {
        session->again = true;
        return;
    }
    if (session != NULL) {
        session_drop(session); /* there may be a newer image by now */
    }
    stream_to(visit, topic);
}

static void send_one_chunk(const struct visit *visit)
{
    const struct request *request = visit->request;
    /* Old devices ask for their last, shorter chunk with a size of -1. */
    int64_t size =
        request->size == -1 ? (int64_t)visit->publisher->config->chunk_size : request->size;
    struct session *session;

    if (size < 1 || size > CHUNK_DATA_MAX) {
        problem(visit, "its Size is not within 1..65535");
        return;
    }
    session = session_with_image(visit, request->topic);
    if (session == NULL) {
        return;
    }
    if (request->offset < 0 || request->offset >= (int64_t)session->total) {
        problem(visit, "its Offset is not inside the image");
        return;
    }
    if (chunk_count(session->total, (uint32_t)size) > CHUNK_COUNT_MAX) {
        problem(visit, "its Size makes more chunks than a header can count");
        return;
    }
    if (send_chunk(visit->publisher, session, (uint32_t)request->offset, (uint32_t)size) < 0) {
        problem(visit, "the image cannot be read or sent any more");
    }
}

static void take_result(const struct visit *visit)
{
    const struct publisher_config *config = visit->publisher->config;
    struct session *session = session_find(&visit->publisher->sessions, visit->request->topic);

    config->event(
        config->context,
        &(struct publisher_event){ .kind = PUBLISHER_RESULT,
                                   .board = visit->board,
                                   .device = visit->device,
                                   .request = visit->request,
                                   .succeeded = strcmp(visit->request->message, "Success") == 0 });
    if (session != NULL) {
        session_drop(session);
    }
    send_answer(visit, "Result Received");
}

static const struct {
    const char *message;
    bool needs_topic; /* answers go to the device's own topic */
    void (*serve)(const struct visit *visit);
} rules[] = {
    { "Update Availability", true, answer_availability },
    { "Request Update", true, send_whole_image },
    { "Request Data Chunk", true, send_one_chunk },
    { "Send Direct Update", false, send_to_direct_topic },
    { "Success", true, take_result },
    { "Failure", true, take_result },
};

/* --- what comes in ------------------------------------------------------------------------------ */

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

static void name_device(const struct request *request, char device[SESSION_DEVICE_SIZE])
{
    const char *last = strrchr(request->topic, '/');
    const char *name = request->serial;

    if (*name == '\0') {
        name = last != NULL ? last + 1 : "a device";
    }
    (void)snprintf(device, SESSION_DEVICE_SIZE, "%.*s", SESSION_DEVICE_SIZE - 1, name);
}

static void serve(const struct visit *visit)
{
    const char *prefix = visit->publisher->config->topic_prefix;

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const char *why = NULL;

        if (strcmp(visit->request->message, rules[i].message) != 0) {
            continue;
        }
        if (rules[i].needs_topic) {
            why = check_answer_topic(visit->request->topic, prefix, visit->board);
        }
        if (why != NULL) {
            problem(visit, why);
        } else {
            rules[i].serve(visit);
        }
        return;
    }
    problem(visit, *visit->request->message == '\0' ? "its Message is missing"
                                                    : "its Message is none of the protocol's");
}

void publisher_init(struct publisher *publisher, const struct publisher_config *config,
                    struct catalogue *catalogue)
{
    publisher->config = config;
    publisher->catalogue = catalogue;
    session_table_init(&publisher->sessions);
}

void publisher_handle(struct publisher *publisher, const char *topic, const void *payload,
                      size_t len)
{
    char board[SESSION_BOARD_SIZE] = "?";
    char device[SESSION_DEVICE_SIZE] = "?";
    struct request request;
    struct visit visit = { .publisher = publisher, .board = board, .device = device };
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
    name_device(&request, device);
    visit.request = &request;
    serve(&visit);
}

static bool take_ticket(struct session *session, int ticket)
{
    for (unsigned i = 0; i < session->in_flight; i++) {
        if (session->tickets[i] == ticket) {
            session->tickets[i] = session->tickets[--session->in_flight];
            return true;
        }
    }
    return false;
}

void publisher_acknowledged(struct publisher *publisher, int ticket)
{
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        struct session *session = &publisher->sessions.rows[i];

        if (session->is_streaming && take_ticket(session, ticket)) {
            pump(publisher, session);
            return;
        }
    }
}

void publisher_free(struct publisher *publisher)
{
    session_table_free(&publisher->sessions);
}
