/* SPDX-License-Identifier: Apache-2.0 */

/* Requests as bytes. Paths come from jobs and from other servers: what could end the line, or the
 * path, is escaped. */

#include "request.h"

#include <string.h>

static bool may_stand_in_a_path(char c)
{
    return c > ' ' && c < 0x7F && strchr("\"#<>\\^`{|}", c) == NULL;
}

static void write_path(struct otter_text *text, const char *path)
{
    if (*path != '/') {
        otter_text_append(text, "/");
    }
    for (; *path != '\0'; path++) {
        if (may_stand_in_a_path(*path)) {
            otter_text_append_bytes(text, path, 1);
        } else {
            otter_text_append(text, "%");
            otter_text_append_hex(text, (const uint8_t *)path, 1);
        }
    }
}

/* RFC 9110, section 7.2: the port stands there unless it is the scheme's own. An IPv6 address needs
 * brackets. */
static void write_host(struct otter_text *text, const struct otter_endpoint *endpoint, bool secure)
{
    const bool is_address = strchr(endpoint->host, ':') != NULL;

    otter_text_append(text, is_address ? "Host: [" : "Host: ");
    otter_text_append(text, endpoint->host);
    otter_text_append(text, is_address ? "]" : "");
    if (endpoint->port != (secure ? 443 : 80)) {
        otter_text_append(text, ":");
        otter_text_append_u32(text, endpoint->port);
    }
    otter_text_append(text, "\r\n");
}

static void write_range(struct otter_text *text, const struct otter_http_request *request)
{
    if (!request->has_range) {
        return;
    }
    otter_text_append(text, "Range: bytes=");
    otter_text_append_u32(text, request->first);
    otter_text_append(text, "-");
    if (request->last != UINT32_MAX) {
        otter_text_append_u32(text, request->last);
    }
    otter_text_append(text, "\r\n");
}

static void write_body(struct otter_text *text, const struct otter_http_request *request)
{
    if (request->body == NULL) {
        otter_text_append(text, "\r\n");
        return;
    }
    otter_text_append(text, "Content-Type: application/json\r\nContent-Length: ");
    otter_text_append_u32(text, (uint32_t)request->body_size);
    otter_text_append(text, "\r\n\r\n");
    otter_text_append_bytes(text, request->body, request->body_size);
}

void otter_http_write_request(struct otter_text *text, const struct otter_http_session *session,
                              bool secure, const struct otter_http_request *request)
{
    otter_text_append(text, request->body != NULL ? "POST " : "GET ");
    write_path(text, request->path);
    otter_text_append(text, " HTTP/1.1\r\n");
    write_host(text, &session->endpoint, secure);
    otter_text_append(text, "User-Agent: ");
    otter_text_append(text, session->user_agent);
    /* Ranges of a compressed file would be ranges of something else. */
    otter_text_append(text, "\r\nAccept-Encoding: identity\r\n");
    write_range(text, request);
    write_body(text, request);
}
