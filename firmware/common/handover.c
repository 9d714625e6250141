/* SPDX-License-Identifier: Apache-2.0 */

#include "handover.h"

#include <string.h>

_Static_assert(OTTER_HANDOVER_IMAGES == OTTER_BOOT_IMAGES_MAX,
               "the record has not room for what the bootloader says");
_Static_assert(OTTER_HANDOVER_SIZE <= OTTER_MPS2_HANDOVER_SIZE,
               "the port keeps too little memory for the handover record");

enum otter_reset_cause reset_cause_for_handover(enum otter_mps2_reset_cause cause)
{
    static const enum otter_reset_cause causes[] = {
        [OTTER_MPS2_POWER_ON] = OTTER_RESET_POWER_ON, [OTTER_MPS2_SOFTWARE] = OTTER_RESET_SOFTWARE,
        [OTTER_MPS2_WATCHDOG] = OTTER_RESET_WATCHDOG, [OTTER_MPS2_FAULT] = OTTER_RESET_FAULT,
        [OTTER_MPS2_OUTSIDE] = OTTER_RESET_UNKNOWN,
    };

    return causes[cause];
}

/* What it does not fill stays zero. */
static void copy_name(char to[OTTER_HANDOVER_NAME_SIZE], const char *name)
{
    for (size_t i = 0; i < OTTER_HANDOVER_NAME_SIZE - 1u && name[i] != '\0'; i++) {
        to[i] = name[i];
    }
}

void leave_handover(const struct otter_layout *layout, const struct otter_boot_outcome *outcome,
                    enum otter_mps2_reset_cause cause)
{
    struct otter_handover handover = {
        .reset_cause = reset_cause_for_handover(cause),
        .swap_done = outcome->swap_done,
        .refusal = outcome->refusal,
        .refused_version = outcome->refused_version,
        .booted_version = outcome->image.header.version,
        .refused_image = outcome->refused_image,
        .moved_images = outcome->moved_images,
    };

    memcpy(handover.other_versions, outcome->other_versions, sizeof handover.other_versions);
    copy_name(handover.layout_name, layout->name);
    memcpy(handover.layout_digest, layout->digest, sizeof handover.layout_digest);
    otter_handover_encode(&handover, otter_mps2_handover());
}
