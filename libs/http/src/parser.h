/* SPDX-License-Identifier: Apache-2.0 */

/** The incremental parser of answers. It does no I/O. It is given bytes, takes what belongs to heads
 * and to the framing of chunks, and stops in front of a body's own bytes, which the reader fetches
 * and then accounts for. */
#ifndef OTTER_HTTP_PARSER_H
#define OTTER_HTTP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/http.h"

enum otter_http_parsed {
    OTTER_HTTP_PARSED_PART, /**< all bytes were taken, more are needed */
    OTTER_HTTP_PARSED_HEAD, /**< the response is complete; its body follows */
    OTTER_HTTP_PARSED_BODY, /**< bytes of the body come next */
    OTTER_HTTP_PARSED_END,  /**< the answer is complete */
    OTTER_HTTP_PARSED_BAD,  /**< no server may send that: parser->wrong; the stream is lost */
};

/** Be ready for the first byte of an answer. */
void otter_http_parser_next(struct otter_http_parser *parser);

/** Take bytes. @param used  how many of them were taken */
enum otter_http_parsed otter_http_parse(struct otter_http_parser *parser, const uint8_t *bytes,
                                        size_t len, size_t *used);

/** Bytes of the body that may come next before there is something to parse again; UINT32_MAX if the
 * body ends with the connection; 0 outside of a body. */
uint32_t otter_http_body_left(const struct otter_http_parser *parser);

/** @p len of those bytes were fetched. */
void otter_http_body_taken(struct otter_http_parser *parser, size_t len);

/** The connection has ended in good order. @return true: so has the answer */
bool otter_http_parser_end(struct otter_http_parser *parser);

#endif
