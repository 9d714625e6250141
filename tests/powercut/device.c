/* SPDX-License-Identifier: Apache-2.0 */

/* The board of a story, its copies and its key. What is done to a device is elsewhere: scene.c puts the
 * programs in place, cut.c takes the power away, reset.c starts it. */

#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "programs.h"

void device_fail(struct device *device, const char *failure)
{
    if (device->failure == NULL) {
        device->failure = failure;
    }
}

void device_demand(const struct device *device, bool condition)
{
    if (!condition) {
        fprintf(stderr, "powercut: a step outside of the bootloader failed\n");
        print_replay(device->story, NULL, 0);
        abort();
    }
}

/* ---- opening --------------------------------------------------------------------------------- */

static void break_off(struct otter_sim_power *power, const char *rule)
{
    struct device *device = power->violation_context;

    device_fail(device, rule);
    longjmp(device->way_out, 1);
}

static void open_slots(struct device *device)
{
    struct otter_test_board *board = &device->board;

    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        device_demand(device, otter_layout_open(&board->layout, board->device_list,
                                                OTTER_AREA_PRIMARY, image, &device->primary[image])
                                  == OTTER_OK);
        device_demand(device,
                      otter_layout_open(&board->layout, board->device_list, OTTER_AREA_SECONDARY,
                                        image, &device->secondary[image])
                          == OTTER_OK);
    }
}

static void configure(struct device *device)
{
    const struct story *story = device->story;
    struct otter_boot_config *config = &device->board.config;

    config->hooks_context = device;
    config->trust.memory = &device->memory;
    config->trust_primary = story->scenario->trusts_primary;
    if (story_attempts(story) > 1) {
        config->attempts = &otter_boot_attempts;
        config->trial_attempts = story_attempts(story);
    }
    if (!story_is_small(story)) {
        config->buffer = device->copy_buffer;
        config->buffer_size = sizeof device->copy_buffer;
    }
    if (story_has_encryption(story)) {
        config->trust.decryption_key = &programs_of(story)->vendor.device_key;
        config->encryption = &otter_boot_encryption;
    }
}

void device_open(struct device *device, const struct story *story)
{
    struct otter_test_board *board = &device->board;

    device->story = story;
    device->failure = NULL;
    device->mutant = NULL;
    device->geometry = *story->geometry;
    device->geometry.has_golden = story_has_golden(story);
    otter_test_board_init_set(board, &device->geometry, story_image_count(story),
                              story->subject->strategy, &programs_of(story)->vendor);
    board->power.violation = break_off;
    board->power.violation_context = device;
    open_slots(device);
    configure(device);
}

void device_close(struct device *device)
{
    otter_test_board_free(&device->board);
}

const struct program_image *device_image(const struct device *device, enum program program,
                                         uint8_t image)
{
    return &programs_of(device->story)->images[program][image];
}

enum otter_result device_start(struct device *device, struct otter_boot_outcome *outcome)
{
    memset(&device->memory, 0, sizeof device->memory);
    return story_has_golden(device->story) ? golden_go(device, outcome)
                                           : otter_boot_go(&device->board.config, outcome);
}

/* ---- areas ----------------------------------------------------------------------------------- */

static bool lies_in(const struct otter_area *area, const struct otter_sim_flash *flash,
                    uint32_t offset)
{
    return area->flash == &flash->flash && offset - area->offset < area->size;
}

const struct otter_area *device_slot_at(const struct device *device,
                                        const struct otter_area slots[],
                                        const struct otter_sim_flash *flash, uint32_t offset)
{
    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        if (lies_in(&slots[image], flash, offset)) {
            return &slots[image];
        }
    }
    return NULL;
}

const struct otter_area *device_area_at(const struct device *device,
                                        const struct otter_sim_flash *flash, uint32_t offset)
{
    const struct otter_test_board *board = &device->board;
    const struct otter_area *slot = device_slot_at(device, device->primary, flash, offset);

    if (slot == NULL) {
        slot = device_slot_at(device, device->secondary, flash, offset);
    }
    if (slot == NULL && lies_in(&board->scratch, flash, offset)) {
        slot = &board->scratch;
    }
    if (slot == NULL && lies_in(&board->status, flash, offset)) {
        slot = &board->status;
    }
    if (slot == NULL && lies_in(&board->recovery, flash, offset)) {
        slot = &board->recovery;
    }
    return slot;
}

/* ---- copies ---------------------------------------------------------------------------------- */

void device_copy(struct device *device, const struct device *from)
{
    for (uint8_t i = 0; i < from->board.layout.device_count; i++) {
        otter_sim_flash_copy(&device->board.devices[i], &from->board.devices[i]);
    }
    device->facts = from->facts;
    device->runs_from_secondary = from->runs_from_secondary;
    device->failure = NULL;
    otter_sim_power_on(&device->board.power);
}

bool device_is_weak(const struct device *device)
{
    for (uint8_t i = 0; i < device->board.layout.device_count; i++) {
        const struct otter_sim_flash *flash = &device->board.devices[i];

        if (otter_sim_flash_is_weak(flash, 0, flash->flash.geometry->size)) {
            return true;
        }
    }
    return false;
}

/* The salt is of no consequence when nothing is loose any more. */
static uint64_t mix_facts(const struct device *device, uint64_t key)
{
    const struct facts *facts = &device->facts;
    const uint8_t bytes[] = { facts->requested,
                              facts->confirmed,
                              facts->starts,
                              facts->spent_starts,
                              facts->running,
                              device_is_weak(device) ? facts->salt : 0,
                              (uint8_t)(facts->was_held + 2u * facts->was_forgotten
                                        + 4u * facts->was_restored + 8u * facts->has_failed) };

    for (size_t i = 0; i < sizeof bytes; i++) {
        key = (key ^ bytes[i]) * 0x9FB21C651E98DF25u;
        key ^= key >> 35;
    }
    return key;
}

uint64_t device_key(const struct device *device)
{
    uint64_t key = 0;

    for (uint8_t i = 0; i < device->board.layout.device_count; i++) {
        key = otter_sim_flash_hash(&device->board.devices[i], key);
    }
    return mix_facts(device, key);
}
