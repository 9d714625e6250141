/* SPDX-License-Identifier: Apache-2.0 */

/** A small HTTP/1.1 client over a link: one connection, requests sent ahead, fixed memory.
 *
 * It serves the interface of otter/http_client.h. Heads and the framing of bodies pass through a
 * small buffer; the bytes of a body go from the link straight to the reader. Specification: RFC
 * 9110 and RFC 9112. */
#ifndef OTTER_HTTP_H
#define OTTER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/http_client.h"
#include "otter/link.h"
#include "otter/result.h"

/** Bytes of a header line that are looked at; the rest of a longer one is passed over. */
#define OTTER_HTTP_LINE_SIZE 288

/** Bytes that the link delivers at a time while a head is read. */
#define OTTER_HTTP_RECEIVE_SIZE 256

/** Requests that may wait for their answers. */
#define OTTER_HTTP_OUTSTANDING 4

/** Settings; borrowed as long as the client lives. */
struct otter_http_config {
    const struct otter_link *link;
    uint8_t *send_buffer; /**< holds every request that waits to be sent */
    size_t send_size;     /**< bytes; the longest request must fit */
};

/** The answer that is being received, line by line. Part of struct otter_http. */
struct otter_http_parser {
    uint8_t state;      /* what the next bytes are */
    bool is_cut;        /* the line did not fit */
    bool is_old;        /* HTTP/1.0: the connection ends unless the server says otherwise */
    bool is_kept;       /* the server says so */
    bool is_chunked;    /* the body comes in chunks */
    uint16_t line_len;  /* characters of the line so far */
    uint32_t left;      /* bytes of the body, or of the present chunk, that are still to come */
    uint32_t head_size; /* bytes of lines since the answer began */
    const char *wrong;  /* what is wrong with the answer; NULL: nothing */
    struct otter_http_response response;
    char line[OTTER_HTTP_LINE_SIZE];
};

/** A client. Allocate it anywhere; the fields are its own. */
struct otter_http {
    const struct otter_http_config *config;
    const struct otter_http_session *session;
    const char *why; /* the connection ended; NULL: the link knows */
    uint8_t phase;
    enum otter_result ended; /* OTTER_OK while the connection lives */
    uint8_t outstanding;     /* requests without a whole answer */
    bool in_body;            /* the head was told, the body is not read to its end */
    bool dry;                /* the reader asked for more than the link had */
    uint16_t have;           /* bytes in the receive buffer ... */
    uint16_t used;           /* ... and how many of them were parsed */
    size_t queued;           /* bytes in the send buffer */
    uint32_t now_ms;         /* of the last step */
    uint32_t server_ms;      /* like now_ms, but stands still while the reader holds things up */
    uint32_t since_ms;       /* server_ms when the server's turn began */
    uint32_t brought;        /* bytes of the body since then */
    struct otter_http_parser parser;
    uint8_t received[OTTER_HTTP_RECEIVE_SIZE];
};

/** Prepare a client. */
void otter_http_init(struct otter_http *http, const struct otter_http_config *config);

/** The client behind the interface. */
struct otter_http_client otter_http_as_client(struct otter_http *http);

#endif
