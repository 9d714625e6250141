/* SPDX-License-Identifier: Apache-2.0 */

/* JSON over jsmn.
 *
 * jsmn trusts its callers with much: it takes bytes after the document, control characters in
 * strings and keys without values. Those are refused here. */

#define JSMN_STATIC
#define JSMN_STRICT
#include "jsmn.h"

#include <string.h>

#include "otter/json.h"
#include "otter/text.h"

/* ---- tokens ---- */

static size_t token_length(const jsmntok_t *token)
{
    return (size_t)(token->end - token->start);
}

static bool is_nul_inside(const char *text, size_t len)
{
    return memchr(text, '\0', len) != NULL;
}

size_t otter_json_next(const struct otter_json *json, size_t index)
{
    const int end = json->tokens[index].end;

    do {
        index++;
    } while (index < json->count && json->tokens[index].start < end);
    return index;
}

bool otter_json_is_inside(const struct otter_json *json, size_t index, size_t container)
{
    return index < json->count && json->tokens[index].start < json->tokens[container].end;
}

bool otter_json_is_object(const struct otter_json *json, size_t index)
{
    size_t key = index + 1;

    if (json->tokens[index].type != JSMN_OBJECT) {
        return false;
    }
    while (otter_json_is_inside(json, key, index)) {
        if (json->tokens[key].type != JSMN_STRING || json->tokens[key].size != 1) {
            return false;
        }
        key = otter_json_next(json, key + 1);
    }
    return true;
}

enum otter_json_result otter_json_parse(struct otter_json *json, jsmntok_t *tokens, size_t room,
                                        const char *text, size_t len)
{
    jsmn_parser parser;
    int count;

    jsmn_init(&parser);
    count = jsmn_parse(&parser, text, len, tokens, (unsigned)room);
    if (count == JSMN_ERROR_NOMEM) {
        return OTTER_JSON_TOO_BIG;
    }
    /* jsmn stops at a NUL and calls the rest well. */
    if (count <= 0 || is_nul_inside(text, len)) {
        return OTTER_JSON_SYNTAX;
    }
    *json = (struct otter_json){ .text = text, .tokens = tokens, .count = (size_t)count };
    return otter_json_is_object(json, 0) && otter_json_next(json, 0) == json->count
               ? OTTER_JSON_OK
               : OTTER_JSON_SYNTAX;
}

bool otter_json_is_key(const struct otter_json *json, size_t index, const char *word)
{
    const jsmntok_t *key = &json->tokens[index];

    return otter_text_is_word(json->text + key->start, token_length(key), word);
}

size_t otter_json_find(const struct otter_json *json, size_t object, const char *word)
{
    size_t key = object + 1;

    while (otter_json_is_inside(json, key, object)) {
        if (otter_json_is_key(json, key, word)) {
            return key + 1;
        }
        key = otter_json_next(json, key + 1);
    }
    return 0;
}

/* ---- values ---- */

int otter_json_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decode the four digits of \uXXXX. Names and numbers are ASCII; what is not has no business in an
 * escape, and NUL has none anywhere. @return the character, or 0 */
static char decode_unicode(const char *digits, size_t len)
{
    int code = 0;

    if (len < 4) {
        return '\0';
    }
    for (size_t i = 0; i < 4; i++) {
        const int digit = otter_json_hex_digit(digits[i]);

        if (digit < 0) {
            return '\0';
        }
        code = code * 16 + digit;
    }
    return code <= 0x7F ? (char)code : '\0';
}

/* Decode the escape whose letter is at @p text[0]. @return bytes it takes, 0 if it is none */
static size_t decode_escape(const char *text, size_t len, char *c)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (len == 0) {
        return 0;
    }
    if (text[0] == 'u') {
        *c = decode_unicode(text + 1, len - 1);
        return *c == '\0' ? 0 : 5;
    }
    letter = strchr(letters, text[0]);
    if (letter == NULL) {
        return 0;
    }
    *c = meanings[letter - letters];
    return 1;
}

static bool decode_string(const char *text, size_t len, char *decoded, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if ((uint8_t)c < 0x20 || used == size - 1) {
            return false;
        }
        if (c == '\\') {
            const size_t taken = decode_escape(text + i + 1, len - i - 1, &c);

            if (taken == 0) {
                return false;
            }
            i += taken;
        }
        decoded[used++] = c;
    }
    decoded[used] = '\0';
    return true;
}

bool otter_json_value(const struct otter_json *json, size_t index, struct otter_json_value *value)
{
    const jsmntok_t *token = &json->tokens[index];

    value->is_text = token->type == JSMN_STRING;
    if (!value->is_text && token->type != JSMN_PRIMITIVE) {
        return false;
    }
    return decode_string(json->text + token->start, token_length(token), value->text,
                         sizeof value->text);
}

size_t otter_json_text(const struct otter_json *json, size_t index, char *text, size_t size)
{
    const jsmntok_t *token = &json->tokens[index];

    if (token->type != JSMN_STRING
        || !decode_string(json->text + token->start, token_length(token), text, size)) {
        text[0] = '\0';
    }
    return strlen(text);
}

bool otter_json_is_word(const struct otter_json_value *value, const char *word)
{
    return otter_text_is_word(value->text, strlen(value->text), word);
}

bool otter_json_copy(const struct otter_json_value *value, char *text, size_t size)
{
    const size_t len = strlen(value->text);

    if (!value->is_text || len >= size) {
        return false;
    }
    memcpy(text, value->text, len + 1);
    return true;
}

bool otter_json_number(const struct otter_json_value *value, uint32_t max, uint32_t *number)
{
    uint32_t sum = 0;

    for (const char *next = value->text; *next != '\0'; next++) {
        const uint32_t digit = (uint32_t)(*next - '0');

        if (*next < '0' || *next > '9' || digit > max || sum > (max - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *number = sum;
    return value->text[0] != '\0';
}

static size_t count_dots(const char *text)
{
    size_t dots = 0;

    for (; *text != '\0'; text++) {
        dots += *text == '.';
    }
    return dots;
}

bool otter_json_version(const struct otter_json_value *value, struct otter_version *version)
{
    return value->is_text && count_dots(value->text) == 2
           && otter_version_parse(value->text, version) == OTTER_OK;
}
