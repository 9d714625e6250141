/* SPDX-License-Identifier: Apache-2.0 */

#include "board_button.h"

#define HELD 0x00u

static struct otter_area straps;

void board_button_open(const struct otter_layout *layout, const struct otter_flash *const devices[])
{
    if (otter_layout_open(layout, devices, OTTER_AREA_STRAPS, 0, &straps) != OTTER_OK) {
        straps.flash = NULL;
    }
}

bool board_button_is_down(void)
{
    uint8_t level = 0xFF;

    return straps.flash != NULL && otter_area_read(&straps, 0, &level, 1) == OTTER_OK
           && level == HELD;
}
