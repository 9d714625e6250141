/* SPDX-License-Identifier: Apache-2.0 */

/** The watchdog. Once started it cannot be stopped, also not by the next program. */
#ifndef OTTER_MPS2_WATCHDOG_H
#define OTTER_MPS2_WATCHDOG_H

#include <stdint.h>

/** Start it. Without otter_mps2_watchdog_feed() the device is reset after @p timeout_ms (2 to
 * 343,000). At half of it an NMI notes where the program is (otter/mps2/reset.h). */
void otter_mps2_watchdog_start(uint32_t timeout_ms);

/** Begin the time anew. Harmless if it was never started. */
void otter_mps2_watchdog_feed(void);

#endif
