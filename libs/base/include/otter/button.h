/* SPDX-License-Identifier: Apache-2.0 */

/** A push button that bounces. Whoever owns the pin looks at it every few milliseconds; what comes out is
 * the button as a finger meant it. */
#ifndef OTTER_BUTTON_H
#define OTTER_BUTTON_H

#include <stdbool.h>
#include <stdint.h>

/** For so long, in milliseconds, the pin has to stay at a level before it counts. */
#define OTTER_BUTTON_SETTLE_MS 50u

struct otter_button {
    bool is_down;        /**< the button as it was meant */
    uint32_t changed_ms; /**< when it came down or went up */
    bool pin_is_down;    /* the pin as it was last seen */
    uint32_t pin_changed_ms;
};

/** Begin with a button that is up. */
static inline void otter_button_init(struct otter_button *button, uint32_t now_ms)
{
    *button = (struct otter_button){ .changed_ms = now_ms, .pin_changed_ms = now_ms };
}

/** Take one look.
 *
 *  @return true if the button has just come down or gone up */
bool otter_button_look(struct otter_button *button, bool pin_is_down, uint32_t now_ms);

/** For how long it has been down, in milliseconds; 0 if it is up. */
uint32_t otter_button_held_ms(const struct otter_button *button, uint32_t now_ms);

#endif
