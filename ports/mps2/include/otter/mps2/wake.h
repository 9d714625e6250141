/* SPDX-License-Identifier: Apache-2.0 */

/** For operating systems: hear of what would end otter_mps2_sleep(). */
#ifndef OTTER_MPS2_WAKE_H
#define OTTER_MPS2_WAKE_H

/** Let every interrupt that ends a sleep (a frame, the button) call @p hook. All of them get the lowest
 * priority, as an operating system's functions for handlers demand. Call it once, before the
 * scheduler runs. */
void otter_mps2_wake_with(void (*hook)(void));

#endif
