/* SPDX-License-Identifier: Apache-2.0 */

/* The short path to the program: after a software reset, what the bootloader validated at the last start
 * is not validated again. Every other reset may have come with damage, and takes the long one.
 *
 * Only the validation of what lies in its place is left out. A restart is also how the program has an
 * update installed: what is staged is judged, moved and validated on either path. */

#include "otter/mps2/console.h"
#include "recovery.h"

/* A mark of a software reset is taken back as soon as it was read, so a crash later on cannot pass for
 * one (ports/mps2/src/reset.c). The mark itself is asked once more: to miss one instruction, here or where the
 * cause was found, must not be enough to start what nobody has validated. */
enum otter_result find_program(const struct otter_boot_config *config,
                               const struct otter_mps2_reset *reset,
                               struct otter_boot_outcome *outcome)
{
    struct otter_boot_config trusting = *config;

    if (reset->cause != OTTER_MPS2_SOFTWARE) {
        return otter_boot_go(config, outcome);
    }
    otter_mps2_console_line("boot: ",
                            "restarted by the program: only what is installed now is validated");
    trusting.trust_primary = otter_mps2_reset_was_asked_for(reset);
    return otter_boot_go(&trusting, outcome);
}
