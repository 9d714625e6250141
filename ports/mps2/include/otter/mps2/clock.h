/* SPDX-License-Identifier: Apache-2.0 */

/** Time on the board: a millisecond counter that needs no interrupt, and sleeping. */
#ifndef OTTER_MPS2_CLOCK_H
#define OTTER_MPS2_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** Start the counter at 0. */
void otter_mps2_clock_start(void);

/** Milliseconds since the start; wraps after 49.7 days. */
uint32_t otter_mps2_now_ms(void);

/** For measurements, the same counter as a stopwatch at 25 MHz: the bootloader's choice, which
 * needs no clock. It wraps after 171 seconds. */
void otter_mps2_stopwatch_start(void);
uint32_t otter_mps2_stopwatch_ticks(void);

/** Sleep until an interrupt, at most @p at_most_ms.
 *
 *  @param is_busy  asked with interrupts held back, right before the CPU sleeps: what came in since
 *                  the caller last looked is not slept over */
void otter_mps2_sleep(uint32_t at_most_ms, bool (*is_busy)(void));

#endif
