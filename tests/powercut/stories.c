/* SPDX-License-Identifier: Apache-2.0 */

/* The rows of the matrix, and the finders for the command line. */

#include <stdio.h>
#include <string.h>

#include "powercut.h"
#include "scene.h"

const struct subject subjects[] = {
    { .strategy = &otter_overwrite,
      .encrypts = true,
      .damages = OTTER_SIM_ALL_DAMAGES,
      .promise = { .image = 1, .tail = 2, .image_each_cut = 1, .tail_each_cut = 2 },
      .quick_minimum = 10800,
      .mutations_minimum = 31 },
    { .strategy = &otter_swap_scratch,
      .reverts = true,
      .encrypts = true,
      .damages = OTTER_SIM_ALL_DAMAGES,
      .promise = { .image = 1,
                   .tail = 2,
                   .scratch_each_piece = 1,
                   .scratch = 3,
                   .image_each_cut = 1,
                   .tail_each_cut = 3 },
      .quick_minimum = 164000,
      .mutations_minimum = 57 },
    { .strategy = &otter_swap_move,
      .reverts = true,
      .encrypts = true,
      .damages = OTTER_SIM_ALL_DAMAGES,
      .promise = { .image = 2, .tail = 2, .image_each_cut = 2, .tail_each_cut = 3 },
      .quick_minimum = 78000,
      .mutations_minimum = 45 },
    { .strategy = &otter_direct_xip,
      .in_place = true,
      .damages = OTTER_SIM_ALL_DAMAGES,
      .promise = { .image = 1, .tail = 1, .image_each_cut = 1, .tail_each_cut = 1 },
      .quick_minimum = 3900,
      .mutations_minimum = 1 },
    { .strategy = &otter_direct_xip_revert,
      .in_place = true,
      .reverts = true,
      .damages = OTTER_SIM_ALL_DAMAGES,
      .promise = { .image = 1, .tail = 1, .image_each_cut = 1, .tail_each_cut = 2 },
      .quick_minimum = 16000,
      .mutations_minimum = 11 },
    { .strategy = &otter_swap_offset,
      .reverts = true,
      .encrypts = true,
      .damages = OTTER_SIM_ALL_DAMAGES,
      .promise = { .image = 1, .tail = 2, .image_each_cut = 1, .tail_each_cut = 3 },
      .quick_minimum = 64000,
      .mutations_minimum = 47 },
    { .strategy = &otter_swap_status,
      .reverts = true,
      .encrypts = true,
      .is_slow = true,
      .damages = OTTER_SIM_ALL_DAMAGES,
      .promise = { .image = 1,
                   .tail = 1,
                   .scratch_each_piece = 1,
                   .notes_each_piece = 3,
                   .notes = 6,
                   .moves_each_cut = 1,
                   .image_each_cut = 1,
                   .tail_each_cut = 2 },
      .quick_minimum = 119000,
      .mutations_minimum = 53 },
    { .strategy = NULL },
};

const struct scenario scenarios[] = {
    { .name = "install", .permanent = true, .ends_with_update = true, .moves = 1 },
    { .name = "trial-then-confirm", .confirms = true, .ends_with_update = true, .moves = 1 },
    { .name = "trial-then-revert", .moves = 2 },
    { .name = "revert-of-padded", .padded = true, .moves = 2 },
    { .name = "revert-unverified", .trusts_primary = true, .moves = 2 },
    { .name = "install-after-revert",
      .permanent = true,
      .after_revert = true,
      .ends_with_update = true,
      .moves = 1 },
    { .name = "confirm-after-revert",
      .confirms = true,
      .after_revert = true,
      .ends_with_update = true,
      .moves = 1 },
    { .name = "revert-after-revert", .after_revert = true, .moves = 2 },
    { .name = "forged", .permanent = true, .update_is_forged = true, .refusals = 1 },
    { .name = "forged-trial", .update_is_forged = true, .refusals = 1 },
    { .name = "install-encrypted",
      .permanent = true,
      .old_key_size = 32,
      .new_key_size = 16,
      .ends_with_update = true,
      .moves = 1 },
    { .name = "confirm-encrypted",
      .confirms = true,
      .old_key_size = 16,
      .new_key_size = 16,
      .ends_with_update = true,
      .moves = 1 },
    { .name = "revert-encrypted", .old_key_size = 16, .new_key_size = 32, .moves = 2 },
    { .name = "revert-to-plain", .new_key_size = 16, .moves = 2 },
    { .name = "revert-to-encrypted", .old_key_size = 16, .moves = 2 },
    { .name = "confirm-late",
      .confirms = true,
      .attempts = 3,
      .confirms_late = 1,
      .ends_with_update = true,
      .moves = 1 },
    { .name = "revert-late", .attempts = 3, .moves = 2 },
    { .name = "set-install", .images = 2, .permanent = true, .ends_with_update = true, .moves = 1 },
    { .name = "set-confirm", .images = 2, .confirms = true, .ends_with_update = true, .moves = 1 },
    { .name = "set-revert", .images = 2, .moves = 2 },
    { .name = "set-after-revert",
      .images = 2,
      .permanent = true,
      .after_revert = true,
      .ends_with_update = true,
      .moves = 1 },
    { .name = "set-revert-late", .images = 2, .attempts = 2, .moves = 2 },
    { .name = "set-forged",
      .images = 2,
      .permanent = true,
      .update_is_forged = true,
      .refusals = 1 },
    { .name = "set-encrypted", .images = 2, .old_key_size = 16, .new_key_size = 32, .moves = 2 },
    { .name = "set-of-three", .images = 3, .moves = 2 },
    { .name = "set-of-four", .images = 4, .confirms = true, .ends_with_update = true, .moves = 1 },
    { .name = "golden-empty",
      .permanent = true,
      .occasion = EMPTY_DEVICE,
      .recovery = &golden_by_itself },
    { .name = "golden-pressed",
      .permanent = true,
      .occasion = EMPTY_DEVICE,
      .recovery = &golden_by_hand },
    { .name = "golden-held", .permanent = true, .occasion = BUTTON, .recovery = &golden_by_hand },
    { .name = "golden-held-once",
      .permanent = true,
      .occasion = BUTTON_ONCE,
      .recovery = &golden_by_hand },
    { .name = "golden-resumes",
      .permanent = true,
      .occasion = BUTTON_ONCE,
      .recovery = &golden_resuming },
    { .name = "golden-requested",
      .permanent = true,
      .occasion = PROGRAM_ASKS,
      .recovery = &golden_resuming },
    { .name = "golden-after-failures",
      .permanent = true,
      .occasion = PROGRAM_FAILS,
      .recovery = &golden_by_itself },
    { .name = "golden-update-first",
      .permanent = true,
      .occasion = BUTTON_WITH_UPDATE,
      .recovery = &golden_by_hand,
      .moves = 1 },
    { .name = "golden-trial-first",
      .occasion = BUTTON_WITH_UPDATE,
      .recovery = &golden_by_hand,
      .moves = 1 },
    { .name = "golden-after-update",
      .permanent = true,
      .occasion = BUTTON_AFTER_UPDATE,
      .recovery = &golden_by_hand,
      .moves = 1 },
    { .name = "golden-after-trial",
      .attempts = 3,
      .occasion = BUTTON_AFTER_UPDATE,
      .recovery = &golden_by_hand,
      .moves = 1 },
    { .name = "golden-after-revert",
      .occasion = BUTTON_AFTER_UPDATE,
      .recovery = &golden_by_hand,
      .moves = 2 },
    { .name = NULL },
};

const struct sizes all_sizes[] = {
    { "full", LARGEST, LARGEST },         { "half", HALF, HALF },
    { "growing", SMALLEST, LARGEST },     { "shrinking", LARGEST, SMALLEST },
    { "sector", ONE_SECTOR, ONE_SECTOR }, { .name = NULL },
};

#define KIB 1024u

/* Each costs a second for a thousand cuts: they are for the complete set. */
const struct otter_test_geometry large_geometries[] = {
    { .name = "sectors-512",
      .sector_size = 512,
      .slot_size = 16 * KIB,
      .scratch_size = 2 * KIB,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8 },
    { .name = "sectors-64k",
      .sector_size = 64 * KIB,
      .slot_size = 192 * KIB,
      .scratch_size = 64 * KIB,
      .write_size = 16,
      .erased_byte = 0xFF,
      .max_align = 16 },
    { .name = "sectors-256k",
      .sector_size = 256 * KIB,
      .slot_size = 512 * KIB,
      .scratch_size = 256 * KIB,
      .write_size = 32,
      .erased_byte = 0xFF,
      .max_align = 32 },
    /* Internal 4 KiB, external 64 KiB. */
    { .name = "nested-64k",
      .sector_size = 4 * KIB,
      .slot_size = 128 * KIB,
      .scratch_size = 64 * KIB,
      .write_size = 8,
      .erased_byte = 0x00,
      .max_align = 8,
      .external_sector_size = 64 * KIB,
      .external_write_size = 1,
      .external_erased_byte = 0xFF,
      .scratch_is_external = true },
    { .name = NULL },
};

const struct subject *subject_find(const char *name)
{
    const struct subject *subject = subjects;

    while (subject->strategy != NULL && strcmp(otter_strategy_name(subject->strategy), name) != 0) {
        subject++;
    }
    return subject->strategy == NULL ? NULL : subject;
}

const struct scenario *scenario_find(const char *name)
{
    const struct scenario *scenario = scenarios;

    while (scenario->name != NULL && strcmp(scenario->name, name) != 0) {
        scenario++;
    }
    return scenario->name == NULL ? NULL : scenario;
}

const struct sizes *sizes_find(const char *name)
{
    const struct sizes *sizes = all_sizes;

    while (sizes->name != NULL && strcmp(sizes->name, name) != 0) {
        sizes++;
    }
    return sizes->name == NULL ? NULL : sizes;
}

const struct otter_test_geometry *geometry_find(const char *name)
{
    const struct otter_test_geometry *large = otter_test_geometry_in(large_geometries, name);

    return large == NULL ? otter_test_geometry_find(name) : large;
}

uint8_t story_image_count(const struct story *story)
{
    return story->scenario->images == 0 ? 1 : story->scenario->images;
}

uint8_t story_attempts(const struct story *story)
{
    return story->scenario->attempts == 0 ? 1 : story->scenario->attempts;
}

bool story_has_encryption(const struct story *story)
{
    return story->scenario->old_key_size != 0 || story->scenario->new_key_size != 0;
}

bool story_has_golden(const struct story *story)
{
    return story->scenario->occasion != NO_OCCASION;
}

bool story_is_small(const struct story *story)
{
    return otter_test_geometry_find(story->geometry->name) != NULL;
}

static bool strategy_knows(const struct story *story)
{
    const struct subject *subject = story->subject;

    return (story->scenario->permanent || subject->reverts)
           && (!story->scenario->after_revert || subject->reverts)
           && (!story_has_encryption(story) || subject->encrypts)
           && (!subject->in_place
               || !(story->scenario->padded || story->scenario->trusts_primary
                    || story_has_golden(story)));
}

bool story_is_possible(const struct story *story)
{
    return strategy_knows(story) && scene_suits(story);
}

void print_replay(const struct story *story, const struct cut *cuts, uint32_t count)
{
    printf("  powercut --strategy %s --scenario %s --geometry %s --sizes %s",
           otter_strategy_name(story->subject->strategy), story->scenario->name,
           story->geometry->name, story->sizes->name);
    for (uint32_t i = 0; i < count; i++) {
        printf(" --cut %u:%s:%u", (unsigned)cuts[i].at, otter_sim_damage_name(cuts[i].damage),
               (unsigned)cuts[i].seed);
    }
    printf("\n");
    fflush(stdout);
}
