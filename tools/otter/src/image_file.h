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
    struct otter_area area;
    struct otter_image image;
};

/** Load and open; tells the user why not.
 *
 *  @param is_image  set to false if the file was read, but is no image */
bool image_file_load(const char *path, struct image_file *file, bool *is_image);

/** The digest that the image should carry. */
bool image_file_digest(const struct image_file *file, uint8_t digest[OTTER_SHA256_SIZE]);

/** Read the trailer of a file that was padded to the size of its slot.
 *
 *  @return the spacing of its fields; 0 if the file has no trailer */
uint8_t image_file_trailer(const struct image_file *file, struct otter_trailer *trailer);

void image_file_free(struct image_file *file);

#endif
