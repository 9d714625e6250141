/* SPDX-License-Identifier: Apache-2.0 */

/* A blinking LED: the visible difference between two versions, and a sign that the loop runs. */
#ifndef OTTER_FIRMWARE_BLINKER_H
#define OTTER_FIRMWARE_BLINKER_H

#include <stdbool.h>
#include <stdint.h>

struct blinker {
    uint32_t interval_ms; /* between two toggles */
    uint32_t toggled_ms;
    bool on;
};

/* Start with the LED on. */
void blinker_init(struct blinker *blinker, uint32_t interval_ms, uint32_t now_ms);

/* Toggle if it is time; `on` is what the LED should show. @return ms until the next toggle */
uint32_t blinker_step(struct blinker *blinker, uint32_t now_ms);

#endif
