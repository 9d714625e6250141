/* SPDX-License-Identifier: Apache-2.0 */

/** Text built piece by piece in a buffer of the caller's.
 *
 * The buffer always holds a terminated string. What does not fit is left out and remembered, so
 * that a caller appends everything and checks `truncated` once at the end. */
#ifndef OTTER_TEXT_H
#define OTTER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct otter_version;

struct otter_text {
    char *buffer;   /* the caller's; terminated after each call */
    size_t size;    /* bytes of the buffer, terminator included; at least 1 */
    size_t length;  /* characters so far, without the terminator */
    bool truncated; /* something did not fit */
};

/** Start with an empty text in @p buffer of @p size bytes (at least 1). */
void otter_text_init(struct otter_text *text, char *buffer, size_t size);

void otter_text_append(struct otter_text *text, const char *string);
void otter_text_append_bytes(struct otter_text *text, const char *bytes, size_t len);
void otter_text_append_u32(struct otter_text *text, uint32_t value);

/** Append @p len bytes as 2 * @p len lower-case hexadecimal digits. */
void otter_text_append_hex(struct otter_text *text, const uint8_t *bytes, size_t len);

/** Append "0x" and eight hexadecimal digits. */
void otter_text_append_hex32(struct otter_text *text, uint32_t value);

void otter_text_append_version(struct otter_text *text, const struct otter_version *version);

/** Append @p string in double quotes, escaped as JSON asks (RFC 8259, section 7). */
void otter_text_append_json(struct otter_text *text, const char *string);

/** Are the first @p len characters of @p text the whole of @p word, whatever the case of their letters
 * (those of ASCII)? With the length of the word: does the text begin with it? */
bool otter_text_is_word(const char *text, size_t len, const char *word);

#endif
