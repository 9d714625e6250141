/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/cbor.h"

#include <string.h>

void otter_cbor_write_init(struct otter_cbor_writer *writer, uint8_t *bytes, size_t size)
{
    *writer = (struct otter_cbor_writer){ .bytes = bytes, .size = size };
}

static void append(struct otter_cbor_writer *writer, const void *bytes, size_t len)
{
    if (writer->truncated || len > writer->size - writer->len) {
        writer->truncated = true;
        return;
    }
    if (len > 0) {
        memcpy(writer->bytes + writer->len, bytes, len);
    }
    writer->len += len;
}

/* The number stands in the head, or in 1, 2 or 4 bytes behind it, whichever is the first to hold it. */
static void write_head(struct otter_cbor_writer *writer, enum otter_cbor_kind kind, uint32_t value)
{
    static const uint32_t limits[] = { 24, 0x100, 0x10000 };
    uint8_t head[5];
    size_t form = 0;
    size_t len = 1;

    while (form < sizeof limits / sizeof limits[0] && value >= limits[form]) {
        form++;
    }
    head[0] = (uint8_t)((unsigned)kind << 5 | (form == 0 ? value : 23u + form));
    for (size_t left = form == 0 ? 0 : (size_t)1 << (form - 1); left > 0; left--) {
        head[len++] = (uint8_t)(value >> 8 * (left - 1));
    }
    append(writer, head, len);
}

void otter_cbor_write_map(struct otter_cbor_writer *writer, uint32_t pairs)
{
    write_head(writer, OTTER_CBOR_MAP, pairs);
}

void otter_cbor_write_array(struct otter_cbor_writer *writer, uint32_t items)
{
    write_head(writer, OTTER_CBOR_ARRAY, items);
}

void otter_cbor_write_unsigned(struct otter_cbor_writer *writer, uint32_t value)
{
    write_head(writer, OTTER_CBOR_UNSIGNED, value);
}

void otter_cbor_write_text(struct otter_cbor_writer *writer, const char *text)
{
    const size_t len = strlen(text);

    write_head(writer, OTTER_CBOR_TEXT, (uint32_t)len);
    append(writer, text, len);
}

void otter_cbor_write_bytes(struct otter_cbor_writer *writer, const uint8_t *bytes, size_t len)
{
    write_head(writer, OTTER_CBOR_BYTES, (uint32_t)len);
    append(writer, bytes, len);
}

/* Both are heads whose argument, 31, stands for "open" (RFC 8949, section 3.2). */
void otter_cbor_write_open_map(struct otter_cbor_writer *writer)
{
    append(writer, "\xBF", 1);
}

void otter_cbor_write_break(struct otter_cbor_writer *writer)
{
    append(writer, "\xFF", 1);
}
