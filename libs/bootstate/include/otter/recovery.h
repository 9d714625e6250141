/* SPDX-License-Identifier: Apache-2.0 */

/** What bootloader and program tell each other, across cuts, about going back to the golden image.
 *
 * One small record in the layout's "recovery" area, two sectors of a device that is always there. The
 * program asks in it for the golden image, and says that it works; the bootloader counts starts that
 * failed, and notes that a restore has begun. docs/formats/recovery.md specifies its bytes. */
#ifndef OTTER_RECOVERY_H
#define OTTER_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/flash.h"
#include "otter/result.h"

enum otter_recovery_state {
    OTTER_RECOVERY_SETTLED = 1,   /**< nothing is to be done */
    OTTER_RECOVERY_REQUESTED = 2, /**< the program asks for the golden image */
    OTTER_RECOVERY_BEGUN = 3,     /**< the primary slot is being filled with the golden image */
};

struct otter_recovery_record {
    enum otter_recovery_state state;
    uint8_t failed_starts; /**< in a row, up to 255 */
};

/** Read the record of @p area. A device that was never written to has settled.
 *
 *  @return OTTER_OK, or OTTER_ERR_ARGUMENT if the area has fewer than two sectors */
enum otter_result otter_recovery_read(const struct otter_area *area,
                                      struct otter_recovery_record *record);

/** Might a device that has settled read as another state later? A record whose bits were on their way
 * when the power went reads as whole now and then. Whoever finds one that speaks of anything else, or of
 * nothing, beside the one that counts, writes that once more. */
bool otter_recovery_is_doubtful(const struct otter_area *area);

/** Replace the record. A cut leaves the old one or the new one. Erases one sector, the two in turn.
 *
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT as above, OTTER_ERR_FLASH, OTTER_ERR_ALIGNMENT */
enum otter_result otter_recovery_write(const struct otter_area *area,
                                       const struct otter_recovery_record *record);

/** For the program: ask the bootloader for the golden image. It is restored by the next reset, after
 * an update that is pending as well.
 *
 *  @return as otter_recovery_write() */
enum otter_result otter_recovery_request(const struct otter_area *area);

/** For the program: it works, so earlier starts that failed no longer count. Writes nothing if none
 * did, so that it may be called at every start.
 *
 *  @return as otter_recovery_write() */
enum otter_result otter_recovery_report_healthy(const struct otter_area *area);

#endif
