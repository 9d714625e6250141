/* SPDX-License-Identifier: Apache-2.0 */

/** A board for tests: simulated flash devices, a layout over them, and a bootloader's configuration.
 */
#ifndef OTTER_TEST_BOARD_H
#define OTTER_TEST_BOARD_H

#include <stdint.h>

#include "otter/boot.h"
#include "otter/sim_flash.h"
#include "test_image.h"

/** The shape of a board. The primary slot and, unless there is an external device, everything else
 * lies on the internal device: primary, secondary, scratch, in this order. Behind them, for the strategy
 * that keeps its status there, are three sectors more. */
struct otter_test_geometry {
    const char *name;
    uint32_t sector_size; /**< of the internal device */
    uint32_t slot_size;
    uint32_t scratch_size; /**< 0: no scratch area */
    uint16_t write_size;
    uint8_t erased_byte;
    uint16_t max_align;
    uint32_t external_sector_size; /**< 0: no external device; else the secondary slot is there */
    uint16_t external_write_size;
    uint8_t external_erased_byte;
    bool scratch_is_external;
    bool
        has_golden; /**< a golden area as large as a slot, on the device of the secondary slot; and a
                          recovery area of two sectors on that of the primary */
};

/** A dozen shapes, ended by one without a name. */
extern const struct otter_test_geometry otter_test_geometries[];

const struct otter_test_geometry *otter_test_geometry_find(const char *name);

/** The one of that name in a list that ends like that one; NULL: there is none. */
const struct otter_test_geometry *
otter_test_geometry_in(const struct otter_test_geometry *geometries, const char *name);

/** Not to be copied: it holds pointers into itself. */
struct otter_test_board {
    const struct otter_test_geometry *geometry;
    struct otter_sim_power power;
    struct otter_sim_flash devices[2];
    const struct otter_flash *device_list[2];
    struct otter_sector_run runs[2];
    struct otter_flash_geometry geometries[2];
    struct otter_layout_area areas[2u * OTTER_BOOT_IMAGES_MAX + 4u];
    struct otter_layout layout;
    struct otter_trailer_shape shape;
    struct otter_area primary; /* of the first image, as the secondary is */
    struct otter_area secondary;
    struct otter_area scratch;
    struct otter_area status;
    struct otter_area golden;
    struct otter_area recovery;
    struct otter_boot_config config;
    uint8_t buffer[1024];
};

/** Set up a board with erased flash. Change `config` afterwards as the test needs it. */
void otter_test_board_init(struct otter_test_board *board,
                           const struct otter_test_geometry *geometry,
                           const struct otter_strategy *strategy,
                           const struct otter_test_signer *signer);
/** The same for a set of images, whose slots all have one size: all primaries lie where the primary
 * does, all secondaries where the secondary does. Those of the others are to be opened by the layout. */
void otter_test_board_init_set(struct otter_test_board *board,
                               const struct otter_test_geometry *geometry, uint8_t image_count,
                               const struct otter_strategy *strategy,
                               const struct otter_test_signer *signer);
void otter_test_board_free(struct otter_test_board *board);

/** The simulated device under an area. */
struct otter_sim_flash *otter_test_board_device(struct otter_test_board *board,
                                                const struct otter_area *area);

/** Put bytes at the start of a slot, the rest of it erased, as a programmer in the factory would. */
void otter_test_board_load(struct otter_test_board *board, const struct otter_area *slot,
                           const uint8_t *bytes, uint32_t size);

/** The same for an image that is staged: at the layout's staging offset. */
void otter_test_board_stage(struct otter_test_board *board, const uint8_t *bytes, uint32_t size);
void otter_test_board_stage_in(struct otter_test_board *board, const struct otter_area *slot,
                               const uint8_t *bytes, uint32_t size);

/** The bytes of an area, straight from the simulated device. */
const uint8_t *otter_test_board_bytes(struct otter_test_board *board,
                                      const struct otter_area *area);

#endif
