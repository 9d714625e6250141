/* SPDX-License-Identifier: Apache-2.0 */

/* All groups of a program in one loop: what hangs one of them, hangs the feeding of the watchdog. */

#include "otter/mps2/clock.h"
#include "otter/mps2/ethernet.h"
#include "program.h"

static uint32_t step_all(const struct program_group groups[], size_t count)
{
    uint32_t wait_ms = PROGRAM_LONGEST_SLEEP_MS;

    for (size_t i = 0; i < count; i++) {
        const uint32_t wanted_ms = program_step_group(&groups[i]);

        wait_ms = wanted_ms < wait_ms ? wanted_ms : wait_ms;
    }
    return wait_ms;
}

_Noreturn void program_run(const struct program_group groups[], size_t count)
{
    for (;;) {
        const uint32_t wait_ms = step_all(groups, count);

        otter_mps2_ethernet_listen();
        otter_mps2_sleep(wait_ms, otter_mps2_ethernet_is_waiting);
    }
}
