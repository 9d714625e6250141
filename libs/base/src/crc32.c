/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/crc32.h"

/* Four bits at a time: a table of 64 bytes is a good trade on a device, and the records that it
 * guards are short. Entry i is the CRC of the nibble i. */
static const uint32_t nibbles[16] = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};

uint32_t otter_crc32(uint32_t crc, const void *bytes, size_t len)
{
    const uint8_t *next = bytes;

    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= next[i];
        crc = nibbles[crc & 0xFu] ^ crc >> 4;
        crc = nibbles[crc & 0xFu] ^ crc >> 4;
    }
    return ~crc;
}
