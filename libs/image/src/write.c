/* SPDX-License-Identifier: Apache-2.0 */

/* Laying out a TLV area in memory. What does not fit is left out and remembered, so that a signer
 * adds everything and checks once. */

#include <string.h>

#include "otter/bytes.h"
#include "otter/image.h"

void otter_tlv_writer_init(struct otter_tlv_writer *writer, uint8_t *bytes, size_t size)
{
    *writer = (struct otter_tlv_writer){
        .bytes = bytes,
        .size = size < UINT16_MAX ? size : UINT16_MAX, /* the info header's length has 16 bits */
        .length = OTTER_TLV_INFO_SIZE,
        .overflow = size < OTTER_TLV_INFO_SIZE,
    };
}

void otter_tlv_writer_add(struct otter_tlv_writer *writer, uint16_t type, const void *value,
                          uint16_t size)
{
    uint8_t *entry;

    if (writer->overflow || writer->size - writer->length < (size_t)OTTER_TLV_ENTRY_SIZE + size) {
        writer->overflow = true;
        return;
    }
    entry = writer->bytes + writer->length;
    otter_store_le16(entry, type);
    otter_store_le16(entry + 2, size);
    if (size > 0) {
        memcpy(entry + OTTER_TLV_ENTRY_SIZE, value, size);
    }
    writer->length += (size_t)OTTER_TLV_ENTRY_SIZE + size;
}

enum otter_result otter_tlv_writer_finish(struct otter_tlv_writer *writer, uint16_t magic)
{
    if (writer->overflow) {
        return OTTER_ERR_NO_SPACE;
    }
    otter_store_le16(writer->bytes, magic);
    otter_store_le16(writer->bytes + 2, (uint16_t)writer->length);
    return OTTER_OK;
}
