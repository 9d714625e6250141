/* SPDX-License-Identifier: Apache-2.0 */

/** A flash device in a range of a file. Contents survive the end of the process, kill -9 included.
 *
 * The rules of NOR flash hold: a write unit must be erased before it is programmed. Several devices
 * may lie in one file, as in the emulated board's. */
#ifndef OTTER_POSIX_FLASH_H
#define OTTER_POSIX_FLASH_H

#include <stdint.h>

#include "otter/flash.h"
#include "otter/result.h"

/** A device; close it when done. */
struct otter_posix_flash {
    struct otter_flash flash; /**< what the libraries get; borrows this struct */
    int file;                 /* its descriptor */
    uint64_t start;           /* where the device begins in the file */
};

/** Open the device that begins at @p start of the file.
 *
 *  @param geometry  borrowed until close
 *  @return OTTER_OK
 *          OTTER_ERR_NOT_FOUND  the file cannot be opened for reading and writing; see errno
 *          OTTER_ERR_RANGE      the file ends before the device does */
enum otter_result otter_posix_flash_open(struct otter_posix_flash *device, const char *path,
                                         uint64_t start,
                                         const struct otter_flash_geometry *geometry);

void otter_posix_flash_close(struct otter_posix_flash *device);

#endif
