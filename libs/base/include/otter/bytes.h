/* SPDX-License-Identifier: Apache-2.0 */

/** Integers in byte buffers, with the byte order written in the name. No alignment is needed. */
#ifndef OTTER_BYTES_H
#define OTTER_BYTES_H

#include <stdint.h>

static inline uint16_t otter_load_le16(const uint8_t bytes[2])
{
    return (uint16_t)((unsigned)bytes[0] | (unsigned)bytes[1] << 8);
}

static inline uint32_t otter_load_le32(const uint8_t bytes[4])
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
           | (uint32_t)bytes[3] << 24;
}

static inline uint16_t otter_load_be16(const uint8_t bytes[2])
{
    return (uint16_t)((unsigned)bytes[0] << 8 | (unsigned)bytes[1]);
}

static inline void otter_store_le16(uint8_t bytes[2], uint16_t value)
{
    bytes[0] = (uint8_t)(value & 0xFFu);
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void otter_store_le32(uint8_t bytes[4], uint32_t value)
{
    bytes[0] = (uint8_t)(value & 0xFFu);
    bytes[1] = (uint8_t)(value >> 8 & 0xFFu);
    bytes[2] = (uint8_t)(value >> 16 & 0xFFu);
    bytes[3] = (uint8_t)(value >> 24);
}

static inline void otter_store_be16(uint8_t bytes[2], uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)(value & 0xFFu);
}

static inline void otter_store_be32(uint8_t bytes[4], uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

#endif
