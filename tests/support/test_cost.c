/* SPDX-License-Identifier: Apache-2.0 */

/* Two programs of one size, a request, a boot. Whatever goes wrong aborts: a figure of an update that
 * did not take place is worse than none. */

#include "test_cost.h"

#include <stdlib.h>

#include "otter/bootstate.h"

#define KIB 1024u

const struct otter_test_geometry otter_test_cost_geometries[] = {
    { .name = "952k-4k",
      .sector_size = 4 * KIB,
      .slot_size = 952 * KIB,
      .scratch_size = 4 * KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8 },
    { .name = "952k-4k-unit512",
      .sector_size = 4 * KIB,
      .slot_size = 952 * KIB,
      .scratch_size = 4 * KIB,
      .write_size = 512,
      .erased_byte = 0xFF,
      .max_align = 512 },
    { .name = "1m-256k",
      .sector_size = 256 * KIB,
      .slot_size = 1024 * KIB,
      .scratch_size = 256 * KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8 },
    /* The primary slot internal, all else external. */
    { .name = "1m-4k-256k",
      .sector_size = 4 * KIB,
      .slot_size = 1024 * KIB,
      .scratch_size = 256 * KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8,
      .external_sector_size = 256 * KIB,
      .external_write_size = 1,
      .external_erased_byte = 0xFF,
      .scratch_is_external = true },
    { .name = NULL },
};

const struct otter_test_geometry *otter_test_cost_geometry(const char *name)
{
    return otter_test_geometry_in(otter_test_cost_geometries, name);
}

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- the scene ------------------------------------------------------------------------------ */

static void load_program(struct otter_test_board *board, const struct otter_test_signer *signer,
                         uint8_t major, uint32_t size)
{
    const struct otter_test_image wanted = { .version = { .major = major },
                                             .header_size = OTTER_IMAGE_HEADER_SIZE,
                                             .size = size,
                                             .seed = major,
                                             .signer = signer };
    uint8_t *image = malloc(size);

    must(image != NULL);
    (void)otter_test_image_make(&wanted, image, size);
    if (major == 0) {
        otter_test_board_load(board, &board->primary, image, size);
    } else {
        otter_test_board_stage(board, image, size);
    }
    free(image);
}

/* Direct-XIP without revert knows no trailers. */
static bool has_trailers(const struct otter_test_board *board)
{
    return board->config.strategy != &otter_direct_xip;
}

/* The running program was confirmed, and has made an update pending. */
static void set_scene(struct otter_test_board *board, const struct otter_test_signer *signer,
                      uint32_t size)
{
    load_program(board, signer, 0, size);
    load_program(board, signer, 1, size);
    if (board->config.strategy == &otter_direct_xip_revert) {
        must(otter_bootstate_request(&board->primary, &board->shape, 0, true) == OTTER_OK);
    }
    if (has_trailers(board)) {
        must(otter_bootstate_request(&board->secondary, &board->shape, 0, false) == OTTER_OK);
    }
}

static void boot(struct otter_test_board *board, struct otter_boot_outcome *outcome)
{
    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        otter_sim_flash_reset_counters(&board->devices[i]);
    }
    must(otter_boot_go(&board->config, outcome) == OTTER_OK);
    must(outcome->refusal == OTTER_OK && outcome->image.header.version.major == 1);
}

/* ---- counting ------------------------------------------------------------------------------- */

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t worst_of(struct otter_test_board *board, const struct otter_area *area)
{
    return otter_sim_flash_worst_sector(otter_test_board_device(board, area), area->offset,
                                        area->size);
}

/* Erases of the sectors that lie wholly within [@p from, @p to) of a slot. */
static uint32_t erases_between(struct otter_test_board *board, const struct otter_area *slot,
                               uint32_t from, uint32_t to)
{
    const struct otter_sim_flash *device = otter_test_board_device(board, slot);
    struct otter_sector sector = { 0 };
    uint32_t total = 0;

    for (uint32_t at = 0; at < to; at = sector.offset + sector.size) {
        must(otter_area_sector(slot, at, &sector) == OTTER_OK);
        if (sector.offset >= from && sector.offset + sector.size <= to) {
            total +=
                otter_sim_flash_worst_sector(device, slot->offset + sector.offset, sector.size);
        }
    }
    return total;
}

/* Swap by move and by offset have one sector, the larger kind, behind the image. */
static uint32_t erases_beyond(struct otter_test_board *board, uint32_t image_size)
{
    const struct otter_test_geometry *g = board->geometry;
    const uint32_t from = image_size + larger(g->sector_size, g->external_sector_size);

    return erases_between(board, &board->primary, from,
                          otter_trailer_status_offset(&board->shape, board->primary.size))
           + erases_between(board, &board->secondary, from,
                            otter_trailer_status_offset(&board->shape, board->secondary.size));
}

static uint64_t bytes_read(const struct otter_test_board *board)
{
    uint64_t total = 0;

    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        total += board->devices[i].counters.bytes_read;
    }
    return total;
}

static void count_update(struct otter_test_board *board, struct otter_test_cost *cost)
{
    cost->trailer_size = has_trailers(board) ? otter_trailer_size(&board->shape) : 0;
    cost->worst_of_slots =
        larger(worst_of(board, &board->primary), worst_of(board, &board->secondary));
    cost->erases_beyond = erases_beyond(board, cost->image_size);
    cost->bytes_read = bytes_read(board);
    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        const struct otter_sim_flash *device = &board->devices[i];

        cost->erases += device->counters.erases;
        cost->bytes_programmed += device->counters.bytes_programmed;
        cost->worst =
            larger(cost->worst, otter_sim_flash_worst_sector(device, 0, board->geometries[i].size));
    }
}

static void update(struct otter_test_board *board, const struct otter_test_signer *signer,
                   struct otter_test_cost *cost)
{
    static struct otter_boot_outcome outcome;

    set_scene(board, signer, cost->image_size);
    boot(board, &outcome);
    count_update(board, cost);
    if (has_trailers(board)) {
        must(otter_bootstate_confirm(&outcome.slot, &board->shape) == OTTER_OK);
    }
    boot(board, &outcome);
    cost->idle_bytes_read = bytes_read(board);
}

bool otter_test_cost_of_update(const struct otter_strategy *strategy,
                               const struct otter_test_geometry *geometry, uint32_t image_size,
                               struct otter_test_cost *cost)
{
    static struct otter_test_board board;
    struct otter_test_signer signer;

    *cost = (struct otter_test_cost){ 0 };
    otter_test_signer_fake(&signer, "vendor");
    otter_test_board_init(&board, geometry, strategy, &signer);
    cost->largest_image = otter_strategy_max_image_size(strategy, &board.layout, 0, NULL);
    cost->image_size = image_size == 0 ? cost->largest_image : image_size;

    const bool fits = cost->image_size > 0 && cost->image_size <= cost->largest_image;

    if (fits) {
        update(&board, &signer, cost);
    }
    otter_test_board_free(&board);
    return fits;
}
