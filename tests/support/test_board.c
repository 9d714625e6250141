/* SPDX-License-Identifier: Apache-2.0 */

#include "test_board.h"

#include <stdlib.h>
#include <string.h>

#define KIB 1024u

const struct otter_test_geometry otter_test_geometries[] = {
    { .name = "unit1",
      .sector_size = KIB,
      .slot_size = 4 * KIB,
      .scratch_size = KIB,
      .write_size = 1,
      .erased_byte = 0xFF,
      .max_align = 8 },
    { .name = "unit4",
      .sector_size = KIB,
      .slot_size = 4 * KIB,
      .scratch_size = KIB,
      .write_size = 4,
      .erased_byte = 0xFF,
      .max_align = 8 },
    { .name = "unit8",
      .sector_size = KIB,
      .slot_size = 4 * KIB,
      .scratch_size = KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8 },
    { .name = "unit8-erased-0",
      .sector_size = KIB,
      .slot_size = 4 * KIB,
      .scratch_size = KIB,
      .write_size = 8,
      .erased_byte = 0x00,
      .max_align = 8 },
    { .name = "unit16",
      .sector_size = KIB,
      .slot_size = 4 * KIB,
      .scratch_size = KIB,
      .write_size = 16,
      .erased_byte = 0xFF,
      .max_align = 16 },
    { .name = "unit32",
      .sector_size = KIB,
      .slot_size = 4 * KIB,
      .scratch_size = KIB,
      .write_size = 32,
      .erased_byte = 0xFF,
      .max_align = 32 },
    /* The scratch area holds two sectors and does not divide the slot. */
    { .name = "scratch2",
      .sector_size = KIB,
      .slot_size = 5 * KIB,
      .scratch_size = 2 * KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8 },
    /* Trailers longer than a sector. */
    { .name = "small-sectors",
      .sector_size = 256,
      .slot_size = 4 * KIB,
      .scratch_size = KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8 },
    /* One sector a slot: image and trailer always share it. */
    { .name = "one-sector",
      .sector_size = 4 * KIB,
      .slot_size = 4 * KIB,
      .scratch_size = 4 * KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8 },
    /* Internal 1 KiB, external 4 KiB sectors, which nest; one swap piece is four sectors. */
    { .name = "nested",
      .sector_size = KIB,
      .slot_size = 8 * KIB,
      .scratch_size = 4 * KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8,
      .external_sector_size = 4 * KIB,
      .external_write_size = 1,
      .external_erased_byte = 0xFF },
    /* As PSoC 6: internal flash erases to 0, external to 0xFF; the scratch area is external. */
    { .name = "mixed-erased",
      .sector_size = KIB,
      .slot_size = 4 * KIB,
      .scratch_size = 2 * KIB,
      .write_size = 8,
      .erased_byte = 0x00,
      .max_align = 8,
      .external_sector_size = 2 * KIB,
      .external_write_size = 4,
      .external_erased_byte = 0xFF,
      .scratch_is_external = true },
    /* The same with room for a free sector of the larger kind in the secondary slot. */
    { .name = "nested-wide",
      .sector_size = KIB,
      .slot_size = 16 * KIB,
      .scratch_size = 4 * KIB,
      .write_size = 8,
      .erased_byte = 0x00,
      .max_align = 8,
      .external_sector_size = 4 * KIB,
      .external_write_size = 4,
      .external_erased_byte = 0xFF },
    /* Units of whole rows, as on PSoC 6. */
    { .name = "unit512",
      .sector_size = 4 * KIB,
      .slot_size = 20 * KIB,
      .scratch_size = 8 * KIB,
      .write_size = 512,
      .erased_byte = 0xFF,
      .max_align = 512 },
    /* The size of real sectors. */
    { .name = "sectors-4k",
      .sector_size = 4 * KIB,
      .slot_size = 12 * KIB,
      .scratch_size = 4 * KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8 },
    { .name = NULL },
};

const struct otter_test_geometry *
otter_test_geometry_in(const struct otter_test_geometry *geometries, const char *name)
{
    while (geometries->name != NULL && strcmp(geometries->name, name) != 0) {
        geometries++;
    }
    return geometries->name == NULL ? NULL : geometries;
}

const struct otter_test_geometry *otter_test_geometry_find(const char *name)
{
    return otter_test_geometry_in(otter_test_geometries, name);
}

static void add_device(struct otter_test_board *board, const char *name, uint32_t sector_size,
                       uint32_t size, uint16_t write_size, uint8_t erased_byte)
{
    const uint8_t i = board->layout.device_count++;

    board->runs[i] = (struct otter_sector_run){ .size = sector_size, .count = size / sector_size };
    board->geometries[i] = (struct otter_flash_geometry){
        .name = name,
        .address = 0x10000000u * (i + 1u),
        .size = size,
        .runs = &board->runs[i],
        .run_count = 1,
        .write_size = write_size,
        .erased_byte = erased_byte,
    };
    if (otter_sim_flash_init(&board->devices[i], &board->power, &board->geometries[i])
        != OTTER_OK) {
        abort();
    }
    board->device_list[i] = &board->devices[i].flash;
}

static void add_area_of(struct otter_test_board *board, uint8_t image, enum otter_area_role role,
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

static void add_area(struct otter_test_board *board, enum otter_area_role role, uint8_t device,
                     uint32_t offset, uint32_t size)
{
    add_area_of(board, 0, role, device, offset, size);
}

/* Of all primary slots, or of all secondary ones. */
static uint32_t slots_size(const struct otter_test_board *board)
{
    return board->layout.image_count * board->geometry->slot_size;
}

static uint32_t status_offset(const struct otter_test_board *board)
{
    const struct otter_test_geometry *g = board->geometry;

    return 2 * slots_size(board)
           + (g->scratch_size + g->sector_size - 1) / g->sector_size * g->sector_size;
}

static uint32_t status_size(const struct otter_test_board *board)
{
    return 3u * board->layout.image_count * board->geometry->sector_size;
}

static uint32_t recovery_offset(const struct otter_test_board *board)
{
    return status_offset(board) + status_size(board);
}

static uint32_t recovery_size(const struct otter_test_geometry *geometry)
{
    return geometry->has_golden ? 2 * geometry->sector_size : 0;
}

static uint32_t golden_size(const struct otter_test_geometry *geometry)
{
    return geometry->has_golden ? geometry->slot_size : 0;
}

static void add_devices(struct otter_test_board *board)
{
    const struct otter_test_geometry *g = board->geometry;
    const uint32_t internal_size = recovery_offset(board) + recovery_size(g);

    if (g->external_sector_size == 0) {
        add_device(board, "internal", g->sector_size, internal_size + golden_size(g), g->write_size,
                   g->erased_byte);
        return;
    }
    add_device(board, "internal", g->sector_size, internal_size, g->write_size, g->erased_byte);
    add_device(board, "external", g->external_sector_size,
               slots_size(board) + g->scratch_size + golden_size(g), g->external_write_size,
               g->external_erased_byte);
}

static void add_golden(struct otter_test_board *board)
{
    const struct otter_test_geometry *g = board->geometry;

    add_area(board, OTTER_AREA_RECOVERY, 0, recovery_offset(board), recovery_size(g));
    if (g->external_sector_size == 0) {
        add_area(board, OTTER_AREA_GOLDEN, 0, recovery_offset(board) + recovery_size(g),
                 golden_size(g));
    } else {
        add_area(board, OTTER_AREA_GOLDEN, 1, slots_size(board) + g->scratch_size, golden_size(g));
    }
}

static void add_slots(struct otter_test_board *board)
{
    const struct otter_test_geometry *g = board->geometry;
    const uint8_t device = g->external_sector_size == 0 ? 0 : 1;
    const uint32_t start = device == 0 ? slots_size(board) : 0;

    for (uint8_t image = 0; image < board->layout.image_count; image++) {
        const uint32_t offset = image * g->slot_size;

        add_area_of(board, image, OTTER_AREA_PRIMARY, 0, offset, g->slot_size);
        add_area_of(board, image, OTTER_AREA_SECONDARY, device, start + offset, g->slot_size);
    }
}

static void add_areas(struct otter_test_board *board, bool has_status)
{
    const struct otter_test_geometry *g = board->geometry;
    const uint8_t scratch_device = g->scratch_is_external ? 1 : 0;

    add_slots(board);
    if (g->scratch_size > 0) {
        add_area(board, OTTER_AREA_SCRATCH, scratch_device,
                 scratch_device == 0 ? 2 * slots_size(board) : slots_size(board), g->scratch_size);
    }
    if (has_status) {
        add_area(board, OTTER_AREA_STATUS, 0, status_offset(board), status_size(board));
    }
    if (g->has_golden) {
        add_golden(board);
    }
}

static void open_area(struct otter_test_board *board, enum otter_area_role role,
                      struct otter_area *area)
{
    (void)otter_layout_open(&board->layout, board->device_list, role, 0, area);
}

static uint32_t largest_sector(const struct otter_test_geometry *g)
{
    return g->external_sector_size > g->sector_size ? g->external_sector_size : g->sector_size;
}

void otter_test_board_init_set(struct otter_test_board *board,
                               const struct otter_test_geometry *geometry, uint8_t image_count,
                               const struct otter_strategy *strategy,
                               const struct otter_test_signer *signer)
{
    *board = (struct otter_test_board){ .geometry = geometry };
    otter_sim_power_init(&board->power);
    board->layout = (struct otter_layout){
        .board = "test",
        .name = geometry->name,
        .digest = { 0x0D },
        .devices = board->geometries,
        .areas = board->areas,
        .image_count = image_count,
        .max_align = geometry->max_align,
        .header_size = OTTER_IMAGE_HEADER_SIZE,
        .max_sectors = (uint16_t)(geometry->slot_size / geometry->sector_size),
        .staging_offset = strategy == &otter_swap_offset ? largest_sector(geometry) : 0,
    };
    add_devices(board);
    add_areas(board, strategy == &otter_swap_status);
    board->shape = otter_trailer_shape(&board->layout);
    open_area(board, OTTER_AREA_PRIMARY, &board->primary);
    open_area(board, OTTER_AREA_SECONDARY, &board->secondary);
    open_area(board, OTTER_AREA_SCRATCH, &board->scratch);
    open_area(board, OTTER_AREA_STATUS, &board->status);
    open_area(board, OTTER_AREA_GOLDEN, &board->golden);
    open_area(board, OTTER_AREA_RECOVERY, &board->recovery);
    board->config = (struct otter_boot_config){
        .layout = &board->layout,
        .devices = board->device_list,
        .strategy = strategy,
        .trust = { .crypto = signer->crypto,
                   .keys = &signer->key,
                   .key_count = 1,
                   .layout_digest = board->layout.digest },
        .several = image_count > 1 ? &otter_boot_several : NULL,
        .hooks = &otter_boot_no_hooks,
        .buffer = board->buffer,
        .buffer_size = sizeof board->buffer,
    };
}

void otter_test_board_init(struct otter_test_board *board,
                           const struct otter_test_geometry *geometry,
                           const struct otter_strategy *strategy,
                           const struct otter_test_signer *signer)
{
    otter_test_board_init_set(board, geometry, 1, strategy, signer);
}

void otter_test_board_free(struct otter_test_board *board)
{
    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        otter_sim_flash_free(&board->devices[i]);
    }
}

struct otter_sim_flash *otter_test_board_device(struct otter_test_board *board,
                                                const struct otter_area *area)
{
    return area->flash == &board->devices[0].flash ? &board->devices[0] : &board->devices[1];
}

static void load_at(struct otter_test_board *board, const struct otter_area *slot, uint32_t start,
                    const uint8_t *bytes, uint32_t size)
{
    uint8_t *content = malloc(slot->size);

    if (content == NULL) {
        abort();
    }
    memset(content, otter_area_erased_byte(slot), slot->size);
    if (size > 0) {
        memcpy(content + start, bytes, size);
    }
    otter_sim_flash_load(otter_test_board_device(board, slot), slot->offset, content, slot->size);
    free(content);
}

void otter_test_board_load(struct otter_test_board *board, const struct otter_area *slot,
                           const uint8_t *bytes, uint32_t size)
{
    load_at(board, slot, 0, bytes, size);
}

void otter_test_board_stage_in(struct otter_test_board *board, const struct otter_area *slot,
                               const uint8_t *bytes, uint32_t size)
{
    load_at(board, slot, board->layout.staging_offset, bytes, size);
}

void otter_test_board_stage(struct otter_test_board *board, const uint8_t *bytes, uint32_t size)
{
    otter_test_board_stage_in(board, &board->secondary, bytes, size);
}

const uint8_t *otter_test_board_bytes(struct otter_test_board *board, const struct otter_area *area)
{
    return otter_test_board_device(board, area)->bytes + area->offset;
}
