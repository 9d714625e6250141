/* SPDX-License-Identifier: Apache-2.0 */

/** What an update costs the flash: erases of each sector, counted and not estimated. */
#ifndef OTTER_TOOL_LAYOUT_WEAR_H
#define OTTER_TOOL_LAYOUT_WEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout_file.h"

/** One area that an update erases. */
struct wear_of_area {
    const struct otter_layout_area *row;
    uint32_t most;      /**< erases of its most worn sector */
    uint32_t total;     /**< erases of all its sectors */
    uint32_t sectors;   /**< that it has */
    uint32_t at_offset; /**< where the most worn one is, from the start of the area */
};

struct layout_wear {
    uint32_t image_size; /**< bytes of the images that were exchanged */
    struct wear_of_area areas[LAYOUT_AREAS_MAX];
    size_t area_count;
    uint32_t most; /**< erases of the most worn sector of all */
};

/** Let the bootloader make an update from one image of @p image_size bytes to another on a flash in memory,
 * and count; the erases with which the agent stages the image are part of it.
 *
 *  @param image     number of the image; of a set, the others stay as they are
 *  @param strategy  a name that layout_check() knows, of a layout that works with it
 *  @return false after telling the user why */
bool layout_wear(const struct layout_file *file, const char *strategy, uint8_t image,
                 uint32_t image_size, struct layout_wear *wear);

#endif
