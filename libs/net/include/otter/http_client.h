/* SPDX-License-Identifier: Apache-2.0 */

/** An HTTP/1.1 client as the transports see it: ours (otter/http.h) or a product's own.
 *
 * One connection, kept alive; requests may be sent ahead, their answers come in the order of the
 * requests. Pulled, not pushed: step() returns one event at a time, and a body is fetched with
 * read() in pieces of any size. Nothing more is taken from the network until it is fetched, so a
 * slow flash slows the server down instead of filling memory. */
#ifndef OTTER_HTTP_CLIENT_H
#define OTTER_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/link.h"
#include "otter/result.h"

/** Longest entity tag, and longest place to which an answer can send the client, each with its
 * terminator. Longer ones are passed over as if the server had not sent them. */
#define OTTER_HTTP_ETAG_SIZE     64
#define OTTER_HTTP_LOCATION_SIZE 257

/** How to connect. Everything is borrowed until close(). */
struct otter_http_session {
    struct otter_endpoint endpoint;
    const char *user_agent; /**< who asks; no line ends in it */
    uint32_t timeout_ms;    /**< to connect; for an answer to begin; for each KiB of a body */
};

/** A request. It is copied. With a body it is a POST, without one a GET. */
struct otter_http_request {
    const char *path; /**< what may not stand in a request is escaped; a missing "/" is added */
    bool has_range;   /**< ask for a part of it: */
    uint32_t first;   /**< from this byte */
    uint32_t last;    /**< to this one, inclusive; UINT32_MAX: to the end */
    const void *body; /**< JSON; NULL: none */
    size_t body_size;
};

/** The head of an answer. */
struct otter_http_response {
    uint16_t status; /**< 200 to 599 */
    bool has_length; /**< the body's size is known: */
    uint32_t length;
    bool has_range; /**< the body is this part of the whole (Content-Range) */
    uint32_t first;
    uint32_t last;  /**< inclusive */
    bool has_total; /**< the size of the whole is known from Content-Range, also of status 416 */
    uint32_t total;
    bool has_retry_after; /**< ask again after this, not before */
    uint32_t retry_after_s;
    bool is_last;                    /**< the server ends the connection behind this answer */
    char etag[OTTER_HTTP_ETAG_SIZE]; /**< "": none */
    char location[OTTER_HTTP_LOCATION_SIZE];
};

enum otter_http_event_kind {
    OTTER_HTTP_NOTHING,  /**< nothing happened; step again when bytes arrive */
    OTTER_HTTP_RESPONSE, /**< an answer begins: `response`; fetch its body with read() */
    OTTER_HTTP_END,      /**< its body was read to the end */
    OTTER_HTTP_CLOSED,   /**< the connection is over; result says why. Comes once. */
};

struct otter_http_event {
    enum otter_http_event_kind kind;
    const struct otter_http_response *response; /**< RESPONSE: valid until END or CLOSED */
    enum otter_result result; /**< CLOSED: OTTER_ERR_HOST, OTTER_ERR_LINK, OTTER_ERR_CLOSED (also
                                   behind an answer that was the last one),
                                   OTTER_ERR_PEER_UNTRUSTED, OTTER_ERR_REFUSED, OTTER_ERR_PROTOCOL,
                                   OTTER_ERR_CRYPTO, OTTER_ERR_TIMEOUT */
};

struct otter_http_client_ops {
    /** Begin to connect. A failure comes as an event; requests may be made at once.
     *  @return OTTER_OK, OTTER_ERR_ARGUMENT (the session has no time-out) */
    enum otter_result (*open)(void *client, const struct otter_http_session *session,
                              uint32_t now_ms);

    /** Do what can be done without waiting and return the next event. While a body is not read to
     * its end it returns OTTER_HTTP_NOTHING. */
    void (*step)(void *client, uint32_t now_ms, struct otter_http_event *event);

    /** Fetch the body of the current answer.
     *  @return bytes copied; 0 when none are here yet, or the body is at its end */
    size_t (*read)(void *client, void *dst, size_t len);

    /** Queue a request.
     *  @return 1: it is queued; 0: no room now, try after the next step; OTTER_ERR_CLOSED;
     *          OTTER_ERR_NO_SPACE if it can never fit the client's buffer */
    int (*request)(void *client, const struct otter_http_request *request);

    /** End the connection. Harmless if there is none. */
    void (*close)(void *client);

    /** Why the connection ended, for people; "" if there is nothing to add. */
    const char *(*explain)(void *client);
};

struct otter_http_client {
    const struct otter_http_client_ops *ops;
    void *self;
    bool secure; /**< connections run over a secure link */
};

#endif
