/* SPDX-License-Identifier: Apache-2.0 */

/* The HTTP server: libmicrohttpd in the caller's thread. A request is gathered until it is whole,
 * then answered at once; bodies of answers are sent from memory or from their file. */

#include "web_host.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "message.h"

#define IDLE_LIMIT_S 60u
#define CUT_ROOM     4096 /* bytes of a file that is cut, read at a time */

/* One request on its way in. */
struct gathered {
    char *query;   /* as it was sent */
    bool has_head; /* its head is complete */
    char body[WEB_BODY_MAX];
    size_t size;
    bool is_too_long;
};

static const char *header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

    return value != NULL ? value : "";
}

static void write_peer(struct MHD_Connection *connection, char *text, size_t size)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_in address = { 0 };

    (void)snprintf(text, size, "?");
    if (info != NULL && info->client_addr->sa_family == AF_INET) {
        memcpy(&address, info->client_addr, sizeof address);
        (void)inet_ntop(AF_INET, &address.sin_addr, text, (socklen_t)size);
    }
}

/* --- answers ------------------------------------------------------------------------------------ */

/* A file on its way, which breaks off on purpose. */
struct cut {
    int file;
    uint64_t offset;
    uint64_t left;
};

static ssize_t read_cut(void *context, uint64_t position, char *bytes, size_t room)
{
    struct cut *cut = context;
    const size_t len = room < cut->left ? room : (size_t)cut->left;
    const ssize_t got = len > 0 ? pread(cut->file, bytes, len, (off_t)(cut->offset + position)) : 0;

    if (got <= 0) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    cut->left -= (uint64_t)got;
    return got;
}

static void free_cut(void *context)
{
    struct cut *cut = context;

    (void)close(cut->file);
    free(cut);
}

static struct MHD_Response *make_cut_response(const struct web_answer *answer)
{
    struct cut *cut = malloc(sizeof *cut);

    if (cut == NULL) {
        (void)close(answer->file);
        return NULL;
    }
    *cut = (struct cut){ answer->file, answer->offset, answer->cut_after };
    return MHD_create_response_from_callback(answer->length, CUT_ROOM, read_cut, cut, free_cut);
}

static struct MHD_Response *make_response(const struct web_answer *answer)
{
    static char nothing[] = "";

    if (answer->file >= 0 && answer->cut_after > 0 && answer->cut_after < answer->length) {
        return make_cut_response(answer);
    }
    if (answer->file >= 0) {
        return MHD_create_response_from_fd_at_offset64(answer->length, answer->file,
                                                       answer->offset);
    }
    if (answer->text != NULL) {
        return MHD_create_response_from_buffer_with_free_callback(strlen(answer->text),
                                                                  answer->text, cJSON_free);
    }
    return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (*value != '\0') {
        (void)MHD_add_response_header(response, name, value);
    }
}

static const char *type_of(const struct web_answer *answer)
{
    if (answer->text == NULL) {
        return "application/octet-stream";
    }
    return answer->type != NULL ? answer->type : "application/json";
}

static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   const struct web_answer *answer)
{
    struct MHD_Response *response = make_response(answer);
    enum MHD_Result result;

    if (response == NULL) {
        return MHD_NO;
    }
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type_of(answer));
    add_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, answer->has_ranges ? "bytes" : "");
    add_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, answer->content_range);
    add_header(response, MHD_HTTP_HEADER_ETAG, answer->etag);
    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

/* --- requests ----------------------------------------------------------------------------------- */

static void gather(struct gathered *gathered, const char *bytes, size_t len)
{
    if (len > sizeof gathered->body - gathered->size) {
        gathered->is_too_long = true;
        return;
    }
    memcpy(gathered->body + gathered->size, bytes, len);
    gathered->size += len;
}

static enum MHD_Result answer(struct web_host *host, struct MHD_Connection *connection,
                              const char *method, const char *path, const struct gathered *gathered)
{
    char peer[INET_ADDRSTRLEN];
    const struct web_request request = {
        .method = method,
        .path = path,
        .query = gathered->query != NULL ? gathered->query : "",
        .range = header(connection, MHD_HTTP_HEADER_RANGE),
        .if_range = header(connection, MHD_HTTP_HEADER_IF_RANGE),
        .if_match = header(connection, MHD_HTTP_HEADER_IF_MATCH),
        .user_agent = header(connection, MHD_HTTP_HEADER_USER_AGENT),
        .peer = peer,
        .body = gathered->body,
        .body_size = gathered->size,
    };
    struct web_answer reply = { .status = MHD_HTTP_CONTENT_TOO_LARGE, .file = -1 };

    write_peer(connection, peer, sizeof peer);
    if (!gathered->is_too_long) {
        host->answer(host->context, &request, &reply);
    }
    return send_answer(connection, &reply);
}

/* Called when the first line of a request is there. What it returns is the slot of the request. */
static void *on_uri(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct gathered *gathered = calloc(1, sizeof *gathered);
    const char *query = strchr(uri, '?');

    (void)context;
    (void)connection;
    if (gathered != NULL && query != NULL) {
        gathered->query = strdup(query + 1);
    }
    return gathered;
}

/* Called once when a request's head is there, for each piece of its body, and at its end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *len, void **slot)
{
    struct gathered *gathered = *slot;

    (void)version;
    if (gathered == NULL) {
        return MHD_NO;
    }
    if (!gathered->has_head) {
        gathered->has_head = true;
        return MHD_YES;
    }
    if (*len > 0) {
        gather(gathered, bytes, *len);
        *len = 0;
        return MHD_YES;
    }
    return answer(context, connection, method, path, gathered);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode why)
{
    struct gathered *gathered = *slot;

    (void)context;
    (void)connection;
    (void)why;
    if (gathered != NULL) {
        free(gathered->query);
    }
    free(gathered);
    *slot = NULL;
}

/* --- listening ---------------------------------------------------------------------------------- */

/* @return false if it is no address */
static bool read_address(const struct web_host_options *options, struct sockaddr_in *address)
{
    *address =
        (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)options->port) };
    if (inet_pton(AF_INET, options->address, &address->sin_addr) == 1) {
        return true;
    }
    message_error("--host '%s' is no address to listen on", options->address);
    message_next("Give an IPv4 address of this host, such as 127.0.0.1 or 0.0.0.0.");
    return false;
}

static void start(struct web_host *host, const struct sockaddr_in *address, char *cert, char *key)
{
    const struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, cert },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, key },
        { MHD_OPTION_END, 0, NULL },
    };
    const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
    const unsigned flags = MHD_USE_AUTO | (cert != NULL ? (unsigned)MHD_USE_TLS : 0u);

    host->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, on_request, host, MHD_OPTION_SOCK_ADDR, address,
                         MHD_OPTION_CONNECTION_TIMEOUT, IDLE_LIMIT_S, MHD_OPTION_NOTIFY_COMPLETED,
                         on_completed, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,
                         MHD_OPTION_ARRAY, cert != NULL ? tls : none, MHD_OPTION_END);
}

static bool listen_with(struct web_host *host, const struct web_host_options *options, char *cert,
                        char *key)
{
    struct sockaddr_in address;

    if (!read_address(options, &address)) {
        return false;
    }
    start(host, &address, cert, key);
    if (host->daemon == NULL) {
        message_error("cannot listen on %s, port %u", options->address, (unsigned)options->port);
        message_next(cert != NULL ? "Check --cert and --key, and that the port is free."
                                  : "Choose a free port with --port.");
    }
    return host->daemon != NULL;
}

bool web_host_open(struct web_host *host, const struct web_host_options *options)
{
    struct file_bytes cert = { 0 };
    struct file_bytes key = { 0 };
    bool is_open;

    if (options->cert == NULL) {
        return listen_with(host, options, NULL, NULL);
    }
    is_open = file_load(options->cert, &cert) && file_load(options->key, &key)
              && listen_with(host, options, (char *)cert.bytes, (char *)key.bytes);
    /* The library has parsed them. */
    file_free(&cert);
    file_free(&key);
    return is_open;
}

int web_host_file(const struct web_host *host)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(host->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    return info != NULL ? info->epoll_fd : -1;
}

int web_host_wait_ms(const struct web_host *host, int timeout_ms)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    if (MHD_get_timeout(host->daemon, &wait_ms) != MHD_YES
        || wait_ms > (MHD_UNSIGNED_LONG_LONG)timeout_ms) {
        return timeout_ms;
    }
    return (int)wait_ms;
}

void web_host_step(struct web_host *host, int timeout_ms)
{
    (void)MHD_run_wait(host->daemon, timeout_ms);
}

void web_host_close(struct web_host *host)
{
    if (host->daemon != NULL) {
        MHD_stop_daemon(host->daemon);
        host->daemon = NULL;
    }
}
