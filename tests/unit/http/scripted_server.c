/* SPDX-License-Identifier: Apache-2.0 */

#include "scripted_server.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scripted_server_send(struct scripted_server *server, const void *bytes, size_t len)
{
    assert(len <= SCRIPTED_ROOM - server->stream_size);
    memcpy(server->stream + server->stream_size, bytes, len);
    server->stream_size += len;
}

void scripted_server_print(struct scripted_server *server, const char *format, ...)
{
    char text[2048];
    va_list values;
    int len;

    va_start(values, format);
    len = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    assert(len >= 0 && (size_t)len < sizeof text);
    scripted_server_send(server, text, (size_t)len);
}

void scripted_server_close(struct scripted_server *server)
{
    server->end_result = OTTER_ERR_CLOSED;
}

static void read_range(struct scripted_request *request)
{
    const char *range = strstr(request->text, "\r\nRange: bytes=");
    char *end;

    if (range == NULL) {
        return;
    }
    request->has_range = true;
    request->first = (unsigned)strtoul(range + 15, &end, 10);
    request->last = end[1] == '\r' ? UINT32_MAX : (unsigned)strtoul(end + 1, NULL, 10);
}

static void answer(struct scripted_server *server, const char *text)
{
    struct scripted_request request = { .text = text };
    const int fields = sscanf(text, "%7s %2047s", request.method, request.path);

    assert(fields == 2);
    request.body = strstr(text, "\r\n\r\n") + 4;
    read_range(&request);
    server->requests++;
    if (server->on_request != NULL) {
        server->on_request(server->context, server, &request);
    }
}

/* Bytes of the request at @p text; 0 if it is not complete. */
static size_t request_size(const char *text, size_t len)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "\r\nContent-Length: ");
    size_t size;

    if (end == NULL) {
        return 0;
    }
    size = (size_t)(end + 4 - text);
    if (length != NULL && length < end) {
        size += strtoul(length + 18, NULL, 10);
    }
    return size <= len ? size : 0;
}

/* Answer each request that the client has sent to its end. */
static void parse_sent(struct scripted_server *server)
{
    for (;;) {
        char *text = server->sent + server->parsed;
        const size_t size = request_size(text, server->sent_size - server->parsed);
        char next;

        if (size == 0) {
            return;
        }
        server->parsed += size;
        next = text[size];
        text[size] = '\0';
        answer(server, text);
        text[size] = next;
    }
}

static enum otter_result open(void *port, const struct otter_endpoint *endpoint)
{
    struct scripted_server *server = port;

    assert(!server->is_open);
    (void)snprintf(server->host, sizeof server->host, "%s", endpoint->host);
    (void)snprintf(server->server_name, sizeof server->server_name, "%s",
                   endpoint->server_name != NULL ? endpoint->server_name : "");
    server->endpoint = *endpoint;
    /* A new connection knows nothing of what an older one left unread. */
    server->delivered = server->stream_size;
    server->parsed = server->sent_size;
    server->end_result = OTTER_OK;
    server->opened++;
    server->is_open = server->open_result == OTTER_AGAIN || server->open_result == OTTER_OK;
    return server->open_result;
}

static enum otter_result progress(void *port)
{
    const struct scripted_server *server = port;

    return server->progress_result;
}

static size_t limited(size_t len, size_t limit)
{
    return limit != 0 && limit < len ? limit : len;
}

static int send(void *port, const void *src, size_t len)
{
    struct scripted_server *server = port;
    const size_t taken = limited(len, server->send_limit);

    assert(server->is_open && len > 0);
    if (server->send_fails) {
        return OTTER_ERR_LINK;
    }
    assert(taken < SCRIPTED_ROOM - server->sent_size);
    memcpy(server->sent + server->sent_size, src, taken);
    server->sent_size += taken;
    server->sent[server->sent_size] = '\0';
    parse_sent(server);
    return (int)taken;
}

/* Up to the cut, and there once nothing. */
static size_t deliverable(struct scripted_server *server, size_t len)
{
    const size_t left = server->stream_size - server->delivered;
    size_t size = limited(len < left ? len : left, server->piece);

    if (server->cut != 0 && !server->cut_done && size > server->cut - server->delivered) {
        size = server->cut - server->delivered;
        server->cut_done = size == 0;
    }
    return size;
}

static int receive(void *port, void *dst, size_t len)
{
    struct scripted_server *server = port;
    const size_t size = deliverable(server, len);

    assert(server->is_open && len > 0);
    if (size == 0) {
        return server->delivered < server->stream_size ? 0 : server->end_result;
    }
    memcpy(dst, server->stream + server->delivered, size);
    server->delivered += size;
    return (int)size;
}

static void close(void *port)
{
    struct scripted_server *server = port;

    server->is_open = false;
}

static const char *explain(void *port)
{
    (void)port;
    return "says the link";
}

void scripted_server_init(struct scripted_server *server)
{
    *server = (struct scripted_server){
        .ops = { open, progress, send, receive, close, explain, false },
    };
    server->link = (struct otter_link){ &server->ops, server };
}
