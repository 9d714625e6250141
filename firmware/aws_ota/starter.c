/* SPDX-License-Identifier: Apache-2.0 */

/* Image 0 where there are two: what a bootloader of a PSoC 64 starts on the CM0+, which then lets the CM4
 * start in image 1. The emulated board has one processor, which goes there itself. The bootloader has seen
 * to it that both belong together. */

#include "app_console.h"
#include "otter/board_layout.h"
#include "otter/mps2/console.h"
#include "otter/mps2/reset.h"

#define PROGRAM_IMAGE 1

static uint32_t vector_table(void)
{
    const struct otter_layout_area *slot =
        otter_layout_find(&otter_board_layout, OTTER_AREA_PRIMARY, PROGRAM_IMAGE);

    return otter_board_layout.devices[slot->device].address + slot->offset
           + otter_board_layout.header_size;
}

int main(void)
{
    otter_mps2_console_start();
    console_say("image 0 starts image 1");
    otter_mps2_start(vector_table());
}
