/* SPDX-License-Identifier: Apache-2.0 */

/* The stories that end with the golden program, but for one: a button that was held once is
 * forgotten if the power is cut before that is noted, or ever, with a bootloader that does not resume.
 *
 * There is always somebody who presses the button when there is no program to start, if there is a
 * button: so a device that stays without one is a failure, whatever the bootloader is. */

#include "golden.h"

#include <string.h>

#include "otter/recovery.h"
#include "programs.h"

#define PRESSES_MAX       3u /* in one boot, before even a patient person gives up */
#define FAILED_STARTS_MAX 2u

/* ---- the button ------------------------------------------------------------------------------ */

/* Is the button held at the next boot? */
static bool wants_golden(const struct device *device)
{
    const struct facts *facts = &device->facts;

    if (facts->was_restored != 0) {
        return false;
    }
    switch (device->story->scenario->occasion) {
    case BUTTON:
        return true;
    case BUTTON_ONCE:
        return facts->was_held == 0;
    case BUTTON_WITH_UPDATE:
        return facts->requested != 0;
    case BUTTON_AFTER_UPDATE:
        return facts->starts + facts->spent_starts > 0;
    case NO_OCCASION:
    case EMPTY_DEVICE:
    case PROGRAM_ASKS:
    case PROGRAM_FAILS:
        break;
    }
    return false;
}

static bool is_button_held(void *context)
{
    struct device *device = context;
    const bool is_held = wants_golden(device);

    if (is_held) {
        device->facts.was_held = 1;
    }
    return is_held;
}

static bool await_button(void *context)
{
    struct device *device = context;

    return device->presses++ < PRESSES_MAX;
}

const struct otter_boot_recovery golden_by_hand = {
    .is_button_held = is_button_held,
    .await_button = await_button,
};

const struct otter_boot_recovery golden_resuming = {
    .resumes = true,
    .is_button_held = is_button_held,
};

const struct otter_boot_recovery golden_by_itself = {
    .restores_by_itself = true,
    .resumes = true,
    .failed_starts_max = FAILED_STARTS_MAX,
};

/* ---- the story ------------------------------------------------------------------------------- */

static const struct program_image *golden_image(const struct device *device)
{
    return &programs_of(device->story)->images[GOLDEN][0];
}

void golden_set_scene(struct device *device)
{
    struct otter_test_board *board = &device->board;
    const struct program_image *golden = golden_image(device);

    otter_test_board_load(board, &board->recovery, NULL, 0);
    otter_test_board_load(board, &board->golden, golden->bytes, golden->size);
    if (device->story->scenario->occasion == EMPTY_DEVICE) {
        otter_test_board_load(board, &board->primary, NULL, 0);
    }
}

enum otter_result golden_go(struct device *device, struct otter_boot_outcome *outcome)
{
    const bool has_failed = device->facts.has_failed != 0;

    device->presses = 0;
    device->facts.has_failed = 0;
    return otter_boot_go_or_recover(&device->board.config, device->story->scenario->recovery,
                                    has_failed, outcome);
}

bool golden_goes_on(const struct device *device)
{
    return device->facts.has_failed != 0 || wants_golden(device);
}

static bool lies_in_record(const struct device *device, const struct otter_sim_flash *flash,
                           const struct otter_sim_operation *operation)
{
    const struct otter_area *record = &device->board.recovery;

    return record->flash == &flash->flash && operation->offset - record->offset < record->size;
}

void golden_note_cut(struct device *device, const struct otter_sim_flash *flash,
                     const struct otter_sim_operation *operation)
{
    const struct scenario *scenario = device->story->scenario;

    device->facts.has_failed = 0;
    if (device->facts.was_held != 0 && scenario->occasion == BUTTON_ONCE
        && (!scenario->recovery->resumes || lies_in_record(device, flash, operation))) {
        device->facts.was_forgotten = 1;
    }
}

/* ---- what must hold -------------------------------------------------------------------------- */

const char *golden_check(struct device *device)
{
    const struct program_image *golden = golden_image(device);

    if (memcmp(otter_test_board_bytes(&device->board, &device->board.golden), golden->bytes,
               golden->size)
        != 0) {
        return "the golden image has been written to";
    }
    if (device->facts.was_restored != 0 && device->facts.running != GOLDEN) {
        return "what was restored did not stay";
    }
    device->facts.was_restored = device->facts.running == GOLDEN;
    return NULL;
}

bool golden_ends_well(const struct device *device)
{
    return device->facts.running == GOLDEN
           || (device->facts.running == OLD && device->facts.was_forgotten != 0);
}
