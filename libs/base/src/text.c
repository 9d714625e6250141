/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/text.h"

#include <string.h>

#include "otter/version.h"

static const char hex_digits[] = "0123456789abcdef";

void otter_text_init(struct otter_text *text, char *buffer, size_t size)
{
    *text = (struct otter_text){ .buffer = buffer, .size = size };
    buffer[0] = '\0';
}

static void append_char(struct otter_text *text, char c)
{
    if (text->size - text->length < 2) {
        text->truncated = true;
        return;
    }
    text->buffer[text->length++] = c;
    text->buffer[text->length] = '\0';
}

void otter_text_append_bytes(struct otter_text *text, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        append_char(text, bytes[i]);
    }
}

void otter_text_append(struct otter_text *text, const char *string)
{
    otter_text_append_bytes(text, string, strlen(string));
}

void otter_text_append_u32(struct otter_text *text, uint32_t value)
{
    char digits[10];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0) {
        append_char(text, digits[--count]);
    }
}

void otter_text_append_hex(struct otter_text *text, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        append_char(text, hex_digits[bytes[i] >> 4]);
        append_char(text, hex_digits[bytes[i] & 0xFu]);
    }
}

void otter_text_append_hex32(struct otter_text *text, uint32_t value)
{
    otter_text_append(text, "0x");
    for (int shift = 28; shift >= 0; shift -= 4) {
        append_char(text, hex_digits[value >> shift & 0xFu]);
    }
}

void otter_text_append_version(struct otter_text *text, const struct otter_version *version)
{
    otter_text_append_u32(text, version->major);
    append_char(text, '.');
    otter_text_append_u32(text, version->minor);
    append_char(text, '.');
    otter_text_append_u32(text, version->revision);
    if (version->build != 0) {
        append_char(text, '+');
        otter_text_append_u32(text, version->build);
    }
}

static void append_json_char(struct otter_text *text, char c)
{
    const uint8_t code = (uint8_t)c;

    if (c == '"' || c == '\\') {
        append_char(text, '\\');
        append_char(text, c);
    } else if (code < 0x20) {
        otter_text_append(text, "\\u00");
        otter_text_append_hex(text, &code, 1);
    } else {
        append_char(text, c);
    }
}

void otter_text_append_json(struct otter_text *text, const char *string)
{
    append_char(text, '"');
    for (; *string != '\0'; string++) {
        append_json_char(text, *string);
    }
    append_char(text, '"');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool otter_text_is_word(const char *text, size_t len, const char *word)
{
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '\0' || lower(text[i]) != lower(word[i])) {
            return false;
        }
    }
    return word[len] == '\0';
}
