/* SPDX-License-Identifier: Apache-2.0 */

/* Flash of a device of which there are thousands: a sector takes memory while it is not erased. It
 * checks nothing; what a NOR part would refuse is found with sim/flash. */
#ifndef SPARSE_FLASH_H
#define SPARSE_FLASH_H

#include "otter/flash.h"

/** A device of equal sectors whose erased bytes are 0xFF. Free it when done. */
struct sparse_flash {
    struct otter_flash flash; /**< what the libraries get; borrows this struct */
    uint8_t **sectors;        /* NULL: erased */
    uint32_t sector_size;
    uint32_t sector_count;
};

/** @return false if there is no memory, or the sectors are not equal */
bool sparse_flash_init(struct sparse_flash *device, const struct otter_flash_geometry *geometry);

void sparse_flash_free(struct sparse_flash *device);

#endif
