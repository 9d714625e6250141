/* SPDX-License-Identifier: Apache-2.0 */

/** The slot that an image is for: by a layout, or by numbers. */
#ifndef OTTER_TOOL_IMAGE_PLACE_H
#define OTTER_TOOL_IMAGE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout_file.h"
#include "signer.h"

/** What was asked for; a text that was not given is NULL. */
struct place_options {
    const char *layout;
    const char *slot;
    uint32_t image_number; /* of several images in the layout, which it is */
    /* in place of a layout; 0 if not given */
    uint32_t header_size;
    uint32_t slot_size;
    uint32_t align;
    uint32_t max_align;
    uint32_t max_sectors;
    uint32_t erased_byte;
    bool overwrite_only;
};

struct place {
    struct layout_file *file; /* NULL: described by options */
    const char *described_by;
    uint16_t header_size;
    uint32_t max_image_size;
    uint32_t address; /* of the slot that the program runs from; 0: not known */
    bool runs_in_place;
    bool overwrites; /* nothing is swapped: a trailer that confirms means nothing */
    struct signer_padding padding;
};

/** Find out about the slot.
 *
 *  @param image_key_size  bytes of the key of an encrypted image, which a swap keeps in the trailer; 0: plain
 *  @param place           place_free() it, whatever is returned
 *  @return false after telling the user why */
bool place_find(const struct place_options *options, size_t image_key_size, struct place *place);

/** Is there room for an image of @p image_size bytes?
 *
 *  @param what  what the user knows it by
 *  @return false after telling the user how much is missing */
bool place_fits(const struct place *place, const char *what, size_t image_size,
                size_t program_size);

void place_free(struct place *place);

#endif
