/* SPDX-License-Identifier: Apache-2.0 */

/** Going back to the golden image: the factory program in an area of its own that no update writes to.
 *
 * A bootloader that calls otter_boot_go_or_recover() where it would call otter_boot_go() restores it
 * when a person or the program asks for it, when nothing else can be started, or when the program does
 * not stay up; docs/recovery.md has the whole table. The golden image is verified where it lies before
 * the first byte is erased for it, and again in the primary slot before it is started. */
#ifndef OTTER_BOOT_RECOVERY_H
#define OTTER_BOOT_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/boot.h"

/** How a product goes back. Constant; nothing here is written. The hooks get the configuration's
 * hooks_context. */
struct otter_boot_recovery {
    bool restores_by_itself;   /**< when there is nothing to start, without a hand on the button */
    bool resumes;              /**< a restore that a cut interrupted goes on without one as well */
    uint8_t failed_starts_max; /**< so many starts in a row that end in a reset by watchdog or fault
                                    are too many; 0: any number is endured */
    /** Is the button held down for so long that it is meant? Asked once, when there is a program to
     * start; takes its time only while the button is down. NULL: there is no button. */
    bool (*is_button_held)(void *context);
    /** Wait for the button to be pressed and released. NULL: there is no button.
     *
     *  @return false to give up */
    bool (*await_button)(void *context);
};

/** As otter_boot_go(), and go back to the golden image if there is reason to.
 *
 * Works with one image, and with strategies that move it. The layout needs an area "golden", and one
 * "recovery" of two sectors beside the primary slot.
 *
 *  @param last_start_failed  the reset was caused by the watchdog or a fault
 *  @return as otter_boot_go(); OTTER_ERR_ARGUMENT also if the layout or the strategy does not suit */
enum otter_result otter_boot_go_or_recover(const struct otter_boot_config *config,
                                           const struct otter_boot_recovery *recovery,
                                           bool last_start_failed,
                                           struct otter_boot_outcome *outcome);

#endif
