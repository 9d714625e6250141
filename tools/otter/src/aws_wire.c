/* SPDX-License-Identifier: Apache-2.0 */

/* Both encodings carry the same keys, so a message is a list of pairs, and each encoding knows how to
 * write any pair. What the service really sends decides, not what its documentation says: CBOR maps
 * are open, JSON bytes are base64, errors have their names twice. */

#include "aws_wire.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "otter/cbor.h"
#include "utf8.h"

/* --- reading ------------------------------------------------------------------------------------ */

/* Where a number of a request goes. */
struct number_key {
    const char *key;
    uint64_t *value;
    bool *is_there;
};

#define NUMBER_KEYS 5

static void list_numbers(struct aws_request *request, struct number_key keys[NUMBER_KEYS])
{
    keys[0] = (struct number_key){ "s", &request->version, &request->has_version };
    keys[1] = (struct number_key){ "f", &request->file, &request->has_file };
    keys[2] = (struct number_key){ "l", &request->size, &request->has_size };
    keys[3] = (struct number_key){ "o", &request->offset, &request->has_offset };
    keys[4] = (struct number_key){ "n", &request->count, &request->has_count };
}

/* Only a token that is text and fits is kept: it is echoed. */
static enum aws_code take_token(struct aws_request *request, const void *text, size_t len)
{
    if (len > AWS_TOKEN_MAX) {
        request->has_long_token = true;
        return AWS_ACCEPTED;
    }
    if (!utf8_is_valid(text, len)) {
        return AWS_INVALID_REQUEST;
    }
    request->has_token = true;
    memcpy(request->token, text, len);
    request->token[len] = '\0';
    return AWS_ACCEPTED;
}

/* One that is too long is counted, not kept. */
static void take_bitmap(struct aws_request *request, const uint8_t *bytes, size_t len)
{
    request->has_bitmap = true;
    request->bitmap_len = len;
    if (len < AWS_BITMAP_LIMIT) {
        memcpy(request->bitmap, bytes, len);
    }
}

/* --- reading CBOR ------------------------------------------------------------------------------- */

static bool is_string(const struct otter_cbor_item *item, enum otter_cbor_kind kind)
{
    return item->kind == kind && !item->is_open;
}

static enum aws_code take_cbor(struct aws_request *request, const struct otter_cbor_item *key,
                               const struct otter_cbor_item *value)
{
    struct number_key numbers[NUMBER_KEYS];

    if (otter_cbor_is_text(key, "c") && !request->has_token && !request->has_long_token) {
        return is_string(value, OTTER_CBOR_TEXT)
                   ? take_token(request, value->bytes, (size_t)value->value)
                   : AWS_INVALID_CBOR;
    }
    if (otter_cbor_is_text(key, "b") && !request->has_bitmap) {
        if (!is_string(value, OTTER_CBOR_BYTES)) {
            return AWS_INVALID_CBOR;
        }
        take_bitmap(request, value->bytes, (size_t)value->value);
    }
    list_numbers(request, numbers);
    for (int i = 0; i < NUMBER_KEYS; i++) {
        if (otter_cbor_is_text(key, numbers[i].key) && !*numbers[i].is_there) {
            *numbers[i].value = value->value;
            *numbers[i].is_there = true;
            return value->kind == OTTER_CBOR_UNSIGNED ? AWS_ACCEPTED : AWS_INVALID_REQUEST;
        }
    }
    return AWS_ACCEPTED;
}

static enum aws_code read_cbor(const uint8_t *bytes, size_t len, struct aws_request *request)
{
    struct otter_cbor_reader reader;
    struct otter_cbor_map map;
    struct otter_cbor_item key;
    struct otter_cbor_item value;
    enum otter_cbor_step step;
    enum aws_code code = AWS_ACCEPTED;

    if (!otter_cbor_read_map(&reader, bytes, len, &map)) {
        return AWS_INVALID_CBOR;
    }
    while ((step = otter_cbor_read_pair(&reader, &map, &key, &value)) == OTTER_CBOR_PAIR) {
        const enum aws_code trouble = take_cbor(request, &key, &value);

        code = code == AWS_ACCEPTED ? trouble : code;
    }
    return step == OTTER_CBOR_BAD || reader.left > 0 ? AWS_INVALID_CBOR : code;
}

/* --- reading JSON ------------------------------------------------------------------------------- */

static const cJSON *get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* The documentation says hexadecimal digits; the service takes it for base64. */
static enum aws_code take_json_bitmap(struct aws_request *request, const char *text)
{
    const size_t len = strlen(text);
    uint8_t *bytes;
    int count;

    if (len / 4 * 3 >= AWS_BITMAP_LIMIT + 3) {
        request->has_bitmap = true;
        request->bitmap_len = len / 4 * 3;
        return AWS_ACCEPTED;
    }
    bytes = malloc(len + 1);
    count = bytes != NULL ? EVP_DecodeBlock(bytes, (const uint8_t *)text, (int)len) : -1;
    if (count > 0) {
        /* It counts the bytes that the padding stands for. */
        count -= (text[len - 1] == '=') + (text[len - 2] == '=');
        take_bitmap(request, bytes, (size_t)count);
    }
    free(bytes);
    return count > 0 ? AWS_ACCEPTED : AWS_INVALID_REQUEST;
}

static enum aws_code take_json(struct aws_request *request, const cJSON *json)
{
    const cJSON *token = get(json, "c");
    const cJSON *bitmap = get(json, "b");
    struct number_key numbers[NUMBER_KEYS];
    enum aws_code code = AWS_ACCEPTED;

    if (!cJSON_IsObject(json) || (token != NULL && !cJSON_IsString(token))
        || (bitmap != NULL && !cJSON_IsString(bitmap))) {
        return AWS_INVALID_REQUEST;
    }
    list_numbers(request, numbers);
    for (int i = 0; i < NUMBER_KEYS; i++) {
        const cJSON *item = get(json, numbers[i].key);

        if (item == NULL) {
            continue;
        }
        if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > UINT32_MAX
            || item->valuedouble != floor(item->valuedouble)) {
            return AWS_INVALID_REQUEST;
        }
        *numbers[i].value = (uint64_t)item->valuedouble;
        *numbers[i].is_there = true;
    }
    if (token != NULL) {
        code = take_token(request, token->valuestring, strlen(token->valuestring));
    }
    if (code == AWS_ACCEPTED && bitmap != NULL) {
        code = take_json_bitmap(request, bitmap->valuestring);
    }
    return code;
}

static enum aws_code read_json(const char *text, size_t len, struct aws_request *request)
{
    cJSON *json = json_parse_exactly(text, len);
    enum aws_code code = AWS_INVALID_JSON;

    if (json != NULL) {
        code = take_json(request, json);
    }
    cJSON_Delete(json);
    return code;
}

enum aws_code aws_wire_read(enum aws_format format, const void *payload, size_t len,
                            struct aws_request *request)
{
    *request = (struct aws_request){ 0 };
    return format == AWS_CBOR ? read_cbor(payload, len, request) : read_json(payload, len, request);
}

/* --- writing ------------------------------------------------------------------------------------ */

enum pair_kind { PAIR_NUMBER, PAIR_TEXT, PAIR_BYTES, PAIR_FILES };

struct pair {
    const char *key;
    enum pair_kind kind;
    uint32_t number;
    const char *text;
    const uint8_t *bytes;
    const struct aws_described_file *files;
    size_t count; /* of bytes or files */
};

/* A message that is gathered, and then written forwards or backwards. */
#define PAIRS_MAX 8

struct pairs {
    struct pair rows[PAIRS_MAX];
    size_t count;
};

static void add(struct pairs *pairs, struct pair pair)
{
    pairs->rows[pairs->count++] = pair;
}

static void add_number(struct pairs *pairs, const char *key, uint32_t number)
{
    add(pairs, (struct pair){ .key = key, .kind = PAIR_NUMBER, .number = number });
}

/* What is NULL is not there. */
static void add_text(struct pairs *pairs, const char *key, const char *text)
{
    if (text != NULL) {
        add(pairs, (struct pair){ .key = key, .kind = PAIR_TEXT, .text = text });
    }
}

static void turn_round(struct pairs *pairs)
{
    add_text(pairs, "later", "a key that nobody knows yet");
    for (size_t i = 0; i < pairs->count / 2; i++) {
        struct pair *other = &pairs->rows[pairs->count - 1 - i];
        const struct pair kept = pairs->rows[i];

        pairs->rows[i] = *other;
        *other = kept;
    }
}

static void write_files(struct otter_cbor_writer *writer, const struct pair *pair)
{
    otter_cbor_write_array(writer, (uint32_t)pair->count);
    for (size_t i = 0; i < pair->count; i++) {
        otter_cbor_write_map(writer, 2);
        otter_cbor_write_text(writer, "f");
        otter_cbor_write_unsigned(writer, pair->files[i].id);
        otter_cbor_write_text(writer, "z");
        otter_cbor_write_unsigned(writer, (uint32_t)pair->files[i].size);
    }
}

static void write_value(struct otter_cbor_writer *writer, const struct pair *pair)
{
    switch (pair->kind) {
    case PAIR_NUMBER:
        otter_cbor_write_unsigned(writer, pair->number);
        break;
    case PAIR_TEXT:
        otter_cbor_write_text(writer, pair->text);
        break;
    case PAIR_BYTES:
        otter_cbor_write_bytes(writer, pair->bytes, pair->count);
        break;
    case PAIR_FILES:
        write_files(writer, pair);
        break;
    }
}

static size_t write_cbor(const struct aws_style *style, const struct pairs *pairs, uint8_t *bytes,
                         size_t size)
{
    struct otter_cbor_writer writer;

    otter_cbor_write_init(&writer, bytes, size);
    if (style->is_definite) {
        otter_cbor_write_map(&writer, (uint32_t)pairs->count);
    } else {
        otter_cbor_write_open_map(&writer);
    }
    for (size_t i = 0; i < pairs->count; i++) {
        otter_cbor_write_text(&writer, pairs->rows[i].key);
        write_value(&writer, &pairs->rows[i]);
    }
    if (!style->is_definite) {
        otter_cbor_write_break(&writer);
    }
    return writer.truncated ? 0 : writer.len;
}

static cJSON *make_base64(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len / 3 * 4 + 5);
    cJSON *item = NULL;

    if (text != NULL) {
        (void)EVP_EncodeBlock((uint8_t *)text, bytes, (int)len);
        item = cJSON_CreateString(text);
    }
    free(text);
    return item;
}

static cJSON *make_files(const struct pair *pair)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < pair->count; i++) {
        cJSON *file = cJSON_CreateObject();

        (void)cJSON_AddNumberToObject(file, "f", pair->files[i].id);
        (void)cJSON_AddNumberToObject(file, "z", (double)pair->files[i].size);
        (void)cJSON_AddItemToArray(list, file);
    }
    return list;
}

static cJSON *make_value(const struct pair *pair)
{
    switch (pair->kind) {
    case PAIR_NUMBER:
        return cJSON_CreateNumber(pair->number);
    case PAIR_TEXT:
        return cJSON_CreateString(pair->text);
    case PAIR_BYTES:
        return make_base64(pair->bytes, pair->count);
    case PAIR_FILES:
        return make_files(pair);
    }
    return NULL;
}

static size_t write_json(const struct pairs *pairs, uint8_t *bytes, size_t size)
{
    cJSON *json = cJSON_CreateObject();
    size_t len = 0;
    char *text;

    for (size_t i = 0; i < pairs->count; i++) {
        (void)cJSON_AddItemToObject(json, pairs->rows[i].key, make_value(&pairs->rows[i]));
    }
    text = cJSON_PrintUnformatted(json);
    if (text != NULL && strlen(text) <= size) {
        len = strlen(text);
        memcpy(bytes, text, len);
    }
    cJSON_free(text);
    cJSON_Delete(json);
    return len;
}

static size_t write_pairs(enum aws_format format, const struct aws_style *style,
                          struct pairs *pairs, uint8_t *bytes, size_t size)
{
    if (style->is_other_order) {
        turn_round(pairs);
    }
    return format == AWS_CBOR ? write_cbor(style, pairs, bytes, size)
                              : write_json(pairs, bytes, size);
}

size_t aws_wire_block(enum aws_format format, const struct aws_style *style,
                      const struct aws_block *block, uint8_t *bytes, size_t size)
{
    struct pairs pairs = { .count = 0 };

    add_text(&pairs, "c", block->token);
    add_number(&pairs, "f", block->file);
    add_number(&pairs, "l", block->size);
    add_number(&pairs, "i", block->index);
    add(&pairs,
        (struct pair){ .key = "p", .kind = PAIR_BYTES, .bytes = block->data, .count = block->len });
    return write_pairs(format, style, &pairs, bytes, size);
}

size_t aws_wire_error(enum aws_format format, const struct aws_style *style, enum aws_code code,
                      const char *message, const char *token, uint8_t *bytes, size_t size)
{
    struct pairs pairs = { .count = 0 };

    add_text(&pairs, "code", aws_code_name(code));
    add_text(&pairs, "o", aws_code_name(code));
    add_text(&pairs, "message", message);
    add_text(&pairs, "m", message);
    add_text(&pairs, "clientToken", token);
    add_text(&pairs, "c", token);
    return write_pairs(format, style, &pairs, bytes, size);
}

size_t aws_wire_description(enum aws_format format, const struct aws_style *style,
                            const struct aws_description *description, uint8_t *bytes, size_t size)
{
    struct pairs pairs = { .count = 0 };

    add_text(&pairs, "c", description->token);
    add_number(&pairs, "s", description->version);
    add_text(&pairs, "d", description->text);
    add(&pairs, (struct pair){ .key = "r",
                               .kind = PAIR_FILES,
                               .files = description->files,
                               .count = description->count });
    return write_pairs(format, style, &pairs, bytes, size);
}
