/* SPDX-License-Identifier: Apache-2.0 */

/** CRC-32 as in zip and Ethernet: reflected, polynomial 0xEDB88320, initial value and final
 * exclusive-or 0xFFFFFFFF. Check value: 0xCBF43926 for the nine bytes "123456789". */
#ifndef OTTER_CRC32_H
#define OTTER_CRC32_H

#include <stddef.h>
#include <stdint.h>

/** Continue a CRC over more bytes.
 *
 *  @param crc  0 for the first piece, then what the previous call returned
 *  @return the CRC of everything so far, ready to use */
uint32_t otter_crc32(uint32_t crc, const void *bytes, size_t len);

#endif
