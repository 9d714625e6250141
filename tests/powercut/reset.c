/* SPDX-License-Identifier: Apache-2.0 */

/* One reset: boot, check, let the program that was started do its part. After every boot:
 *
 *  1. there is a program to start, whole and authentic, and it is the old or the new one, or the
 *     golden one (golden.c); of a set, all images are;
 *  2. what the user decided stays: a new program that was confirmed, or asked for for good and
 *     seen running, is never replaced; a request that was accepted is carried out;
 *  3. a trial that nobody confirmed never becomes permanent, and is not started more often than it may;
 *  4. not a block of a program that came encrypted is ever plain outside of the primary slot.
 *
 * And in the end: it is the program that the story ends with, and the device is ready for the next
 * update. That it ends, and how often sectors were erased until then (wear.c), is checked in
 * explore.c. */

#include "reset.h"

#include <string.h>

#include "golden.h"
#include "mutation.h"
#include "otter/recovery.h"
#include "plaintext.h"
#include "programs.h"
#include "scene.h"

#define WRITE_UNIT_MAX 512u

/* Bits of all images. */
static uint8_t all_images(const struct device *device)
{
    return (uint8_t)((1u << story_image_count(device->story)) - 1);
}

/* Has the new program not got the starts that it needs, because of cuts? */
static bool trial_was_spent(const struct device *device)
{
    const struct story *story = device->story;

    return device->facts.spent_starts + story->scenario->confirms_late >= story_attempts(story);
}

/* ---- the programs' part ---------------------------------------------------------------------- */

/* As an agent stages an image: with operations that can be cut. */
static void download(struct device *device, enum program program, uint8_t image)
{
    const struct program_image *made = device_image(device, program, image);
    const struct otter_area *slot = &device->secondary[image];
    const uint32_t unit = otter_area_write_size(slot);
    const uint32_t whole = made->size / unit * unit;
    uint8_t last[WRITE_UNIT_MAX];

    memset(last, otter_area_erased_byte(slot), sizeof last);
    memcpy(last, made->staged + whole, made->size - whole);
    device_demand(device, otter_area_erase(slot, 0, slot->size) == OTTER_OK);
    if (whole > 0) {
        device_demand(device, otter_area_program(slot, 0, made->staged, whole) == OTTER_OK);
    }
    if (whole < made->size) {
        device_demand(device, otter_area_program(slot, whole, last, unit) == OTTER_OK);
    }
}

/* After a torn request, the image is staged again. */
static void request_image(struct device *device, uint8_t image)
{
    const struct otter_trailer_shape *shape = &device->board.shape;
    const struct otter_area *slot = &device->secondary[image];
    const bool permanent = device->story->scenario->permanent;

    if (otter_bootstate_request(slot, shape, image, permanent) != OTTER_OK) {
        scene_stage_image(device, NEW, image);
        device_demand(device, otter_bootstate_request(slot, shape, image, permanent) == OTTER_OK);
    }
    device->facts.requested |= (uint8_t)(1u << image);
}

static bool is_requested(const struct device *device, uint8_t image)
{
    return (device->facts.requested & 1u << image) != 0;
}

/* The old program asks for the update. Of a set, nothing is asked for before all of it is there. */
static void ask_for_update(struct device *device)
{
    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        if (device->story->subject->in_place && !is_requested(device, image)) {
            download(device, NEW, image);
        }
    }
    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        if (!is_requested(device, image)) {
            request_image(device, image);
        }
    }
}

/* A confirmation that finds the trailer damaged is tried again after the next reset. That happens
 * only if bits of the trailer are loose; else the bootloader has repaired it. */
static void confirm_image(struct device *device, uint8_t image)
{
    const struct otter_area *slots =
        device->runs_from_secondary ? device->secondary : device->primary;
    const enum otter_result result = otter_bootstate_confirm(&slots[image], &device->board.shape);

    if (result == OTTER_OK) {
        device->facts.confirmed |= (uint8_t)(1u << image);
    } else if (!trial_was_spent(device)) {
        device_fail(device, "the new program cannot confirm itself");
    }
}

static void run_new(struct device *device)
{
    const struct scenario *scenario = device->story->scenario;

    device->facts.requested =
        all_images(device); /* even if a cut kept its confirmation from the old program */
    if (device->facts.starts <= story_attempts(device->story)) {
        device->facts.starts++;
    }
    if (!scenario->confirms || device->facts.starts <= scenario->confirms_late) {
        return;
    }
    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        if ((device->facts.confirmed & 1u << image) == 0) {
            confirm_image(device, image);
        }
    }
}

/* Some stories that go back to the golden image are about the old program, and have no update. */
static void run_old(struct device *device)
{
    switch (device->story->scenario->occasion) {
    case NO_OCCASION:
    case BUTTON_WITH_UPDATE:
    case BUTTON_AFTER_UPDATE:
        ask_for_update(device);
        break;
    case EMPTY_DEVICE:
    case BUTTON:
    case BUTTON_ONCE:
        break;
    case PROGRAM_ASKS:
        device_demand(device, otter_recovery_request(&device->board.recovery) == OTTER_OK);
        break;
    case PROGRAM_FAILS:
        device->facts.has_failed = 1;
        break;
    }
}

static void run_program(struct device *device)
{
    if (device->facts.running == OLD) {
        run_old(device);
    } else if (device->facts.running == NEW) {
        run_new(device);
    }
}

/* ---- the invariants -------------------------------------------------------------------------- */

static bool is_plain(struct device *device, const struct otter_area *area)
{
    return area->flash != NULL
           && plaintext_is_in(otter_test_board_bytes(&device->board, area), area->size);
}

static void check_secrecy(struct device *device)
{
    bool plain = story_has_encryption(device->story) && is_plain(device, &device->board.scratch);

    for (uint8_t image = 0;
         story_has_encryption(device->story) && image < story_image_count(device->story); image++) {
        plain = plain || is_plain(device, &device->secondary[image]);
    }
    if (plain) {
        device_fail(device, "an encrypted program lies in plain outside of the primary slot");
    }
}

static bool holds(struct device *device, const struct otter_area *slot, enum program program,
                  uint8_t image)
{
    const struct program_image *made = device_image(device, program, image);

    return memcmp(otter_test_board_bytes(&device->board, slot), made->bytes, made->size) == 0;
}

/* Is this the program in each image? What the bootloader says of those that it does not start is
 * compared as well. */
static bool runs(struct device *device, enum program program)
{
    const struct otter_area *slots =
        device->runs_from_secondary ? device->secondary : device->primary;

    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        if (!holds(device, &slots[image], program, image)
            || (image > 0 && device->outcome.other_versions[image - 1].minor != program)) {
            return false;
        }
    }
    return true;
}

static enum program which_program(struct device *device)
{
    for (enum program program = OLD; program < PROGRAMS; program++) {
        if (runs(device, program)) {
            return program;
        }
    }
    return UNKNOWN;
}

static void check_that_nothing_is_undone(struct device *device)
{
    const struct scenario *scenario = device->story->scenario;

    if (device->facts.running == NEW && scenario->update_is_forged) {
        device_fail(device, "a forged program runs");
    }
    if (device->facts.running == OLD && device->facts.confirmed == all_images(device)) {
        device_fail(device, "a confirmed program was undone");
    }
    if (device->facts.running == OLD && device->facts.starts > 0 && scenario->permanent) {
        device_fail(device, "a permanent update was undone");
    }
}

/* A confirmation that was cut may have taken effect. */
static void check_that_it_is_a_trial(struct device *device)
{
    const struct scenario *scenario = device->story->scenario;
    const struct otter_area *slots =
        device->runs_from_secondary ? device->secondary : device->primary;

    if (device->facts.running != NEW || scenario->permanent
        || (scenario->confirms && device->facts.starts > scenario->confirms_late)) {
        return;
    }
    if (device->facts.starts >= story_attempts(device->story)) {
        device_fail(device, "an unconfirmed trial is started more often than it may be");
    }
    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        enum otter_standing standing;

        device_demand(device,
                      otter_bootstate_standing(&slots[image], &device->board.shape, &standing)
                          == OTTER_OK);
        if (standing != OTTER_STANDING_TRIAL && !trial_was_spent(device)) {
            device_fail(device, "an unconfirmed trial became permanent");
        }
    }
}

/* @return whether there is something to start */
static bool go(struct device *device)
{
    const struct otter_boot_outcome *outcome = &device->outcome;
    const struct otter_area *secondary = &device->secondary[0];
    const enum otter_result result = device_start(device, &device->outcome);

    device->runs_from_secondary =
        outcome->slot.flash == secondary->flash && outcome->slot.offset == secondary->offset;
    return result == OTTER_OK && outcome->verdict == OTTER_VERDICT_GOOD;
}

/* May it run in this story? */
static bool is_known(const struct device *device)
{
    const uint8_t running = device->facts.running;

    return running == OLD || running == NEW
           || (running == GOLDEN && story_has_golden(device->story));
}

static void check_golden(struct device *device)
{
    const char *failure = story_has_golden(device->story) ? golden_check(device) : NULL;

    if (failure != NULL) {
        device_fail(device, failure);
    }
}

static void boot(struct device *device)
{
    const bool is_good = go(device);

    if (device->mutant != NULL) {
        mutant_catch_up(device->mutant);
    }
    if (!is_good) {
        device_fail(device, "nothing to start");
        return;
    }
    device->facts.running = (uint8_t)which_program(device);
    if (!is_known(device)) {
        device_fail(device, "what runs is none of the programs as a whole");
        return;
    }
    check_golden(device);
    check_that_nothing_is_undone(device);
    check_that_it_is_a_trial(device);
}

bool device_reset(struct device *device)
{
    struct otter_sim_power *power = &device->board.power;
    const uint32_t before = power->operations;

    power->noise = device_key(device);
    check_secrecy(device);
    device->is_booting = true;
    if (setjmp(device->way_out) == 0) {
        boot(device);
        device->is_booting = false;
        if (device->failure == NULL) {
            run_program(device);
        }
    }
    device->is_booting = false;
    return device->failure == NULL
           && (power->operations != before
               || (story_has_golden(device->story) && golden_goes_on(device)));
}

/* Put the next update where nothing runs, and ask for it. */
static void stage_next(struct device *device)
{
    if (!device->runs_from_secondary) {
        scene_stage(device, NEXT);
        scene_request(device, device->secondary, true);
        return;
    }
    for (uint8_t image = 0; image < story_image_count(device->story); image++) {
        const struct program_image *made = device_image(device, NEXT, image);

        otter_test_board_load(&device->board, &device->primary[image], made->staged, made->size);
    }
    scene_request(device, device->primary, true);
}

static bool starts_next(struct device *device)
{
    return go(device) && which_program(device) == NEXT;
}

/* A loose bit reads the same so often that it is believed, once in 2^15. When it no longer does, what it has
 * hidden comes first, and the update with the boot after it. */
static void install_next(struct device *device)
{
    stage_next(device);
    if (!starts_next(device) && !(device_is_weak(device) && starts_next(device))) {
        device_fail(device, "the next update does not install");
    }
}

static bool ends_well(const struct device *device)
{
    const enum program expected = device->story->scenario->ends_with_update ? NEW : OLD;

    if (story_has_golden(device->story)) {
        return golden_ends_well(device);
    }
    return device->facts.running == expected || (expected == NEW && trial_was_spent(device));
}

void device_check_end(struct device *device)
{
    const struct scenario *scenario = device->story->scenario;
    const bool wants_trial =
        !scenario->permanent && !scenario->update_is_forged && !story_has_golden(device->story);

    if (!ends_well(device)) {
        device_fail(device, "it ends with the wrong program");
    }
    if (wants_trial && device->facts.starts == 0
        && device->facts.spent_starts < story_attempts(device->story)) {
        device_fail(device, "the trial never ran");
    }
    if (setjmp(device->way_out) == 0) {
        install_next(device);
    }
}
