/* SPDX-License-Identifier: Apache-2.0 */

/* The incremental parser: an answer is a sequence of lines and of bodies between them, and a table
 * says for each state what a whole line in it means.
 *
 * Only the beginning of one line is ever in memory. Nothing that a server can send makes the parser
 * take more than HEAD_SIZE_MAX bytes without delivering something. */

#include "parser.h"

#include <assert.h>
#include <string.h>

#include "fields.h"

#define HEAD_SIZE_MAX 16384u

enum state {
    STATE_STATUS,     /* lines: the first one of an answer */
    STATE_FIELD,      /* the others of its head, the empty one included */
    STATE_CHUNK_SIZE, /* before a chunk */
    STATE_CHUNK_END,  /* behind it: an empty one */
    STATE_TRAILER,    /* behind the last chunk */
    LINE_STATES,
    STATE_BODY,  /* bytes of the body: as many as announced, */
    STATE_CHUNK, /* those of a chunk, */
    STATE_REST,  /* or all that come */
    STATE_COMPLETE,
    STATE_BAD,
};

static enum state refuse(struct otter_http_parser *parser, const char *wrong)
{
    parser->wrong = wrong;
    return STATE_BAD;
}

/* RFC 9112, section 6.3. */
static enum state begin_body(struct otter_http_parser *parser)
{
    struct otter_http_response *response = &parser->response;

    if (response->status == 204 || response->status == 304) {
        response->has_length = true;
        response->length = 0;
        return STATE_COMPLETE;
    }
    if (parser->is_chunked) {
        return response->has_length
                   ? refuse(parser, "the answer is chunked and has a Content-Length")
                   : STATE_CHUNK_SIZE;
    }
    if (response->has_length) {
        parser->left = response->length;
        return response->length > 0 ? STATE_BODY : STATE_COMPLETE;
    }
    response->is_last = true;
    return STATE_REST;
}

static void begin_answer(struct otter_http_parser *parser)
{
    parser->response = (struct otter_http_response){ 0 };
    parser->is_old = false;
    parser->is_kept = false;
    parser->is_chunked = false;
}

static enum state end_head(struct otter_http_parser *parser)
{
    if (parser->response.status == 101) {
        return refuse(parser, "the server changes to another protocol");
    }
    if (parser->response.status < 200) {
        begin_answer(parser); /* a notice; the answer itself follows */
        return STATE_STATUS;
    }
    parser->head_size = 0;
    parser->response.is_last = parser->response.is_last || (parser->is_old && !parser->is_kept);
    return begin_body(parser);
}

static enum state on_status(struct otter_http_parser *parser)
{
    return otter_http_read_status(parser, parser->line) ? STATE_FIELD : STATE_BAD;
}

static enum state on_field(struct otter_http_parser *parser)
{
    if (parser->line_len == 0) {
        return end_head(parser);
    }
    return otter_http_read_field(parser, parser->line) ? STATE_FIELD : STATE_BAD;
}

/* @return the digit's value, or 16 */
static uint32_t hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (uint32_t)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (uint32_t)(c - 'a') + 10u;
    }
    return c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10u : 16u;
}

static enum state on_chunk_size(struct otter_http_parser *parser)
{
    const char *next = parser->line;
    uint32_t size = 0;

    while (hex_digit(*next) < 16u) {
        if (size > UINT32_MAX >> 4) {
            return refuse(parser, "a chunk of the answer is too long");
        }
        size = size << 4 | hex_digit(*next++);
    }
    if (next == parser->line || strchr(" \t;", *next) == NULL) {
        return refuse(parser, "a chunk of the answer has no size");
    }
    parser->head_size = 0;
    parser->left = size;
    return size > 0 ? STATE_CHUNK : STATE_TRAILER;
}

static enum state on_chunk_end(struct otter_http_parser *parser)
{
    return parser->line_len == 0 ? STATE_CHUNK_SIZE
                                 : refuse(parser, "a chunk of the answer is longer than its size");
}

static enum state on_trailer(struct otter_http_parser *parser)
{
    return parser->line_len == 0 ? STATE_COMPLETE : STATE_TRAILER;
}

static enum state (*const on_line[LINE_STATES])(struct otter_http_parser *) = {
    [STATE_STATUS] = on_status,         [STATE_FIELD] = on_field,
    [STATE_CHUNK_SIZE] = on_chunk_size, [STATE_CHUNK_END] = on_chunk_end,
    [STATE_TRAILER] = on_trailer,
};

/* A zero byte would make the rest of the line invisible, and what stands in a line may end up on a
 * terminal. */
static bool is_clean(const struct otter_http_parser *parser)
{
    for (uint16_t i = 0; i < parser->line_len; i++) {
        const uint8_t byte = (uint8_t)parser->line[i];

        if ((byte < ' ' && byte != '\t') || byte == 0x7F) {
            return false;
        }
    }
    return true;
}

static void end_line(struct otter_http_parser *parser)
{
    if (parser->line_len > 0 && !parser->is_cut && parser->line[parser->line_len - 1] == '\r') {
        parser->line_len--;
    }
    parser->line[parser->line_len] = '\0';
    parser->state =
        (uint8_t)(is_clean(parser)
                      ? on_line[parser->state](parser)
                      : refuse(parser, "a line of the answer holds a control character"));
    parser->line_len = 0;
    parser->is_cut = false;
}

static void take_byte(struct otter_http_parser *parser, uint8_t byte)
{
    if (++parser->head_size > HEAD_SIZE_MAX) {
        parser->state = (uint8_t)refuse(parser, "the answer's head does not end");
    } else if (byte == '\n') {
        end_line(parser);
    } else if (parser->line_len < sizeof parser->line - 1) {
        parser->line[parser->line_len++] = (char)byte;
    } else {
        parser->is_cut = true;
    }
}

void otter_http_parser_next(struct otter_http_parser *parser)
{
    begin_answer(parser);
    parser->wrong = NULL;
    parser->state = STATE_STATUS;
    parser->is_cut = false;
    parser->left = 0;
    parser->head_size = 0;
    parser->line_len = 0;
}

enum otter_http_parsed otter_http_parse(struct otter_http_parser *parser, const uint8_t *bytes,
                                        size_t len, size_t *used)
{
    *used = 0;
    while (parser->state < LINE_STATES && *used < len) {
        const bool was_head = parser->state <= STATE_FIELD;

        take_byte(parser, bytes[(*used)++]);
        if (was_head && parser->state > STATE_FIELD && parser->state != STATE_BAD) {
            return OTTER_HTTP_PARSED_HEAD;
        }
    }
    if (parser->state == STATE_BAD) {
        return OTTER_HTTP_PARSED_BAD;
    }
    if (parser->state == STATE_COMPLETE) {
        return OTTER_HTTP_PARSED_END;
    }
    return parser->state < LINE_STATES ? OTTER_HTTP_PARSED_PART : OTTER_HTTP_PARSED_BODY;
}

uint32_t otter_http_body_left(const struct otter_http_parser *parser)
{
    switch (parser->state) {
    case STATE_BODY:
    case STATE_CHUNK:
        return parser->left;
    case STATE_REST:
        return UINT32_MAX;
    default:
        return 0;
    }
}

void otter_http_body_taken(struct otter_http_parser *parser, size_t len)
{
    assert(len <= otter_http_body_left(parser));
    if (parser->state == STATE_REST || len == 0) {
        return;
    }
    parser->left -= (uint32_t)len;
    if (parser->left == 0) {
        parser->state = parser->state == STATE_CHUNK ? STATE_CHUNK_END : STATE_COMPLETE;
    }
}

bool otter_http_parser_end(struct otter_http_parser *parser)
{
    if (parser->state == STATE_REST) {
        parser->state = STATE_COMPLETE;
    }
    return parser->state == STATE_COMPLETE;
}
