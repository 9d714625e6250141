/* SPDX-License-Identifier: Apache-2.0 */

/* What a bootloader leaves in RAM for the program that it starts (docs/formats/handover.md). */
#ifndef OTTER_FIRMWARE_HANDOVER_H
#define OTTER_FIRMWARE_HANDOVER_H

#include "otter/boot.h"
#include "otter/handover.h"
#include "otter/mps2/reset.h"

void leave_handover(const struct otter_layout *layout, const struct otter_boot_outcome *outcome,
                    enum otter_mps2_reset_cause cause);

/* The cause of a reset, in the words of the record. */
enum otter_reset_cause reset_cause_for_handover(enum otter_mps2_reset_cause cause);

#endif
