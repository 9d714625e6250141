/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/layout.h"

#include <stddef.h>

const struct otter_layout_area *otter_layout_find(const struct otter_layout *layout,
                                                  enum otter_area_role role, uint8_t image)
{
    for (uint8_t i = 0; i < layout->area_count; i++) {
        if (layout->areas[i].role == role && layout->areas[i].image == image) {
            return &layout->areas[i];
        }
    }
    return NULL;
}

enum otter_result otter_layout_open(const struct otter_layout *layout,
                                    const struct otter_flash *const devices[],
                                    enum otter_area_role role, uint8_t image,
                                    struct otter_area *area)
{
    const struct otter_layout_area *row = otter_layout_find(layout, role, image);

    if (row == NULL) {
        return OTTER_ERR_NOT_FOUND;
    }
    if (devices[row->device] == NULL) {
        return OTTER_ERR_FLASH;
    }
    *area = (struct otter_area){
        .flash = devices[row->device],
        .offset = row->offset,
        .size = row->size,
    };
    return OTTER_OK;
}

const char *otter_area_role_name(enum otter_area_role role)
{
    static const char *const names[] = {
        [OTTER_AREA_BOOTLOADER] = "bootloader",
        [OTTER_AREA_PRIMARY] = "primary",
        [OTTER_AREA_SECONDARY] = "secondary",
        [OTTER_AREA_SCRATCH] = "scratch",
        [OTTER_AREA_STATUS] = "status",
        [OTTER_AREA_GOLDEN] = "golden",
        [OTTER_AREA_RECOVERY] = "recovery",
        [OTTER_AREA_JOURNAL] = "journal",
        [OTTER_AREA_SETTINGS] = "settings",
        [OTTER_AREA_STRAPS] = "straps",
        [OTTER_AREA_USER] = "user",
    };
    return names[role];
}
