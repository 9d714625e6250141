/* SPDX-License-Identifier: Apache-2.0 */

/* The board's push button as a level that can be sampled. The emulated board has no pin for it: a byte
 * of the layout's "straps" area stands for one, 0 while the button is held (docs/emulated-device.md). */
#ifndef OTTER_FIRMWARE_BOARD_BUTTON_H
#define OTTER_FIRMWARE_BOARD_BUTTON_H

#include <stdbool.h>

#include "otter/layout.h"

/* Find the byte. A layout without the area has a button that is never down. */
void board_button_open(const struct otter_layout *layout,
                       const struct otter_flash *const devices[]);

bool board_button_is_down(void);

#endif
