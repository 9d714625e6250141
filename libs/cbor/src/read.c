/* SPDX-License-Identifier: Apache-2.0 */

/* The reader: one item at a time. An item is a head, which holds a number, and for strings the bytes
 * behind it. What is nested is walked through with a small stack of counts, not by recursion: whoever
 * sends a message must not decide how much stack it takes. */

#include "otter/cbor.h"

#include <string.h>

/* Additional information, the low five bits of a head (RFC 8949, section 3). */
#define ARGUMENT_BYTES 24u /* from here on the number is in 1, 2, 4 or 8 bytes behind the head */
#define ARGUMENT_OPEN  31u

#define BREAK 0xFFu

static bool take(struct otter_cbor_reader *reader, size_t len, const uint8_t **bytes)
{
    if (len > reader->left) {
        return false;
    }
    *bytes = reader->next;
    reader->next += len;
    reader->left -= len;
    return true;
}

static bool read_argument(struct otter_cbor_reader *reader, unsigned size_code, uint64_t *value)
{
    const size_t size = (size_t)1 << size_code;
    const uint8_t *bytes;

    if (size_code > 3 || !take(reader, size, &bytes)) {
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        *value = *value << 8 | bytes[i];
    }
    return true;
}

static bool may_be_open(enum otter_cbor_kind kind)
{
    return kind == OTTER_CBOR_BYTES || kind == OTTER_CBOR_TEXT || kind == OTTER_CBOR_ARRAY
           || kind == OTTER_CBOR_MAP;
}

static bool read_head(struct otter_cbor_reader *reader, struct otter_cbor_item *item)
{
    const uint8_t *head;
    unsigned argument;

    if (!take(reader, 1, &head)) {
        return false;
    }
    argument = *head & 0x1Fu;
    *item = (struct otter_cbor_item){
        .kind = (enum otter_cbor_kind)(*head >> 5),
        .is_open = argument == ARGUMENT_OPEN,
        .value = argument,
    };
    if (item->is_open) {
        return may_be_open(item->kind);
    }
    return argument < ARGUMENT_BYTES
           || read_argument(reader, argument - ARGUMENT_BYTES, &item->value);
}

static bool is_string(const struct otter_cbor_item *item)
{
    return item->kind == OTTER_CBOR_BYTES || item->kind == OTTER_CBOR_TEXT;
}

static bool read_item(struct otter_cbor_reader *reader, struct otter_cbor_item *item)
{
    if (!read_head(reader, item)) {
        return false;
    }
    if (!is_string(item) || item->is_open) {
        return true;
    }
    return item->value <= reader->left && take(reader, (size_t)item->value, &item->bytes);
}

static bool take_break(struct otter_cbor_reader *reader)
{
    const uint8_t *byte;

    return reader->left > 0 && *reader->next == BREAK && take(reader, 1, &byte);
}

/* ---- what is passed over ---- */

/* Items that are still to come in an open container. */
#define TO_THE_BREAK UINT64_MAX

/* Items inside @p item, which were not read with it. */
static uint64_t items_inside(const struct otter_cbor_item *item)
{
    if (item->is_open) {
        return TO_THE_BREAK;
    }
    if (item->kind == OTTER_CBOR_MAP) {
        /* More pairs than a message can have are as bad as any other number that is too large. */
        return item->value < TO_THE_BREAK / 2 ? 2 * item->value : TO_THE_BREAK - 1;
    }
    if (item->kind == OTTER_CBOR_ARRAY) {
        return item->value < TO_THE_BREAK ? item->value : TO_THE_BREAK - 1;
    }
    return item->kind == OTTER_CBOR_TAG ? 1 : 0;
}

static bool is_complete(struct otter_cbor_reader *reader, uint64_t left)
{
    return left == 0 || (left == TO_THE_BREAK && take_break(reader));
}

/* Each turn ends a container or takes at least one byte. */
static bool skip_inside(struct otter_cbor_reader *reader, const struct otter_cbor_item *item)
{
    uint64_t left[OTTER_CBOR_DEPTH_MAX] = { items_inside(item) };
    size_t depth = 1;

    while (depth > 0) {
        struct otter_cbor_item inner;

        if (is_complete(reader, left[depth - 1])) {
            depth--;
            continue;
        }
        if (!read_item(reader, &inner)) {
            return false;
        }
        left[depth - 1] -= left[depth - 1] != TO_THE_BREAK;
        if (items_inside(&inner) == 0) {
            continue;
        }
        if (depth == OTTER_CBOR_DEPTH_MAX) {
            return false;
        }
        left[depth++] = items_inside(&inner);
    }
    return true;
}

/* ---- maps ---- */

bool otter_cbor_read_map(struct otter_cbor_reader *reader, const uint8_t *bytes, size_t len,
                         struct otter_cbor_map *map)
{
    struct otter_cbor_item item;

    *reader = (struct otter_cbor_reader){ .next = bytes, .left = len };
    if (!read_head(reader, &item) || item.kind != OTTER_CBOR_MAP) {
        return false;
    }
    *map = (struct otter_cbor_map){ .left = item.value, .is_open = item.is_open };
    return true;
}

static bool read_whole(struct otter_cbor_reader *reader, struct otter_cbor_item *item)
{
    return read_item(reader, item) && (items_inside(item) == 0 || skip_inside(reader, item));
}

enum otter_cbor_step otter_cbor_read_pair(struct otter_cbor_reader *reader,
                                          struct otter_cbor_map *map, struct otter_cbor_item *key,
                                          struct otter_cbor_item *value)
{
    if (map->is_open ? take_break(reader) : map->left == 0) {
        return OTTER_CBOR_END;
    }
    map->left--;
    return read_whole(reader, key) && read_whole(reader, value) ? OTTER_CBOR_PAIR : OTTER_CBOR_BAD;
}

bool otter_cbor_is_text(const struct otter_cbor_item *item, const char *text)
{
    const size_t len = strlen(text);

    return item->kind == OTTER_CBOR_TEXT && !item->is_open && item->value == len
           && memcmp(item->bytes, text, len) == 0;
}
