/* SPDX-License-Identifier: Apache-2.0 */

/** Tells from samples of a LED how it blinks. */
#ifndef OTTER_TOOL_LED_METER_H
#define OTTER_TOOL_LED_METER_H

#include <stdbool.h>
#include <stdint.h>

/** Values of `interval_ms` beside an interval. */
#define LED_UNKNOWN 0u
#define LED_STEADY  UINT32_MAX

/** A LED that did not change for so long is steady. */
#define LED_STEADY_MS 3000u

struct led_meter {
    bool on;
    uint32_t interval_ms; /**< what was last reported: LED_UNKNOWN, LED_STEADY or the interval */
    bool sampled;         /* `on` is known */
    bool toggled;         /* `changed_ms` is when it toggled, and not when the watching began */
    uint64_t changed_ms;
    uint32_t candidate_ms; /* how the last toggles blinked */
    unsigned agreeing;     /* toggles that agree on it */
};

/** Begin, or begin anew after a reset of the device. */
void led_meter_init(struct led_meter *meter);

/** Take a sample. @return true if the LED blinks in another way than was last reported */
bool led_meter_sample(struct led_meter *meter, bool on, uint64_t now_ms);

#endif
