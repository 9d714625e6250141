/* SPDX-License-Identifier: Apache-2.0 */

/* Images of the sizes that a story asks for. What the programs are does not matter; that no two of
 * them share a block does, as each is looked for in flash. */

#include "programs.h"

#include <stdlib.h>
#include <string.h>

#include "plaintext.h"
#include "quick_hash.h"

#define PROGRAM_SMALL 200u

static struct {
    struct programs programs;
    struct story made_for;
    struct otter_crypto crypto;
} kept;

static void open_board(struct otter_test_board *board, const struct story *story)
{
    struct otter_test_signer signer;

    otter_test_signer_fake(&signer, "nobody");
    otter_test_board_init(board, story->geometry, story->subject->strategy, &signer);
}

uint32_t programs_largest(const struct story *story)
{
    static struct otter_test_board board;
    uint32_t largest;

    open_board(&board, story);
    largest = otter_strategy_max_image_size(story->subject->strategy, &board.layout, 0, NULL);
    otter_test_board_free(&board);
    return largest;
}

/* Bytes of the image, or 0 for as few as possible. */
static uint32_t image_size(const struct story *story, enum program program)
{
    const uint32_t largest = programs_largest(story);

    switch (program == OLD ? story->sizes->old_extent : story->sizes->new_extent) {
    case LARGEST:
        return largest;
    case HALF:
        return largest / 2;
    case ONE_SECTOR:
        return story->geometry->sector_size;
    case SMALLEST:
        break;
    }
    return 0;
}

static uint8_t key_size(const struct story *story, enum program program)
{
    return program == OLD ? story->scenario->old_key_size : story->scenario->new_key_size;
}

static void make_program(const struct story *story, enum program program)
{
    struct programs *programs = &kept.programs;
    const bool is_forged = program == NEW && story->scenario->update_is_forged;
    const uint32_t room = story->geometry->slot_size;
    const struct otter_test_image wanted = {
        .version = { .major = 1, .minor = (uint8_t)program },
        .header_size = OTTER_IMAGE_HEADER_SIZE,
        .size = image_size(story, program),
        .program_size = PROGRAM_SMALL,
        .seed = (uint8_t)program,
        .key_size = key_size(story, program),
        .signer = is_forged ? &programs->stranger : &programs->vendor,
    };
    struct otter_image_header header = { 0 };

    programs->bytes[program] = realloc(programs->bytes[program], room);
    programs->staged[program] = realloc(programs->staged[program], room);
    if (programs->bytes[program] == NULL || programs->staged[program] == NULL) {
        abort();
    }
    programs->size[program] = otter_test_image_make(&wanted, programs->bytes[program], room);
    memcpy(programs->staged[program], programs->bytes[program], programs->size[program]);
    otter_test_image_crypt(&wanted, programs->staged[program]);
    if (wanted.key_size != 0) {
        (void)otter_image_parse_header(programs->bytes[program], &header);
        plaintext_learn(programs->bytes[program] + header.header_size, header.program_size);
    }
}

static void make_signers(struct programs *programs)
{
    otter_test_signer_fake(&programs->vendor, "vendor");
    otter_test_signer_fake(&programs->stranger, "stranger");
    programs->everyone[0] = programs->vendor.key;
    programs->everyone[1] = programs->stranger.key;
    kept.crypto = quick_hash_in(programs->vendor.crypto);
    programs->vendor.crypto = &kept.crypto;
    programs->stranger.crypto = &kept.crypto;
}

const struct programs *programs_of(const struct story *story)
{
    if (memcmp(&kept.made_for, story, sizeof *story) != 0) {
        make_signers(&kept.programs);
        plaintext_clear();
        for (enum program program = OLD; program < PROGRAMS; program++) {
            make_program(story, program);
        }
        kept.made_for = *story;
    }
    return &kept.programs;
}
