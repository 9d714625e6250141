/* SPDX-License-Identifier: Apache-2.0 */

/** An HTTP server on the host, by libmicrohttpd: whole requests go in, answers come out. One thread,
 * one caller; what is answered is decided elsewhere. */
#ifndef OTTER_TOOL_WEB_HOST_H
#define OTTER_TOOL_WEB_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest body of a request, in bytes; more is refused. */
#define WEB_BODY_MAX 4096

struct MHD_Daemon;

struct web_host_options {
    const char *address; /* to listen on */
    uint32_t port;
    const char *cert; /* NULL: no TLS */
    const char *key;
};

/** A request. Valid during the call; what is missing is "". */
struct web_request {
    const char *method;
    const char *path;  /* unescaped, without what stands behind "?" */
    const char *query; /* what stands behind "?", as it was sent */
    const char *range;
    const char *if_range;
    const char *if_match;
    const char *user_agent;
    const char *peer; /* address of the client */
    const char *body;
    size_t body_size;
};

/** The answer. */
struct web_answer {
    unsigned status;
    char *text;       /* cJSON_malloc'ed, which the host takes over; NULL: none ... */
    const char *type; /* ... of this type; NULL: JSON ... */
    int file;         /* ... or a file, which it takes over too; -1: none */
    uint64_t offset;
    uint64_t length;    /* bytes of the file */
    uint64_t cut_after; /* break the connection after so many of them; 0: do not */
    bool has_ranges;    /* it may be asked for in parts */
    char content_range[80];
    char etag[80];
};

/** A server. The fields are its own. */
struct web_host {
    struct MHD_Daemon *daemon;
    void (*answer)(void *context, const struct web_request *request, struct web_answer *answer);
    void *context;
};

/** Listen. @return false after telling the user why not */
bool web_host_open(struct web_host *host, const struct web_host_options *options);

/** A file that is readable when there is something to serve; -1: look at the clock only. */
int web_host_file(const struct web_host *host);

/** How long to wait for that file at most, of @p timeout_ms. */
int web_host_wait_ms(const struct web_host *host, int timeout_ms);

/** Serve what there is to serve, and wait for @p timeout_ms at most. */
void web_host_step(struct web_host *host, int timeout_ms);

/** Harmless if it is not open. */
void web_host_close(struct web_host *host);

#endif
