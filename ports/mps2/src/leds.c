/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/mps2/leds.h"

#include "registers.h"

void otter_mps2_led_set(uint8_t led, bool on)
{
    const uint32_t bit = 1u << led;
    const uint32_t others = get(FPGAIO_LED) & ~bit;

    put(FPGAIO_LED, on ? others | bit : others);
}
