/* SPDX-License-Identifier: Apache-2.0 */

/* The parts of the simulated device. */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/boot.h"
#include "otter/layout.h"
#include "otter/posix_flash.h"

/** A board: its flash, and whom it trusts. What a person would hold in the hand. */
struct sim_board {
    const struct otter_layout *layout;
    const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX];
    struct otter_trust trust;
    bool once;       /* end after the first session that leaves nothing to do */
    bool has_end;    /* end at end_ms */
    uint32_t end_ms; /* by otter_posix_now_ms() */
};

/** Open those devices of a layout that are in its flash file; the others, such as the bootloader's ROM,
 * are NULL.
 *  @return false: the file is not this board's; what is not NULL was opened all the same */
bool sim_open_flash(const struct otter_layout *layout, const char *path,
                    struct otter_posix_flash files[OTTER_LAYOUT_DEVICES_MAX],
                    const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX]);

/** Why the application no longer runs. */
enum sim_end {
    SIM_RESTARTED, /* it asked for a restart */
    SIM_STARVED,   /* the watchdog was not fed */
    SIM_FINISHED,  /* the time or the session is over */
    SIM_FAILED,    /* it could not start; the console says why */
};

/** The bootloader. @return OTTER_OK with the program to start */
enum otter_result sim_boot(const struct sim_board *board, struct otter_boot_outcome *outcome);

/** Does the program that was started hang? (SIM_HANGS) */
bool sim_program_hangs(const struct otter_boot_outcome *outcome);

/** The application, until it ends. */
enum sim_end sim_run_application(const struct sim_board *board,
                                 const struct otter_boot_outcome *outcome);

/** Text at the beginning of a program (behind the image's header) that makes it hang. */
#define SIM_HANGS "SIM-HANGS"

#endif
