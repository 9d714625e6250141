/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes in slots and scratch area: the bootloader must stay inside its areas, keep the rules of
 * NOR flash (the simulated flash aborts otherwise), and start nothing that is not authentic.
 *
 * The first byte chooses the geometry, the second strategy and encryption; the rest is laid over the
 * areas. Both slots get a good image first, so that trailers matter and not only headers. */

#include <stdlib.h>
#include <string.h>

#include "test_board.h"

#define BOOTS     4
#define IMAGE_MAX (12u * 1024u)

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

/* The fuzzer cannot reach the end of a slot by luck: its bytes are laid from the ends of the areas
 * downwards, a third each. */
static void fill_area(struct otter_test_board *board, const struct otter_area *area,
                      const uint8_t *bytes, size_t size)
{
    const uint32_t len = size < area->size ? (uint32_t)size : area->size;

    otter_sim_flash_load(otter_test_board_device(board, area), area->offset + area->size - len,
                         bytes, len);
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
    otter_test_board_load(board, &board->secondary, staged, size);
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
    demand(memcmp(otter_test_board_bytes(board, &board->primary), image, size) == 0);
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
    is_encrypted = (data[1] & 2u) != 0;
    otter_test_signer_fake(&signer, "vendor");
    otter_test_board_init(&board, choose_geometry(data[0]), otter_strategies[data[1] % 2], &signer);
    if (is_encrypted) {
        board.config.trust.decryption_key = &signer.device_key;
        board.config.encryption = &otter_boot_encryption;
    }
    image_size = load_good_image(&board, &signer, is_encrypted ? 16 : 0, image);
    data += 2;
    size -= 2;
    fill_area(&board, &board.primary, data, size / 3);
    fill_area(&board, &board.secondary, data + size / 3, size / 3);
    fill_area(&board, &board.scratch, data + size / 3 * 2, size - size / 3 * 2);

    for (int boot = 0; boot < BOOTS; boot++) {
        struct otter_boot_outcome outcome;
        const enum otter_result result = otter_boot_go(&board.config, &outcome);

        check(&board, result, &outcome, image, image_size);
    }
    otter_test_board_free(&board);
    return 0;
}
