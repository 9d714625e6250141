/* SPDX-License-Identifier: Apache-2.0 */

/* The lines of a head: a table of the few names that matter.
 *
 * What decides where an answer ends (its length, its encoding) must be beyond doubt, or a body
 * could pass for the next answer: such a line is refused if there is anything odd about it. What
 * only informs is passed over instead. */

#include "fields.h"

#include <string.h>

#include "otter/text.h"

#define STATUS_MAX 599u

static bool refuse(struct otter_http_parser *parser, const char *wrong)
{
    parser->wrong = wrong;
    return false;
}

/* Text ---------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Whatever its case. */
static bool begins(const char *text, const char *word)
{
    return otter_text_is_word(text, strlen(word), word);
}

static bool is_word(const char *text, const char *word)
{
    return otter_text_is_word(text, strlen(text), word);
}

/* Read decimal digits, at least one, and move behind them. @return false: none, or too many */
static bool read_number(const char **text, uint32_t *number)
{
    const char *next = *text;
    uint32_t value = 0;

    while (is_digit(*next)) {
        const uint32_t digit = (uint32_t)(*next++ - '0');

        if (value > (UINT32_MAX - digit) / 10u) {
            return false;
        }
        value = 10u * value + digit;
    }
    if (next == *text) {
        return false;
    }
    *text = next;
    *number = value;
    return true;
}

static bool is_number(const char *text, uint32_t *number)
{
    return read_number(&text, number) && *text == '\0';
}

/* Fields -------------------------------------------------------------------------------------- */

static bool on_content_length(struct otter_http_parser *parser, const char *value)
{
    struct otter_http_response *response = &parser->response;
    uint32_t length;

    if (!is_number(value, &length) || (response->has_length && length != response->length)) {
        return refuse(parser, "the answer's Content-Length is no length, or there are two of them");
    }
    response->has_length = true;
    response->length = length;
    return true;
}

static bool on_transfer_encoding(struct otter_http_parser *parser, const char *value)
{
    if (parser->is_chunked || !is_word(value, "chunked")) {
        return refuse(parser, "the answer has a Transfer-Encoding that was not asked for");
    }
    parser->is_chunked = true;
    return true;
}

static bool on_content_encoding(struct otter_http_parser *parser, const char *value)
{
    return is_word(value, "identity")
           || refuse(parser, "the server has compressed the answer, which was not asked for");
}

/* "bytes 0-4095/10000", with * for a total that is not known, and for the range of status 416. */
static bool on_content_range(struct otter_http_parser *parser, const char *value)
{
    struct otter_http_response *response = &parser->response;
    uint32_t first = 0;
    uint32_t last = 0;
    uint32_t total = 0;
    const char *next = value + strlen("bytes ");
    bool has_range;
    bool has_total;

    if (!begins(value, "bytes ")) {
        return true;
    }
    has_range = read_number(&next, &first) && *next++ == '-' && read_number(&next, &last)
                && first <= last && last < UINT32_MAX;
    if (!has_range && *next++ != '*') {
        return true;
    }
    if (*next++ != '/') {
        return true;
    }
    has_total = is_number(next, &total);
    if (!has_total && !is_word(next, "*")) {
        return true;
    }
    response->has_range = has_range && (!has_total || last < total);
    response->first = first;
    response->last = last;
    response->has_total = has_total;
    response->total = total;
    return true;
}

/* A list of words, of which two mean something. */
static bool on_connection(struct otter_http_parser *parser, const char *value)
{
    while (*value != '\0') {
        const size_t len = strcspn(value, ", \t");

        if (len == strlen("close") && begins(value, "close")) {
            parser->response.is_last = true;
        }
        if (len == strlen("keep-alive") && begins(value, "keep-alive")) {
            parser->is_kept = true;
        }
        value += len;
        value += strspn(value, ", \t");
    }
    return true;
}

/* The other form, a date, needs a clock that many devices do not have. */
static bool on_retry_after(struct otter_http_parser *parser, const char *value)
{
    parser->response.has_retry_after = is_number(value, &parser->response.retry_after_s);
    return true;
}

/* A text that does not fit is none: a tag that is cut would match others, and a place that is cut
 * is another place. */
static void keep_text(const struct otter_http_parser *parser, const char *value, char *dst,
                      size_t size)
{
    struct otter_text text;

    otter_text_init(&text, dst, size);
    otter_text_append(&text, value);
    if (text.truncated || parser->is_cut) {
        dst[0] = '\0';
    }
}

static bool on_etag(struct otter_http_parser *parser, const char *value)
{
    keep_text(parser, value, parser->response.etag, sizeof parser->response.etag);
    return true;
}

static bool on_location(struct otter_http_parser *parser, const char *value)
{
    keep_text(parser, value, parser->response.location, sizeof parser->response.location);
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct otter_http_parser *parser, const char *value);
} fields[] = {
    { "content-length", on_content_length },
    { "transfer-encoding", on_transfer_encoding },
    { "content-encoding", on_content_encoding },
    { "content-range", on_content_range },
    { "connection", on_connection },
    { "retry-after", on_retry_after },
    { "etag", on_etag },
    { "location", on_location },
};

static bool read_value(struct otter_http_parser *parser, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (is_word(name, fields[i].name)) {
            return fields[i].read(parser, value);
        }
    }
    return true;
}

/* ---------------------------------------------------------------------------------------------- */

bool otter_http_read_field(struct otter_http_parser *parser, char *line)
{
    char *const colon = strchr(line, ':');
    char *value;
    size_t len;

    /* A blank at the beginning would continue the line before, one before the colon would hide the
     * name; both have been used to make two readers see two different answers. */
    if (colon == NULL || colon == line || strcspn(line, " \t") < (size_t)(colon - line)) {
        return refuse(parser, "a line of the answer's head is malformed");
    }
    *colon = '\0';
    value = colon + 1;
    value += strspn(value, " \t");
    len = strlen(value);
    while (len > 0 && is_blank(value[len - 1])) {
        len--;
    }
    value[len] = '\0';
    return read_value(parser, line, value);
}

bool otter_http_read_status(struct otter_http_parser *parser, const char *line)
{
    const char *next = line + strlen("HTTP/1.x ");
    uint32_t status;

    if (!begins(line, "http/1.") || !is_digit(line[7]) || line[8] != ' '
        || !read_number(&next, &status) || (*next != ' ' && *next != '\0') || status < 100
        || status > STATUS_MAX) {
        return refuse(parser, "the answer is not HTTP/1.1");
    }
    parser->is_old = line[7] == '0';
    parser->response.status = (uint16_t)status;
    return true;
}
