/* SPDX-License-Identifier: Apache-2.0 */

/* What happens before a story begins, none of which can be cut; and staging, which needs no program. */

#include "scene.h"

#include "golden.h"
#include "programs.h"

void scene_stage_image(struct device *device, enum program program, uint8_t image)
{
    const struct program_image *made = device_image(device, program, image);

    otter_test_board_stage_in(&device->board, &device->secondary[image], made->staged, made->size);
}

void scene_stage(struct device *device, enum program program)
{
    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        scene_stage_image(device, program, image);
    }
}

void scene_request(struct device *device, const struct otter_area slots[], bool permanent)
{
    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        device_demand(device,
                      otter_bootstate_request(&slots[image], &device->board.shape, image, permanent)
                          == OTTER_OK);
    }
}

/* Try NEXT and let it fail, so that the story begins with the trailers of a revert. */
static void revert_something(struct device *device)
{
    struct otter_boot_outcome outcome;

    scene_stage(device, NEXT);
    scene_request(device, device->secondary, false);
    for (uint8_t boots = 0; boots <= story_attempts(device->story); boots++) {
        device_demand(device, device_start(device, &outcome) == OTTER_OK);
    }
}

/* As programmed in the factory. */
static void load_old(struct device *device)
{
    struct otter_test_board *board = &device->board;

    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        const struct program_image *made = device_image(device, OLD, image);
        const struct otter_area *primary = &device->primary[image];

        otter_test_board_load(board, &device->secondary[image], NULL, 0);
        otter_test_board_load(board, primary, made->bytes, made->size);
        if (device->story->scenario->padded) {
            device_demand(device, otter_trailer_write_magic(primary, &board->shape) == OTTER_OK);
        }
    }
    if (device->story->subject->in_place) {
        scene_request(device, device->primary, true);
    }
}

void scene_set(struct device *device)
{
    struct otter_test_board *board = &device->board;

    device->facts = (struct facts){ .running = OLD };
    device->runs_from_secondary = false;
    device->failure = NULL;
    if (board->scratch.flash != NULL) {
        otter_test_board_load(board, &board->scratch, NULL, 0);
    }
    if (board->status.flash != NULL) {
        otter_test_board_load(board, &board->status, NULL, 0);
    }
    load_old(device);
    if (device->story->scenario->after_revert) {
        revert_something(device);
    }
    if (story_has_golden(device->story)) {
        golden_set_scene(device);
    }
    if (!device->story->subject->in_place) {
        scene_stage(device, NEW);
    }
    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        otter_sim_flash_reset_counters(&board->devices[i]);
    }
    otter_sim_power_on(&board->power);
}

/* Does the bootloader take this configuration at all? */
static bool is_taken(const struct story *story)
{
    static struct device device;
    enum otter_result result;

    device_open(&device, story);
    load_old(&device);
    result = otter_boot_go(&device.board.config, &device.outcome);
    device_close(&device);
    return result != OTTER_ERR_ARGUMENT;
}

/* Into a smaller sector, the image of a set, encrypted, does not fit with its TLVs. */
#define SECTOR_MIN 700u

static bool sector_suits(const struct story *story, uint32_t largest)
{
    const bool has_sector =
        story->sizes->old_extent == ONE_SECTOR || story->sizes->new_extent == ONE_SECTOR;
    const uint32_t size = story->geometry->sector_size;

    return !has_sector || (size >= SECTOR_MIN && size <= largest);
}

bool scene_suits(const struct story *story)
{
    const uint32_t largest = programs_largest(story);

    return largest > 0 && sector_suits(story, largest)
           && (story_attempts(story) == 1 || is_taken(story));
}
