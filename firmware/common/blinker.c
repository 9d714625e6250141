/* SPDX-License-Identifier: Apache-2.0 */

#include "blinker.h"

void blinker_init(struct blinker *blinker, uint32_t interval_ms, uint32_t now_ms)
{
    *blinker = (struct blinker){ .interval_ms = interval_ms, .toggled_ms = now_ms, .on = true };
}

uint32_t blinker_step(struct blinker *blinker, uint32_t now_ms)
{
    const uint32_t passed_ms = now_ms - blinker->toggled_ms;

    if (passed_ms < blinker->interval_ms) {
        return blinker->interval_ms - passed_ms;
    }
    blinker->on = !blinker->on;
    blinker->toggled_ms = now_ms;
    return blinker->interval_ms;
}
