/* SPDX-License-Identifier: Apache-2.0 */

#include "test_set_board.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR_SIZE 1024u
#define SLOT        OTTER_TEST_SET_SLOT_SIZE

static void add_device(struct otter_test_set_board *board, const char *name, uint32_t size)
{
    const uint8_t i = board->layout.device_count++;

    board->runs[i] = (struct otter_sector_run){ .size = SECTOR_SIZE, .count = size / SECTOR_SIZE };
    board->geometries[i] = (struct otter_flash_geometry){
        .name = name,
        .address = 0x10000000u * (i + 1u),
        .size = size,
        .runs = &board->runs[i],
        .run_count = 1,
        .write_size = 8,
        .erased_byte = 0xFF,
    };
    if (otter_sim_flash_init(&board->devices[i], &board->power, &board->geometries[i])
        != OTTER_OK) {
        abort();
    }
    board->device_list[i] = &board->devices[i].flash;
}

static void add_area(struct otter_test_set_board *board, enum otter_area_role role, uint8_t image,
                     uint8_t device, uint32_t offset, uint32_t size)
{
    board->areas[board->layout.area_count++] =
        (struct otter_layout_area){ .name = otter_area_role_name(role),
                                    .role = role,
                                    .image = image,
                                    .device = device,
                                    .offset = offset,
                                    .size = size };
}

static void add_slots(struct otter_test_set_board *board, bool is_external)
{
    const uint8_t count = board->layout.image_count;
    const uint32_t behind = is_external ? 0 : count * SLOT;

    for (uint8_t image = 0; image < count; image++) {
        add_area(board, OTTER_AREA_PRIMARY, image, 0, image * SLOT, SLOT);
        add_area(board, OTTER_AREA_SECONDARY, image, is_external ? 1 : 0, behind + image * SLOT,
                 SLOT);
    }
    add_area(board, OTTER_AREA_SCRATCH, 0, 0, 2u * count * SLOT, SECTOR_SIZE);
    for (uint8_t image = 0; image < count; image++) {
        (void)otter_layout_open(&board->layout, board->device_list, OTTER_AREA_PRIMARY, image,
                                &board->primary[image]);
        (void)otter_layout_open(&board->layout, board->device_list, OTTER_AREA_SECONDARY, image,
                                &board->secondary[image]);
    }
}

void otter_test_set_board_init(struct otter_test_set_board *board, uint8_t image_count,
                               bool is_external, const struct otter_strategy *strategy,
                               const struct otter_test_signer *signer)
{
    *board = (struct otter_test_set_board){
        .layout = { .board = "test",
                    .name = "set",
                    .digest = { 0x0D },
                    .devices = board->geometries,
                    .areas = board->areas,
                    .image_count = image_count,
                    .max_align = 8,
                    .header_size = OTTER_IMAGE_HEADER_SIZE,
                    .max_sectors = SLOT / SECTOR_SIZE },
    };
    otter_sim_power_init(&board->power);
    add_device(board, "internal", 2u * image_count * SLOT + SECTOR_SIZE);
    if (is_external) {
        add_device(board, "external", image_count * SLOT);
    }
    add_slots(board, is_external);
    board->shape = otter_trailer_shape(&board->layout);
    board->config = (struct otter_boot_config){
        .layout = &board->layout,
        .devices = board->device_list,
        .strategy = strategy,
        .several = &otter_boot_several,
        .trust = { .crypto = signer->crypto, .keys = &signer->key, .key_count = 1 },
        .hooks = &otter_boot_no_hooks,
        .buffer = board->buffer,
        .buffer_size = sizeof board->buffer,
    };
}

void otter_test_set_board_free(struct otter_test_set_board *board)
{
    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        otter_sim_flash_free(&board->devices[i]);
    }
}

static struct otter_sim_flash *device_of(struct otter_test_set_board *board,
                                         const struct otter_area *area)
{
    return area->flash == &board->devices[0].flash ? &board->devices[0] : &board->devices[1];
}

void otter_test_set_board_load(struct otter_test_set_board *board, const struct otter_area *slot,
                               const uint8_t *bytes, uint32_t size)
{
    uint8_t content[SLOT];

    memset(content, otter_area_erased_byte(slot), sizeof content);
    memcpy(content, bytes, size);
    otter_sim_flash_load(device_of(board, slot), slot->offset, content, sizeof content);
}

const uint8_t *otter_test_set_board_bytes(struct otter_test_set_board *board,
                                          const struct otter_area *area)
{
    return device_of(board, area)->bytes + area->offset;
}
