/* SPDX-License-Identifier: Apache-2.0 */

/** What an update costs the flash, on slots of real sizes: the bootloader runs on the simulated flash,
 * which counts. The agent's erases and programs are not among them. */
#ifndef OTTER_TEST_COST_H
#define OTTER_TEST_COST_H

#include "test_board.h"

/** Slots of 952 KiB in sectors of 4 KiB, slots of 1 MiB in sectors of 256 KiB, and one of each; ended by
 * one without a name. */
extern const struct otter_test_geometry otter_test_cost_geometries[];

const struct otter_test_geometry *otter_test_cost_geometry(const char *name);

struct otter_test_cost {
    uint32_t largest_image;
    uint32_t trailer_size;
    uint32_t image_size;     /**< of both programs, in bytes */
    uint32_t erases;         /**< of all sectors */
    uint32_t worst_of_slots; /**< of one sector of the slots */
    uint32_t worst;          /**< of one sector, wherever it is */
    uint32_t erases_beyond;  /**< of sectors of the slots that hold neither image nor trailer, but
                                   for one sector behind the image */
    uint64_t bytes_programmed;
    uint64_t bytes_read;
    uint64_t idle_bytes_read; /**< by a boot that has nothing to do */
};

/** Install an update and count; then confirm it and boot once more.
 *
 *  @param image_size  of both programs; 0: the largest that the strategy accepts
 *  @return false if the strategy cannot work with that geometry, or the image is too large; aborts if
 *          the update fails */
bool otter_test_cost_of_update(const struct otter_strategy *strategy,
                               const struct otter_test_geometry *geometry, uint32_t image_size,
                               struct otter_test_cost *cost);

#endif
