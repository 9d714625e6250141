/* SPDX-License-Identifier: Apache-2.0 */

/** The emulated device's flash, a file, as the flash devices of a layout.
 *
 * The file holds what lies from layout_file.flash_address on; devices outside of it (the
 * bootloader's ROM) are absent. Functions that fail have told the user why. */
#ifndef OTTER_TOOL_FLASH_IMAGE_H
#define OTTER_TOOL_FLASH_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "file.h"
#include "layout_file.h"
#include "memory_flash.h"

/** A flash file in memory. Do not move it: the devices point into it. */
struct flash_image {
    const struct layout_file *file; /* borrowed */
    struct file_bytes bytes;
    struct memory_flash memory[OTTER_LAYOUT_DEVICES_MAX];
    const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX]; /* NULL: not in the file */
};

/** A new flash, erased throughout. Free it with flash_image_free(). */
bool flash_image_create(struct flash_image *image, const struct layout_file *file);

/** Read a flash file; it must have the size that the layout says. */
bool flash_image_load(struct flash_image *image, const struct layout_file *file, const char *path);

void flash_image_free(struct flash_image *image);

/** Open an area of the flash. @return false if the layout has none, or it is not in the file */
bool flash_image_open(const struct flash_image *image, enum otter_area_role role, uint8_t number,
                      struct otter_area *area);

/** Open an area by its name in the layout. */
bool flash_image_open_named(const struct flash_image *image, const char *name,
                            struct otter_area *area);

/** Erase @p area and program @p size bytes at its start. @p what names them in a complaint. */
bool flash_image_fill(const struct otter_area *area, const char *what, const uint8_t *bytes,
                      size_t size);

/** The same for bytes that begin at @p start of the area. */
bool flash_image_fill_at(const struct otter_area *area, uint32_t start, const char *what,
                         const uint8_t *bytes, size_t size);

/** Write one area back into the file at @p path, in place: a device that runs sees it at once. */
bool flash_image_store_area(const struct flash_image *image, const struct otter_area *area,
                            const char *path);

#endif
