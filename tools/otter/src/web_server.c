/* SPDX-License-Identifier: Apache-2.0 */

/* What is where: "/NAME" is a file of the folder. "/ota_update.json" is the job for the device that
 * asks, if there is no such file; a device that does not say what board it is gets it if the folder
 * is for one board only, or asks for "/BOARD/ota_update.json". Results are taken at any path: the old
 * devices post them to that of their image. */

#include "web_server.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "web_file.h"

#define JOB_NAME "ota_update.json"

/* A device, as far as its request tells. */
struct visitor {
    char board[64]; /* "?": unknown */
    struct request request;
};

/* --- who asks ----------------------------------------------------------------------------------- */

/* "otter (board 1.0.0)" */
static void read_user_agent(const char *text, struct visitor *visitor)
{
    char board[sizeof visitor->board];
    char version[sizeof visitor->request.version_text];

    if (sscanf(text, "otter (%63[A-Za-z0-9_.-] %25[0-9.+])", board, version) != 2) {
        return;
    }
    (void)snprintf(visitor->board, sizeof visitor->board, "%s", board);
    (void)snprintf(visitor->request.version_text, sizeof visitor->request.version_text, "%s",
                   version);
    visitor->request.has_version =
        otter_version_parse(version, &visitor->request.version) == OTTER_OK;
}

/* The board that all images on offer are for; NULL if there are several, or none. */
static const char *only_board(struct catalogue *catalogue)
{
    const char *board = NULL;

    if (catalogue_count(catalogue) <= 0) {
        return NULL;
    }
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct offer *offer = catalogue->entries[i].offer;

        if (offer == NULL) {
            continue;
        }
        if (board != NULL && strcmp(board, offer_board(offer)) != 0) {
            return NULL;
        }
        board = offer_board(offer);
    }
    return board;
}

static struct visitor meet(const struct web_server *server, const struct web_request *request)
{
    struct visitor visitor = { .board = "?" };
    const char *const end = strstr(request->path + 1, "/" JOB_NAME);
    const char *board = NULL;

    read_user_agent(request->user_agent, &visitor);
    if (end != NULL && end[strlen("/" JOB_NAME)] == '\0') {
        (void)snprintf(visitor.board, sizeof visitor.board, "%.*s", (int)(end - request->path - 1),
                       request->path + 1);
        return visitor;
    }
    if (strcmp(visitor.board, "?") == 0) {
        board = only_board(server->catalogue);
    }
    if (board != NULL) {
        (void)snprintf(visitor.board, sizeof visitor.board, "%s", board);
    }
    return visitor;
}

/* --- jobs --------------------------------------------------------------------------------------- */

/* The job that the publisher would send, leading to this server. */
static char *make_job(const struct web_server *server, const struct offer *offer)
{
    char file[OFFER_NAME_SIZE + 1];
    char *text = offer_job_for(offer, "");
    cJSON *job = cJSON_Parse(text);

    cJSON_free(text);
    cJSON_DeleteItemFromObject(job, "UniqueTopicName");
    if (offer_is_here(offer)) {
        (void)snprintf(file, sizeof file, "/%s", offer->name);
        cJSON_DeleteItemFromObject(job, "Connection");
        cJSON_DeleteItemFromObject(job, "File");
        (void)cJSON_AddStringToObject(job, "Connection", server->secure ? "HTTPS" : "HTTP");
        (void)cJSON_AddStringToObject(job, "File", file);
    }
    text = cJSON_PrintUnformatted(job);
    cJSON_Delete(job);
    return text;
}

static char *make_refusal(void)
{
    cJSON *message = cJSON_CreateObject();
    char *text;

    (void)cJSON_AddStringToObject(message, "Message", "No Update Available");
    text = cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    return text;
}

static void answer_job(const struct web_server *server, const struct web_request *request,
                       struct web_answer *answer)
{
    const struct visitor visitor = meet(server, request);
    const struct otter_version *running =
        visitor.request.has_version ? &visitor.request.version : NULL;
    struct offer *offer = catalogue_newest(server->catalogue, visitor.board, running);
    struct publisher_event event = {
        .kind = PUBLISHER_NOTHING,
        .board = visitor.board,
        .device = request->peer,
        .request = &visitor.request,
    };

    answer->status = 200;
    if (offer == NULL || (offer_is_here(offer) && !offer_load(offer))) {
        answer->text = make_refusal();
    } else {
        answer->text = make_job(server, offer);
        event.kind = PUBLISHER_OFFERED;
        event.version = offer->version;
        event.image_name = offer->name;
        event.total = offer->size;
    }
    server->event(server->context, &event);
}

/* --- files -------------------------------------------------------------------------------------- */

/* Only what lies in the folder itself, and nothing hidden. @return -1: there is no such file */
static int open_file(const struct web_server *server, const char *path, struct stat *status)
{
    char name[OFFER_PATH_SIZE];
    const int len = snprintf(name, sizeof name, "%s%s", server->catalogue->folder, path);

    if (len < 0 || (size_t)len >= sizeof name || path[0] != '/' || path[1] == '.' || path[1] == '\0'
        || strchr(path + 1, '/') != NULL) {
        return -1;
    }
    return web_file_open(name, status);
}

static void tell_progress(const struct web_server *server, const struct web_request *request,
                          const struct web_answer *answer, uint64_t size)
{
    const struct visitor visitor = meet(server, request);
    const struct offer *offer =
        catalogue_named(server->catalogue, visitor.board, request->path + 1);
    const struct publisher_event event = {
        .kind = PUBLISHER_PROGRESS,
        .board = visitor.board,
        .device = request->peer,
        .version = offer != NULL ? offer->version : (struct otter_version){ 0 },
        .before = (uint32_t)answer->offset,
        .done = (uint32_t)(answer->offset + answer->length),
        .total = (uint32_t)size,
    };

    if (offer != NULL) {
        server->event(server->context, &event);
    }
}

static void answer_file(const struct web_server *server, const struct web_request *request,
                        int file, const struct stat *status, struct web_answer *answer)
{
    if (web_file_answer(request, file, status, answer)) {
        tell_progress(server, request, answer, (uint64_t)status->st_size);
    }
}

static bool is_job_path(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL && strcmp(slash + 1, JOB_NAME) == 0;
}

static void answer_get(const struct web_server *server, const struct web_request *request,
                       struct web_answer *answer)
{
    struct stat status;
    const int file = open_file(server, request->path, &status);

    if (file >= 0) {
        answer_file(server, request, file, &status, answer);
    } else if (is_job_path(request->path)) {
        answer_job(server, request, answer);
    } else {
        answer->status = 404;
    }
}

/* --- results ------------------------------------------------------------------------------------ */

static void take_result(const struct web_server *server, const struct web_request *request,
                        struct web_answer *answer)
{
    const struct visitor visitor = meet(server, request);
    struct request result = { 0 };
    struct publisher_event event = {
        .kind = PUBLISHER_RESULT,
        .board = visitor.board,
        .device = request->peer,
        .request = &result,
    };

    answer->status = 204;
    /* The old devices post without a body, and only when they succeeded. */
    if (request->body_size == 0) {
        (void)snprintf(result.message, sizeof result.message, "Success");
    } else {
        event.reason = request_parse(request->body, request->body_size, &result);
    }
    if (event.reason != NULL) {
        event.kind = PUBLISHER_PROBLEM;
        answer->status = 400;
    }
    event.succeeded = strcmp(result.message, "Success") == 0;
    event.version = result.version;
    if (result.serial[0] != '\0') {
        event.device = result.serial;
    }
    server->event(server->context, &event);
}

void web_server_answer(void *context, const struct web_request *request, struct web_answer *answer)
{
    const struct web_server *server = context;

    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0) {
        answer_get(server, request, answer);
    } else if (strcmp(request->method, "POST") == 0) {
        take_result(server, request, answer);
    } else {
        answer->status = 405;
    }
}
