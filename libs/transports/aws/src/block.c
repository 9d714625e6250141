/* SPDX-License-Identifier: Apache-2.0 */

/* Messages of streams. What AWS IoT sends has open maps, and keys in any order as far as anybody knows;
 * both are taken, and keys that are not known are passed over. */

#include "block.h"

#include "otter/cbor.h"

/* Keys and their order are those of AWS's own agent. */
size_t otter_aws_encode_request(const struct aws_request *request,
                                uint8_t message[AWS_REQUEST_SIZE])
{
    uint8_t bitmap[4];
    size_t bytes = 0;
    struct otter_cbor_writer writer;

    for (uint32_t blocks = request->blocks; blocks != 0; blocks >>= 8) {
        bitmap[bytes++] = (uint8_t)blocks;
    }
    otter_cbor_write_init(&writer, message, AWS_REQUEST_SIZE);
    otter_cbor_write_map(&writer, 6);
    otter_cbor_write_text(&writer, "c");
    otter_cbor_write_text(&writer, request->token);
    otter_cbor_write_text(&writer, "f");
    otter_cbor_write_unsigned(&writer, request->file);
    otter_cbor_write_text(&writer, "l");
    otter_cbor_write_unsigned(&writer, request->block_size);
    otter_cbor_write_text(&writer, "o");
    otter_cbor_write_unsigned(&writer, request->offset);
    otter_cbor_write_text(&writer, "b");
    otter_cbor_write_bytes(&writer, bitmap, bytes);
    otter_cbor_write_text(&writer, "n");
    otter_cbor_write_unsigned(&writer, request->count);
    return writer.len;
}

/* ---- reading ---- */

/* Where the value of a key goes. Of a key that comes twice the first counts. */
struct wanted {
    const char *key;
    enum otter_cbor_kind kind;
    struct otter_cbor_item *item;
    bool is_there;
};

/* @return false: a known key has a value of another kind */
static bool note_pair(struct wanted *wanted, size_t count, const struct otter_cbor_item *key,
                      const struct otter_cbor_item *value)
{
    for (size_t i = 0; i < count; i++) {
        if (wanted[i].is_there || !otter_cbor_is_text(key, wanted[i].key)) {
            continue;
        }
        *wanted[i].item = *value;
        wanted[i].is_there = true;
        return value->kind == wanted[i].kind && !value->is_open;
    }
    return true;
}

static bool read_map(const uint8_t *message, size_t len, struct wanted *wanted, size_t count)
{
    struct otter_cbor_reader reader;
    struct otter_cbor_map map;
    struct otter_cbor_item key;
    struct otter_cbor_item value;
    enum otter_cbor_step step;

    if (!otter_cbor_read_map(&reader, message, len, &map)) {
        return false;
    }
    do {
        step = otter_cbor_read_pair(&reader, &map, &key, &value);
    } while (step == OTTER_CBOR_PAIR && note_pair(wanted, count, &key, &value));
    return step == OTTER_CBOR_END && reader.left == 0;
}

static struct aws_text as_text(const struct otter_cbor_item *item)
{
    return (struct aws_text){ .text = (const char *)item->bytes, .len = (size_t)item->value };
}

bool otter_aws_decode_block(const uint8_t *message, size_t len, struct aws_block *block)
{
    struct otter_cbor_item token = { .value = 0 };
    struct otter_cbor_item file;
    struct otter_cbor_item size;
    struct otter_cbor_item number;
    struct otter_cbor_item payload;
    struct wanted wanted[] = {
        { "f", OTTER_CBOR_UNSIGNED, &file, false },   { "l", OTTER_CBOR_UNSIGNED, &size, false },
        { "i", OTTER_CBOR_UNSIGNED, &number, false }, { "p", OTTER_CBOR_BYTES, &payload, false },
        { "c", OTTER_CBOR_TEXT, &token, false },
    };

    if (!read_map(message, len, wanted, sizeof wanted / sizeof wanted[0])) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!wanted[i].is_there) {
            return false;
        }
    }
    *block = (struct aws_block){
        .token = as_text(&token),
        .file = (uint32_t)file.value,
        .number = (uint32_t)number.value,
        .size = (uint32_t)size.value,
        .bytes = payload.bytes,
    };
    return size.value == payload.value && file.value <= UINT8_MAX && number.value <= INT32_MAX;
}

/* The service says each of them in short and in full. */
bool otter_aws_decode_refusal(const uint8_t *message, size_t len, struct aws_refusal *refusal)
{
    struct otter_cbor_item items[6] = { { .value = 0 } };
    struct wanted wanted[] = {
        { "o", OTTER_CBOR_TEXT, &items[0], false },
        { "code", OTTER_CBOR_TEXT, &items[1], false },
        { "m", OTTER_CBOR_TEXT, &items[2], false },
        { "message", OTTER_CBOR_TEXT, &items[3], false },
        { "c", OTTER_CBOR_TEXT, &items[4], false },
        { "clientToken", OTTER_CBOR_TEXT, &items[5], false },
    };

    if (!read_map(message, len, wanted, sizeof wanted / sizeof wanted[0])) {
        return false;
    }
    *refusal = (struct aws_refusal){
        .code = as_text(&items[wanted[0].is_there ? 0 : 1]),
        .message = as_text(&items[wanted[2].is_there ? 2 : 3]),
        .token = as_text(&items[wanted[4].is_there ? 4 : 5]),
    };
    return refusal->code.len > 0;
}
