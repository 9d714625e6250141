/* SPDX-License-Identifier: Apache-2.0 */

/* Chunk headers. The fields are little-endian and packed: the words at 18 and 22 are not aligned. */

#include "chunk.h"

#include <string.h>

#include "otter/bytes.h"

#define AT_DATA_START 8u
#define AT_IMAGE_TYPE 10u
#define AT_MAJOR      12u
#define AT_MINOR      14u
#define AT_REVISION   16u
#define AT_TOTAL      18u
#define AT_OFFSET     22u
#define AT_SIZE       26u
#define AT_COUNT      28u
#define AT_INDEX      30u

static const uint8_t magic[8] = { 'O', 'T', 'A', 'I', 'm', 'a', 'g', 'e' };

uint32_t chunk_count(uint32_t total, uint32_t chunk_size)
{
    return total / chunk_size + (total % chunk_size != 0);
}

void chunk_encode(const struct chunk_header *header, uint8_t bytes[CHUNK_HEADER_SIZE])
{
    memcpy(bytes, magic, sizeof magic);
    otter_store_le16(bytes + AT_DATA_START, CHUNK_HEADER_SIZE);
    otter_store_le16(bytes + AT_IMAGE_TYPE, 0);
    otter_store_le16(bytes + AT_MAJOR, header->version.major);
    otter_store_le16(bytes + AT_MINOR, header->version.minor);
    otter_store_le16(bytes + AT_REVISION, header->version.revision);
    otter_store_le32(bytes + AT_TOTAL, header->total);
    otter_store_le32(bytes + AT_OFFSET, header->offset);
    otter_store_le16(bytes + AT_SIZE, header->size);
    otter_store_le16(bytes + AT_COUNT, header->count);
    otter_store_le16(bytes + AT_INDEX, header->index);
}

const char *chunk_decode(const uint8_t *message, size_t len, struct chunk_header *header,
                         const uint8_t **data)
{
    if (len < CHUNK_HEADER_SIZE) {
        return "it is shorter than a chunk's header";
    }
    if (memcmp(message, magic, sizeof magic) != 0) {
        return "it does not begin with \"OTAImage\"";
    }
    if (otter_load_le16(message + AT_DATA_START) != CHUNK_HEADER_SIZE) {
        return "its data do not begin behind the header";
    }
    *header = (struct chunk_header){
        .version = { .major = (uint8_t)otter_load_le16(message + AT_MAJOR),
                     .minor = (uint8_t)otter_load_le16(message + AT_MINOR),
                     .revision = otter_load_le16(message + AT_REVISION) },
        .total = otter_load_le32(message + AT_TOTAL),
        .offset = otter_load_le32(message + AT_OFFSET),
        .size = otter_load_le16(message + AT_SIZE),
        .count = otter_load_le16(message + AT_COUNT),
        .index = otter_load_le16(message + AT_INDEX),
    };
    if (header->size != len - CHUNK_HEADER_SIZE) {
        return "its data size is not the length of the message";
    }
    if (header->offset > header->total || header->size > header->total - header->offset) {
        return "its data leave the image";
    }
    *data = message + CHUNK_HEADER_SIZE;
    return NULL;
}
