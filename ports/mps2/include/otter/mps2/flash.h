/* SPDX-License-Identifier: Apache-2.0 */

/** Flash on a board that has none: the 16 MiB of memory that QEMU keeps in a host file.
 *
 * To the CPU it is plain RAM. The driver makes flash of it: sectors are erased whole, only erased
 * write units are programmed, and a violation panics, so that no bug is hidden that real flash
 * would show. Outside of the driver's operations the MPU makes it read-only, so that a stray
 * pointer faults instead of damaging an image. */
#ifndef OTTER_MPS2_FLASH_H
#define OTTER_MPS2_FLASH_H

#include <stdint.h>

#include "otter/flash.h"
#include "otter/layout.h"

/** Present the devices of @p layout, in its order; NULL for one outside of the flash file (the
 * bootloader's ROM).
 *
 *  @param devices  valid as long as the program runs */
void otter_mps2_flash_open(const struct otter_layout *layout,
                           const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX]);

/** Operations since the start, for benchmarks. */
struct otter_mps2_flash_count {
    uint32_t erased_sectors;
    uint32_t programs;
};

struct otter_mps2_flash_count otter_mps2_flash_count(void);

#endif
