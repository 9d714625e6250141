/* SPDX-License-Identifier: Apache-2.0 */

/* The flash of the board is one file; each device has its place there. */

#include "sim.h"

bool sim_open_flash(const struct otter_layout *layout, const char *path,
                    struct otter_posix_flash files[OTTER_LAYOUT_DEVICES_MAX],
                    const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX])
{
    for (uint8_t i = 0; i < layout->device_count; i++) {
        const struct otter_flash_geometry *geometry = &layout->devices[i];

        devices[i] = NULL;
        if (geometry->address < SIM_FLASH_ADDRESS) {
            continue;
        }
        if (otter_posix_flash_open(&files[i], path, geometry->address - SIM_FLASH_ADDRESS, geometry)
            != OTTER_OK) {
            return false;
        }
        devices[i] = &files[i].flash;
    }
    return true;
}
