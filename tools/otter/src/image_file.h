/* SPDX-License-Identifier: Apache-2.0 */

/** An image in a file, read with the device's own library. */
#ifndef OTTER_TOOL_IMAGE_FILE_H
#define OTTER_TOOL_IMAGE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "file.h"
#include "memory_flash.h"
#include "otter/bootstate.h"
#include "otter/image.h"

/** Do not move it: `image` refers to `area`, and that to `memory`. */
struct image_file {
    struct file_bytes bytes;
    struct memory_flash memory;
    struct otter_area area;   /**< the whole file */
    struct otter_image image; /**< set by image_file_load() */
};

/** Load the bytes of a file, whatever they are. @return false after telling the user why */
bool image_file_read(const char *path, struct image_file *file);

/** Load and open; tells the user why not.
 *
 *  @param is_image  set to false if the file was read, but is no image */
bool image_file_load(const char *path, struct image_file *file, bool *is_image);

/** Read the trailer of a file that was padded to the size of its slot.
 *
 *  @return the spacing of its fields; 0 if the file has no trailer */
uint16_t image_file_trailer(const struct otter_area *area, struct otter_trailer *trailer);

/** The text in a TLV of ours, which says for which board or layout an image was made. What no
 * terminal should see is replaced.
 *
 *  @return @p text; NULL if the image does not say */
const char *image_text(const struct otter_image *image, enum otter_tlv_type type, char *text,
                       size_t size);

void image_file_free(struct image_file *file);

#endif
