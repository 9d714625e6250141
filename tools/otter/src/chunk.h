/* SPDX-License-Identifier: Apache-2.0 */

/** The 32-byte header in front of every piece of an image that travels over MQTT
 * (docs/formats/mqtt-protocol.md, "Chunk"). */
#ifndef OTTER_TOOL_CHUNK_H
#define OTTER_TOOL_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/version.h"

#define CHUNK_HEADER_SIZE 32u
#define CHUNK_DATA_MAX    65535u /* its length field has 16 bits */
#define CHUNK_COUNT_MAX   65535u /* so has the number of chunks */

struct chunk_header {
    struct otter_version version;
    uint32_t total;  /* bytes of the whole image */
    uint32_t offset; /* where the data belong in it */
    uint16_t size;   /* bytes of data behind the header */
    uint16_t count;  /* chunks in the whole image */
    uint16_t index;  /* which one this is, from 0 */
};

/** How many chunks of @p chunk_size bytes make @p total bytes. */
uint32_t chunk_count(uint32_t total, uint32_t chunk_size);

void chunk_encode(const struct chunk_header *header, uint8_t bytes[CHUNK_HEADER_SIZE]);

/** Read a message of @p len bytes as a chunk.
 *
 *  @param data  set to the image bytes, inside @p message
 *  @return NULL, or what is wrong with it */
const char *chunk_decode(const uint8_t *message, size_t len, struct chunk_header *header,
                         const uint8_t **data);

#endif
