/* SPDX-License-Identifier: Apache-2.0 */

/* What one update costs the flash, on slots of a real size: the figures that docs/figures.md prints
 * must not get worse unnoticed. The agent's erases are not among them. */

#include <stdlib.h>
#include <string.h>

#include "stage.h"
#include "tests.h"

#define KIB 1024u

static const struct otter_test_geometry sectors_4k = {
    .name = "952k-4k",
    .sector_size = 4 * KIB,
    .slot_size = 952 * KIB,
    .scratch_size = 4 * KIB,
    .write_size = 8,
    .erased_byte = 0xFF,
    .max_align = 8,
};

static const struct otter_test_geometry rows_of_512 = {
    .name = "952k-rows",
    .sector_size = 4 * KIB,
    .slot_size = 952 * KIB,
    .write_size = 512,
    .erased_byte = 0xFF,
    .max_align = 512,
};

struct cost {
    const struct otter_strategy *strategy;
    const struct otter_test_geometry *geometry;
    uint32_t largest; /* image */
    uint32_t image;   /* 0: the largest */
    uint32_t erases;  /* of all sectors */
    uint32_t worst;   /* of one sector of the slots */
    uint32_t beside;  /* bytes programmed that are not the images', at most */
};

/* For the same slots and images, MCUboot's swap by move erases 709 and 154 sectors. */
static const struct cost costs[] = {
    { &otter_swap_move, &sectors_4k, 235 * 4 * KIB, 0, 709, 2, UINT32_MAX },
    { &otter_swap_move, &sectors_4k, 235 * 4 * KIB, 200 * KIB, 154, 2, UINT32_MAX },
    { &otter_swap_status, &sectors_4k, 952 * KIB - 48, 0, 720, 1, UINT32_MAX },
    /* Its swap by offset 474 and 104, for images of 962,560 bytes at most. */
    { &otter_swap_offset, &sectors_4k, 236 * 4 * KIB, 0, 474, 1, 4 * KIB },
    { &otter_swap_offset, &sectors_4k, 236 * 4 * KIB, 235 * 4 * KIB, 472, 1, 4 * KIB },
    { &otter_swap_offset, &sectors_4k, 236 * 4 * KIB, 200 * KIB, 102, 1, 4 * KIB },
    { &otter_swap_offset, &rows_of_512, 235 * 4 * KIB, 0, 473, 1, 8 * KIB },
    { &otter_swap_offset, &rows_of_512, 235 * 4 * KIB, 200 * KIB, 103, 1, 8 * KIB },
};

/* Images of that size in both slots, and a request. */
static void set_scene(struct otter_test_board *board, const struct otter_test_signer *signer,
                      uint32_t size)
{
    uint8_t *image = malloc(size);

    assert_non_null(image);
    for (uint8_t i = 0; i < 2; i++) {
        const struct otter_test_image wanted = { .version = { .major = i },
                                                 .header_size = OTTER_IMAGE_HEADER_SIZE,
                                                 .size = size,
                                                 .seed = i,
                                                 .signer = signer };

        (void)otter_test_image_make(&wanted, image, size);
        if (i == 0) {
            otter_test_board_load(board, &board->primary, image, size);
        } else {
            otter_test_board_stage(board, image, size);
        }
    }
    free(image);
    assert_int_equal(otter_bootstate_request(&board->secondary, &board->shape, 0, false), OTTER_OK);
}

static uint32_t total_erases(const struct otter_test_board *board)
{
    uint32_t total = 0;

    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        total += board->devices[i].counters.erases;
    }
    return total;
}

static uint32_t worst_of(struct otter_test_board *board, const struct otter_area *area)
{
    return otter_sim_flash_worst_sector(otter_test_board_device(board, area), area->offset,
                                        area->size);
}

static void check_cost(const struct cost *cost)
{
    static struct otter_test_board board;
    struct otter_test_signer signer;
    struct otter_boot_outcome outcome;
    const uint32_t image = cost->image == 0 ? cost->largest : cost->image;

    otter_test_signer_fake(&signer, "vendor");
    otter_test_board_init(&board, cost->geometry, cost->strategy, &signer);
    assert_int_equal(otter_strategy_max_image_size(cost->strategy, &board.layout, 0, NULL),
                     cost->largest);
    set_scene(&board, &signer, image);
    otter_sim_flash_reset_counters(&board.devices[0]);
    assert_int_equal(otter_boot_go(&board.config, &outcome), OTTER_OK);
    assert_int_equal(outcome.swap_done, OTTER_SWAP_TEST);
    assert_int_equal(total_erases(&board), cost->erases);
    assert_int_equal(worst_of(&board, &board.primary), cost->worst);
    assert_true(worst_of(&board, &board.secondary) <= cost->worst);
    assert_true(board.devices[0].counters.bytes_programmed - 2u * image <= cost->beside);
    otter_test_board_free(&board);
}

static void an_update_costs_no_more_erases_than_recorded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        check_cost(&costs[i]);
    }
}

int test_wear(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_costs_no_more_erases_than_recorded),
    };

    return cmocka_run_group_tests_name("boot: wear", tests, NULL, NULL);
}
