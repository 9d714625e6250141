/* SPDX-License-Identifier: Apache-2.0 */

/** JSON documents from outside: jobs, manifests. jsmn cuts them into tokens; this checks what jsmn
 * lets pass, and reads values.
 *
 * Keys are matched without regard to case and by their full length, as the AnyCloud library's peers
 * write them in both ways. */
#ifndef OTTER_JSON_H
#define OTTER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/version.h"

#define JSMN_HEADER
#include "jsmn.h"

/** Keys, values, objects and arrays that a job or a manifest may have together; each takes 16 bytes. */
#define OTTER_JSON_TOKENS_MAX 64

/** The longest value, with its terminator: a host's or a file's name. */
#define OTTER_JSON_VALUE_SIZE 257

/** A document in tokens. The first one is the object itself. */
struct otter_json {
    const char *text;  /* borrowed */
    jsmntok_t *tokens; /* the caller's */
    size_t count;
};

/** A value as text: what stands between the quotes, decoded, or a number as it is written. */
struct otter_json_value {
    bool is_text; /**< it stands between quotes */
    char text[OTTER_JSON_VALUE_SIZE];
};

enum otter_json_result {
    OTTER_JSON_OK,
    OTTER_JSON_TOO_BIG, /**< there is no room for its tokens */
    OTTER_JSON_SYNTAX,  /**< no JSON object, something behind it, a NUL, a key without a value */
};

/** Cut a document into tokens. Objects inside it are looked at by otter_json_is_object().
 *
 *  @param tokens  room for them, borrowed as long as @p json is used
 *  @param text    borrowed as long as @p json is used; need not be terminated */
enum otter_json_result otter_json_parse(struct otter_json *json, jsmntok_t *tokens, size_t room,
                                        const char *text, size_t len);

/** The token behind the one at @p index and everything inside it. A member's value is the token
 * behind its key. */
size_t otter_json_next(const struct otter_json *json, size_t index);

/** Is the token at @p index inside the object or array at @p container? */
bool otter_json_is_inside(const struct otter_json *json, size_t index, size_t container);

/** Is it an object in which each key is a text with one value? */
bool otter_json_is_object(const struct otter_json *json, size_t index);

/** Is the token at @p index, a key, this word? */
bool otter_json_is_key(const struct otter_json *json, size_t index, const char *word);

/** The value of the first key @p word in the object at @p object; 0 if there is none. */
size_t otter_json_find(const struct otter_json *json, size_t object, const char *word);

/** Decode a text, a number, true, false or null. @return false: it is none, too long or malformed */
bool otter_json_value(const struct otter_json *json, size_t index, struct otter_json_value *value);

/** Decode a text of any length.
 *  @param text  "" if there is none, or it is malformed or too long; always terminated
 *  @return its length */
size_t otter_json_text(const struct otter_json *json, size_t index, char *text, size_t size);

/** Is the value this word, without regard to case? */
bool otter_json_is_word(const struct otter_json_value *value, const char *word);

/** Copy a text; what does not fit is refused, not cut. @return false: no text, or too long */
bool otter_json_copy(const struct otter_json_value *value, char *text, size_t size);

/** Read decimal digits and nothing else, between quotes or not, up to @p max. */
bool otter_json_number(const struct otter_json_value *value, uint32_t max, uint32_t *number);

/** Read a version of three numbers, as the AnyCloud library wants it: "1" and "1.2" are more likely
 * slips than versions. */
bool otter_json_version(const struct otter_json_value *value, struct otter_version *version);

/** The digit's value; -1 if it is not hexadecimal. */
int otter_json_hex_digit(char c);

#endif
