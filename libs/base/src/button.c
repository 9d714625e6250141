/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/button.h"

bool otter_button_look(struct otter_button *button, bool pin_is_down, uint32_t now_ms)
{
    if (pin_is_down != button->pin_is_down) {
        button->pin_is_down = pin_is_down;
        button->pin_changed_ms = now_ms;
    }
    if (pin_is_down == button->is_down
        || now_ms - button->pin_changed_ms < OTTER_BUTTON_SETTLE_MS) {
        return false;
    }
    button->is_down = pin_is_down;
    button->changed_ms = now_ms;
    return true;
}

uint32_t otter_button_held_ms(const struct otter_button *button, uint32_t now_ms)
{
    return button->is_down ? now_ms - button->changed_ms : 0;
}
