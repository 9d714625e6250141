/* SPDX-License-Identifier: Apache-2.0 */

/* Images of the sizes that a story asks for. What the programs are does not matter; that no two of
 * them share a block does, as each is looked for in flash. */

#include "programs.h"

#include <stdlib.h>
#include <string.h>

#include "plaintext.h"
#include "quick_cipher.h"
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
    otter_test_board_init_set(board, story->geometry, story_image_count(story),
                              story->subject->strategy, &signer);
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

/* A golden program is not on its way anywhere: it lies there as it runs. */
static uint8_t key_size(const struct story *story, enum program program)
{
    if (program == GOLDEN) {
        return 0;
    }
    return program == OLD ? story->scenario->old_key_size : story->scenario->new_key_size;
}

/* Ask for all others of the set. */
static uint8_t depend(const struct story *story, uint8_t image, struct otter_version version,
                      struct otter_test_dependency others[OTTER_BOOT_IMAGES_MAX])
{
    uint8_t count = 0;

    for (uint8_t other = 0; other < story_image_count(story); other++) {
        if (other != image) {
            others[count++] = (struct otter_test_dependency){ other, version };
        }
    }
    return count;
}

static void make_room(struct program_image *image, uint32_t room)
{
    image->bytes = realloc(image->bytes, room);
    image->staged = realloc(image->staged, room);
    if (image->bytes == NULL || image->staged == NULL) {
        abort();
    }
}

static void learn(const struct program_image *image)
{
    struct otter_image_header header;

    (void)otter_image_parse_header(image->bytes, &header);
    plaintext_learn(image->bytes + header.header_size, header.program_size);
}

/* Of a forged set, only the last image is. */
static void make_image(const struct story *story, enum program program, uint8_t image)
{
    struct programs *programs = &kept.programs;
    struct program_image *made = &programs->images[program][image];
    const bool is_forged = program == NEW && story->scenario->update_is_forged
                           && image + 1 == story_image_count(story);
    const struct otter_version version = { .major = 1, .minor = (uint8_t)program };
    struct otter_test_dependency others[OTTER_BOOT_IMAGES_MAX];
    const struct otter_test_image wanted = {
        .version = version,
        .header_size = OTTER_IMAGE_HEADER_SIZE,
        .size = image_size(story, program),
        .program_size = PROGRAM_SMALL,
        .seed = (uint8_t)(program + PROGRAMS * image),
        .key_size = key_size(story, program),
        .signer = is_forged ? &programs->stranger : &programs->vendor,
        .dependencies = others,
        .dependency_count = depend(story, image, version, others),
    };

    make_room(made, story->geometry->slot_size);
    made->size = otter_test_image_make(&wanted, made->bytes, story->geometry->slot_size);
    memcpy(made->staged, made->bytes, made->size);
    otter_test_image_crypt(&wanted, made->staged);
    if (wanted.key_size != 0) {
        learn(made);
    }
}

static void make_program(const struct story *story, enum program program)
{
    for (uint8_t image = 0; image < story_image_count(story); image++) {
        make_image(story, program, image);
    }
}

static void make_signers(struct programs *programs)
{
    otter_test_signer_fake(&programs->vendor, "vendor");
    otter_test_signer_fake(&programs->stranger, "stranger");
    programs->everyone[0] = programs->vendor.key;
    programs->everyone[1] = programs->stranger.key;
    kept.crypto = quick_hash_in(programs->vendor.crypto);
    kept.crypto.cipher = &quick_cipher;
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
        plaintext_ready();
        kept.made_for = *story;
    }
    return &kept.programs;
}
