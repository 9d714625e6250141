/* SPDX-License-Identifier: Apache-2.0 */

/* The status area as a log: notes one behind the other, each the whole state, in sectors used in turn.
 * The newest counts, and is never in the sector that is erased next. docs/formats/status-area.md. */
#ifndef OTTER_BOOT_STATUS_LOG_H
#define OTTER_BOOT_STATUS_LOG_H

#include "note.h"

/** The log of one image. It lives for as long as it takes to write to it, not from boot to boot. */
struct otter_status_log {
    struct otter_area area;        /**< the image's part of the status area */
    struct otter_boot_note newest; /**< its type is NONE if there is none */
    uint32_t next; /**< where the next note goes; a sector that begins there is not erased yet */
};

/** Can the layout keep a log for each of its images?
 *
 *  @return NULL, or why not */
const char *otter_status_log_misfit(const struct otter_layout *layout);

/** Find the newest note. What is written next goes to a sector that is erased for it: nothing that a
 * cut has left is relied on to take a program.
 *
 *  @return OTTER_OK, or OTTER_ERR_FLASH if the device is not there */
enum otter_result otter_status_log_open(const struct otter_boot_slots *slots,
                                        struct otter_status_log *log);

/** Does something lie where the next note goes that may read as a newer one the next time? What was written
 * there in an earlier turn, or erased, does not. */
bool otter_status_log_is_doubtful(const struct otter_boot_slots *slots,
                                  const struct otter_status_log *log);

/** Say how far a move is; a move of type NONE is over, and its steps are the attempts made since.
 *
 *  @return OTTER_OK, OTTER_ERR_FLASH */
enum otter_result otter_status_log_write(const struct otter_boot_slots *slots,
                                         struct otter_status_log *log,
                                         const struct otter_boot_move *move);

#endif
