/* SPDX-License-Identifier: Apache-2.0 */

/** The two LEDs of the board. */
#ifndef OTTER_MPS2_LEDS_H
#define OTTER_MPS2_LEDS_H

#include <stdbool.h>
#include <stdint.h>

/** Switch LED 0 or 1. */
void otter_mps2_led_set(uint8_t led, bool on);

#endif
