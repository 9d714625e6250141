/* SPDX-License-Identifier: Apache-2.0 */

/** A flash device in memory for tests of code that reads flash: it holds any bytes a test wants to
 * put there, and can be told to fail. Code that writes flash is tested on the strict simulator. */
#ifndef OTTER_TEST_RAM_FLASH_H
#define OTTER_TEST_RAM_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/flash.h"

struct ram_flash {
    struct otter_flash flash;
    struct otter_flash_geometry geometry;
    struct otter_sector_run run;
    uint8_t *bytes;
    const uint8_t *mapped; /* where the CPU sees them; NULL, as after the start: nowhere */
    uint32_t reads_left;   /* a read after that many fails */
};

/** A device of @p count sectors over the caller's @p bytes, which are left as they are. It is
 * referred to by the area, so it must not move. @return the area of the whole device */
struct otter_area ram_flash_init(struct ram_flash *ram, uint8_t *bytes, uint32_t sector_size,
                                 uint32_t count);

#endif
