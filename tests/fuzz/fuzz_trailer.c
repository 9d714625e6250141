/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes in slots and scratch area: the bootloader must stay inside its areas, keep the rules of
 * NOR flash (the simulated flash aborts otherwise), and start nothing that is not authentic.
 *
 * The first byte chooses the geometry, the second strategy and encryption; the rest is laid over the
 * areas. Both slots get a good image first, so that trailers matter and not only headers. */

#include <stdlib.h>
#include <string.h>

#include "test_board.h"

#define BOOTS        4
#define IMAGE_MAX    (12u * 1024u)
#define IS_ENCRYPTED 0x80u /* in the second byte */

/* In an order of their own, which only grows: seeds and findings name them by number. */
static const struct otter_strategy *const strategies[] = {
    &otter_overwrite,   &otter_swap_scratch, &otter_swap_move,         &otter_swap_offset,
    &otter_swap_status, &otter_direct_xip,   &otter_direct_xip_revert,
};
#define STRATEGIES (sizeof strategies / sizeof strategies[0])

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static const struct otter_test_geometry *choose_geometry(uint8_t choice)
{
    size_t count = 0;

    while (otter_test_geometries[count].name != NULL) {
        count++;
    }
    return &otter_test_geometries[choice % count];
}

static void fill(struct otter_test_board *board, const struct otter_area *area, uint32_t offset,
                 const uint8_t *bytes, uint32_t len)
{
    otter_sim_flash_load(otter_test_board_device(board, area), area->offset + offset, bytes, len);
}

/* The fuzzer cannot reach the end of a slot by luck. */
static void fill_end(struct otter_test_board *board, const struct otter_area *area,
                     const uint8_t *bytes, size_t size)
{
    const uint32_t len = size < area->size ? (uint32_t)size : area->size;

    fill(board, area, area->size - len, bytes, len);
}

/* Its log begins at the start of any sector. */
static void fill_status(struct otter_test_board *board, const uint8_t *bytes, size_t size)
{
    const uint32_t sector = board->geometry->sector_size;
    const uint32_t count = board->status.size / sector;
    const uint32_t share = size / count < sector ? (uint32_t)(size / count) : sector;

    for (uint32_t i = 0; i < count; i++) {
        fill(board, &board->status, i * sector, bytes + (size_t)i * share, share);
    }
}

/* To each area the same share. */
static void fill_areas(struct otter_test_board *board, const uint8_t *bytes, size_t size)
{
    const bool has_status = board->status.size > 0;
    const size_t share = size / (has_status ? 4 : 3);

    fill_end(board, &board->primary, bytes, share);
    fill_end(board, &board->secondary, bytes + share, share);
    fill_end(board, &board->scratch, bytes + 2 * share, has_status ? share : size - 2 * share);
    if (has_status) {
        fill_status(board, bytes + 3 * share, size - 3 * share);
    }
}

static uint32_t load_good_image(struct otter_test_board *board,
                                const struct otter_test_signer *signer, uint8_t key_size,
                                uint8_t *image)
{
    static uint8_t staged[IMAGE_MAX];
    const struct otter_test_image wanted = { .version = { .major = 1 },
                                             .header_size = OTTER_IMAGE_HEADER_SIZE,
                                             .program_size = 300,
                                             .key_size = key_size,
                                             .signer = signer };
    const uint32_t size = otter_test_image_make(&wanted, image, IMAGE_MAX);

    memcpy(staged, image, size);
    otter_test_image_crypt(&wanted, staged);
    otter_test_board_load(board, &board->primary, image, size);
    /* A layout that the strategy cannot work with has no place for it, and is refused. */
    if (otter_strategy_max_image_size(board->config.strategy, &board->layout, 0, NULL) >= size) {
        otter_test_board_stage(board, staged, size);
    }
    return size;
}

/* What starts is the one image that the signer signed. */
static void check(struct otter_test_board *board, enum otter_result result,
                  const struct otter_boot_outcome *outcome, const uint8_t *image, uint32_t size)
{
    if (result != OTTER_OK) {
        demand(outcome->verdict != OTTER_VERDICT_GOOD);
        return;
    }
    demand(outcome->verdict == OTTER_VERDICT_GOOD);
    demand(memcmp(otter_test_board_bytes(board, &outcome->slot), image, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t image[IMAGE_MAX];
    struct otter_test_signer signer;
    struct otter_test_board board;
    bool is_encrypted;
    uint32_t image_size;

    if (size < 2) {
        return 0;
    }
    is_encrypted = (data[1] & IS_ENCRYPTED) != 0;
    otter_test_signer_fake(&signer, "vendor");
    otter_test_board_init(&board, choose_geometry(data[0]),
                          strategies[(data[1] & ~IS_ENCRYPTED) % STRATEGIES], &signer);
    if (is_encrypted) {
        board.config.trust.decryption_key = &signer.device_key;
        board.config.encryption = &otter_boot_encryption;
    }
    image_size = load_good_image(&board, &signer, is_encrypted ? 16 : 0, image);
    fill_areas(&board, data + 2, size - 2);
    for (int boot = 0; boot < BOOTS; boot++) {
        struct otter_boot_outcome outcome;
        const enum otter_result result = otter_boot_go(&board.config, &outcome);

        check(&board, result, &outcome, image, image_size);
    }
    otter_test_board_free(&board);
    return 0;
}
