/* SPDX-License-Identifier: Apache-2.0 */

#include "chunk_header.h"

#include <string.h>

#include "otter/bytes.h"

#define IMAGE_TYPE_APPLICATION 0u

/* Where each field is, in bytes. The two 32-bit fields are not aligned. */
enum {
    AT_MAGIC = 0,
    AT_DATA_OFFSET = 8,
    AT_IMAGE_TYPE = 10,
    AT_MAJOR = 12,
    AT_MINOR = 14,
    AT_BUILD = 16,
    AT_TOTAL = 18,
    AT_OFFSET = 22,
    AT_SIZE = 26,
};

static const uint8_t magic[8] = { 'O', 'T', 'A', 'I', 'm', 'a', 'g', 'e' };

enum otter_result otter_chunk_header_parse(const uint8_t bytes[CHUNK_HEADER_SIZE],
                                           uint32_t message_size, struct chunk_header *header)
{
    if (message_size < CHUNK_HEADER_SIZE || memcmp(bytes + AT_MAGIC, magic, sizeof magic) != 0
        || otter_load_le16(bytes + AT_DATA_OFFSET) != CHUNK_HEADER_SIZE
        || otter_load_le16(bytes + AT_IMAGE_TYPE) != IMAGE_TYPE_APPLICATION) {
        return OTTER_ERR_CHUNK_HEADER;
    }
    *header = (struct chunk_header){
        .major = otter_load_le16(bytes + AT_MAJOR),
        .minor = otter_load_le16(bytes + AT_MINOR),
        .build = otter_load_le16(bytes + AT_BUILD),
        .total = otter_load_le32(bytes + AT_TOTAL),
        .offset = otter_load_le32(bytes + AT_OFFSET),
        .size = otter_load_le16(bytes + AT_SIZE),
    };
    if (header->size != message_size - CHUNK_HEADER_SIZE) {
        return OTTER_ERR_CHUNK_HEADER;
    }
    if (header->offset > header->total || header->size > header->total - header->offset) {
        return OTTER_ERR_CHUNK_RANGE;
    }
    return OTTER_OK;
}
