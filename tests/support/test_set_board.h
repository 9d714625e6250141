/* SPDX-License-Identifier: Apache-2.0 */

/** A board for tests with several images: primaries and a scratch area on an internal device,
 * secondaries there or on an external one. */
#ifndef OTTER_TEST_SET_BOARD_H
#define OTTER_TEST_SET_BOARD_H

#include <stdint.h>

#include "otter/boot.h"
#include "otter/sim_flash.h"
#include "test_image.h"

#define OTTER_TEST_SET_SLOT_SIZE (4u * 1024u)

/** Not to be copied: it holds pointers into itself. */
struct otter_test_set_board {
    struct otter_sim_power power;
    struct otter_sim_flash devices[2];
    const struct otter_flash *device_list[2];
    struct otter_sector_run runs[2];
    struct otter_flash_geometry geometries[2];
    struct otter_layout_area areas[2u * OTTER_BOOT_IMAGES_MAX + 1u];
    struct otter_layout layout;
    struct otter_trailer_shape shape;
    struct otter_area primary[OTTER_BOOT_IMAGES_MAX];
    struct otter_area secondary[OTTER_BOOT_IMAGES_MAX];
    struct otter_boot_config config;
    uint8_t buffer[1024];
};

/** Set up a board with erased flash: sectors of 1 KiB, slots of four, one sector of scratch, write
 * unit 8. Change `config` afterwards as the test needs it. */
void otter_test_set_board_init(struct otter_test_set_board *board, uint8_t image_count,
                               bool is_external, const struct otter_strategy *strategy,
                               const struct otter_test_signer *signer);
void otter_test_set_board_free(struct otter_test_set_board *board);

/** Put bytes at the start of a slot, the rest of it erased, as a programmer in the factory would. */
void otter_test_set_board_load(struct otter_test_set_board *board, const struct otter_area *slot,
                               const uint8_t *bytes, uint32_t size);

/** The bytes of an area, straight from the simulated device. */
const uint8_t *otter_test_set_board_bytes(struct otter_test_set_board *board,
                                          const struct otter_area *area);

#endif
