/* SPDX-License-Identifier: Apache-2.0 */

/** The header of a chunk message (docs/formats/mqtt-protocol.md, "Chunk"). */
#ifndef OTTER_CHUNK_HEADER_H
#define OTTER_CHUNK_HEADER_H

#include <stdint.h>

#include "otter/result.h"

#define CHUNK_HEADER_SIZE 32u

struct chunk_header {
    uint16_t major;
    uint16_t minor;
    uint16_t build;
    uint32_t total;  /**< bytes of the whole image */
    uint32_t offset; /**< where the data belong in the image */
    uint16_t size;   /**< bytes of data */
};

/** Read the header of a message of @p message_size bytes. What the header says about itself is
 * checked here; whether it belongs to this download is not.
 *
 *  @return OTTER_OK
 *          OTTER_ERR_CHUNK_HEADER  wrong magic, type or length
 *          OTTER_ERR_CHUNK_RANGE   the data leave the image that it announces */
enum otter_result otter_chunk_header_parse(const uint8_t bytes[CHUNK_HEADER_SIZE],
                                           uint32_t message_size, struct chunk_header *header);

#endif
