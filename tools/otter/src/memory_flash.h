/* SPDX-License-Identifier: Apache-2.0 */

/** A flash device over bytes in memory, so that the device's libraries can read and write files.
 *
 * The simulated flash of sim/ tests how code treats flash; this one only gives access to bytes. */
#ifndef OTTER_TOOL_MEMORY_FLASH_H
#define OTTER_TOOL_MEMORY_FLASH_H

#include <stddef.h>
#include <stdint.h>

#include "otter/flash.h"

/** One device. Place it anywhere, but do not move it: `flash` points into it. */
struct memory_flash {
    struct otter_flash flash;
    struct otter_flash_geometry geometry;
    struct otter_sector_run run;
    uint8_t *bytes; /* the caller's */
};

/** A device with the geometry of @p geometry over its geometry->size bytes at @p bytes. */
void memory_flash_init(struct memory_flash *memory, const struct otter_flash_geometry *geometry,
                       uint8_t *bytes);

/** A device that holds one file: one byte is a sector and a write unit, erased bytes are 0xFF.
 *
 *  @param size  1..UINT32_MAX
 *  @return the area of the whole file */
struct otter_area memory_flash_over_file(struct memory_flash *memory, uint8_t *bytes, size_t size);

#endif
