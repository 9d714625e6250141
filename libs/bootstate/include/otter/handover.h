/* SPDX-License-Identifier: Apache-2.0 */

/** The record that the bootloader leaves in RAM for the program it starts.
 *
 * It lies where the layout's "handover" memory is, survives the jump, and tells the program which
 * layout the bootloader has, why the device was reset, and what the bootloader did or refused.
 * docs/formats/handover.md specifies its bytes. A record whose CRC is wrong is as good as none. */
#ifndef OTTER_HANDOVER_H
#define OTTER_HANDOVER_H

#include <stdint.h>

#include "otter/bootstate.h"
#include "otter/layout.h"
#include "otter/result.h"
#include "otter/version.h"

/** Bytes of an encoded record. */
#define OTTER_HANDOVER_SIZE 128u
/** Room for a layout's name in the record, with its terminator. */
#define OTTER_HANDOVER_NAME_SIZE 32u

enum otter_reset_cause {
    OTTER_RESET_POWER_ON,
    OTTER_RESET_SOFTWARE,
    OTTER_RESET_WATCHDOG,
    OTTER_RESET_FAULT,
    OTTER_RESET_UNKNOWN,
};

/** Most images that a record speaks of. */
#define OTTER_HANDOVER_IMAGES 4u

struct otter_handover {
    uint8_t layout_digest[OTTER_LAYOUT_DIGEST_SIZE];
    char layout_name[OTTER_HANDOVER_NAME_SIZE];
    enum otter_reset_cause reset_cause;
    enum otter_swap_type swap_done; /**< what this boot did; NONE if nothing */
    enum otter_result refusal;      /**< why a staged image was refused; OTTER_OK: it was not */
    struct otter_version refused_version; /**< of the refused image, 0.0.0 if not known */
    struct otter_version booted_version;
    uint8_t refused_image; /**< which image's update was refused */
    uint8_t moved_images;  /**< bit i: this boot moved image i; 0 unless there are several */
    /** Of all images but the first, 0.0.0 if there are no others. */
    struct otter_version other_versions[OTTER_HANDOVER_IMAGES - 1u];
};

void otter_handover_encode(const struct otter_handover *handover,
                           uint8_t bytes[OTTER_HANDOVER_SIZE]);

/** @return OTTER_OK, OTTER_ERR_NOT_FOUND if there is no valid record */
enum otter_result otter_handover_decode(const uint8_t bytes[OTTER_HANDOVER_SIZE],
                                        struct otter_handover *handover);

const char *otter_reset_cause_name(enum otter_reset_cause cause);

#endif
