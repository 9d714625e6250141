/* SPDX-License-Identifier: Apache-2.0 */

/** What a flash file says about the device it belongs to. */
#ifndef OTTER_TOOL_DEVICE_FACTS_H
#define OTTER_TOOL_DEVICE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/bootstate.h"
#include "otter/image.h"
#include "otter/journal.h"

#include "flash_image.h"
#include "image_check.h"

/** One slot, with what lies in it. */
struct slot_facts {
    const struct otter_layout_area *row;
    struct otter_area area;
    struct otter_area from_image; /* the area from its image on */
    enum otter_result found;      /* OTTER_OK: `image` is set; otherwise why there is none */
    struct otter_image image;
    struct image_answer answer;  /* would a device with this layout and these keys start it? */
    enum otter_result hash;      /* OTTER_OK: it is right */
    enum otter_result signature; /* OTTER_OK: by a given key; OTTER_AGAIN: no key was given */
    bool names_layout;           /* the image says for which layout it was made */
    bool layout_fits;
    struct otter_trailer trailer;
    const char *standing; /* the trailer in words */
};

/** A record of the journal. */
struct record_facts {
    enum otter_journal_kind kind;
    bool is_known; /* version, digest and requested are set */
    struct otter_version version;
    uint8_t digest[OTTER_SHA256_SIZE];
    bool is_requested;
    size_t size;
};

struct device_facts {
    struct slot_facts primary;
    struct slot_facts secondary;
    bool swap_under_way;
    enum otter_swap_type next_boot;
    const char *because;
    struct record_facts records[OTTER_JOURNAL_KINDS];
    size_t record_count;
};

/** Look at image 0 of a flash.
 *
 *  @param max_image_size  bytes; what the layout has room for
 *  @param trust           keys to check signatures with; without any, hashes alone are checked */
void device_facts_read(const struct flash_image *flash, uint32_t max_image_size,
                       const struct image_trust *trust, struct device_facts *facts);

/** What the decision of the next boot means. */
const char *device_decision_text(const struct device_facts *facts);

/** "rejected", "attempt" ...: what a record of the journal is about. */
const char *device_record_name(enum otter_journal_kind kind);

#endif
