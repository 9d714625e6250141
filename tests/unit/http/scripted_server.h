/* SPDX-License-Identifier: Apache-2.0 */

/** An HTTP server in memory, behind a link that cuts, stalls and breaks as a test wants. It hands
 * each request to the test's own script, which answers with raw bytes. */
#ifndef SCRIPTED_SERVER_H
#define SCRIPTED_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/link.h"

#define SCRIPTED_ROOM 400000u

/** A request as the server understands it. */
struct scripted_request {
    char method[8];
    char path[2048];
    bool has_range;
    unsigned first;
    unsigned last;    /* UINT32_MAX: to the end */
    const char *text; /* head and body, terminated */
    const char *body;
};

struct scripted_server {
    struct otter_link link;
    struct otter_link_ops ops;

    /* what a test sets */
    enum otter_result open_result;
    enum otter_result progress_result;
    enum otter_result end_result; /* of receive, once all is delivered; OTTER_OK: nothing yet */
    size_t piece;                 /* most bytes delivered by one receive; 0: all */
    size_t cut;                   /* receive delivers nothing once when it reaches this byte */
    size_t send_limit;            /* most bytes taken by one send; 0: all */
    bool send_fails;
    void (*on_request)(void *context, struct scripted_server *server,
                       const struct scripted_request *request);
    void *context;

    /* what a test looks at */
    bool is_open;
    unsigned opened; /* how often */
    unsigned requests;
    struct otter_endpoint endpoint; /* of the last open */
    char host[64];
    char server_name[64];
    char sent[SCRIPTED_ROOM]; /* by the client */
    size_t sent_size;

    uint8_t stream[SCRIPTED_ROOM]; /* to the client */
    size_t stream_size;
    size_t delivered;
    size_t parsed; /* of `sent` */
    bool cut_done;
};

void scripted_server_init(struct scripted_server *server);

/** Send raw bytes to the client. */
void scripted_server_send(struct scripted_server *server, const void *bytes, size_t len);

__attribute__((format(printf, 2, 3))) void scripted_server_print(struct scripted_server *server,
                                                                 const char *format, ...);

/** End the connection in good order behind what was sent. */
void scripted_server_close(struct scripted_server *server);

#endif
