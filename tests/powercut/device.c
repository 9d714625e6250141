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

#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "mutation.h"
#include "otter/bytes.h"
#include "otter/recovery.h"
#include "plaintext.h"
#include "programs.h"

#define WRITE_UNIT_MAX 512u

static void fail(struct device *device, const char *failure)
{
    if (device->failure == NULL) {
        device->failure = failure;
    }
}

/* The scenery itself must work. */
static void demand(const struct device *device, bool condition)
{
    if (!condition) {
        fprintf(stderr, "powercut: a step outside of the bootloader failed\n");
        print_replay(device->story, NULL, 0);
        abort();
    }
}

static uint8_t image_count(const struct device *device)
{
    return device->board.layout.image_count;
}

/* Bits of all images. */
static uint8_t all_images(const struct device *device)
{
    return (uint8_t)((1u << image_count(device)) - 1);
}

static bool is_in_place(const struct device *device)
{
    return device->story->subject->in_place;
}

/* ---- setting the scene ----------------------------------------------------------------------- */

static void break_off(struct otter_sim_power *power, const char *rule)
{
    struct device *device = power->violation_context;

    fail(device, rule);
    longjmp(device->way_out, 1);
}

static void open_slots(struct device *device)
{
    struct otter_test_board *board = &device->board;

    for (uint8_t image = 0; image < image_count(device); image++) {
        demand(device, otter_layout_open(&board->layout, board->device_list, OTTER_AREA_PRIMARY,
                                         image, &device->primary[image])
                           == OTTER_OK);
        demand(device, otter_layout_open(&board->layout, board->device_list, OTTER_AREA_SECONDARY,
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

static const struct program_image *image_of(const struct device *device, enum program program,
                                            uint8_t image)
{
    return &programs_of(device->story)->images[program][image];
}

static void stage_image(struct device *device, enum program program, uint8_t image)
{
    const struct program_image *made = image_of(device, program, image);

    otter_test_board_stage_in(&device->board, &device->secondary[image], made->staged, made->size);
}

static void stage(struct device *device, enum program program)
{
    for (uint8_t image = 0; image < image_count(device); image++) {
        stage_image(device, program, image);
    }
}

static void request_in(struct device *device, const struct otter_area slots[], bool permanent)
{
    for (uint8_t image = 0; image < image_count(device); image++) {
        demand(device,
               otter_bootstate_request(&slots[image], &device->board.shape, image, permanent)
                   == OTTER_OK);
    }
}

/* As an agent stages an image: with operations that can be cut. */
static void download(struct device *device, enum program program, uint8_t image)
{
    const struct program_image *made = image_of(device, program, image);
    const struct otter_area *slot = &device->secondary[image];
    const uint32_t unit = otter_area_write_size(slot);
    const uint32_t whole = made->size / unit * unit;
    uint8_t last[WRITE_UNIT_MAX];

    memset(last, otter_area_erased_byte(slot), sizeof last);
    memcpy(last, made->staged + whole, made->size - whole);
    demand(device, otter_area_erase(slot, 0, slot->size) == OTTER_OK);
    demand(device, otter_area_program(slot, 0, made->staged, whole) == OTTER_OK);
    if (whole < made->size) {
        demand(device, otter_area_program(slot, whole, last, unit) == OTTER_OK);
    }
}

/* After a reset RAM holds nothing that is known of a signature. */
static enum otter_result start(struct device *device, struct otter_boot_outcome *outcome)
{
    memset(&device->memory, 0, sizeof device->memory);
    return story_has_golden(device->story) ? golden_go(device, outcome)
                                           : otter_boot_go(&device->board.config, outcome);
}

/* Try NEXT and let it fail, so that the story begins with the trailers of a revert. */
static void revert_something(struct device *device)
{
    struct otter_boot_outcome outcome;

    stage(device, NEXT);
    request_in(device, device->secondary, false);
    for (uint8_t boots = 0; boots <= story_attempts(device->story); boots++) {
        demand(device, start(device, &outcome) == OTTER_OK);
    }
}

/* As programmed in the factory. */
static void load_old(struct device *device)
{
    struct otter_test_board *board = &device->board;

    for (uint8_t image = 0; image < image_count(device); image++) {
        const struct program_image *made = image_of(device, OLD, image);
        const struct otter_area *primary = &device->primary[image];

        otter_test_board_load(board, &device->secondary[image], NULL, 0);
        otter_test_board_load(board, primary, made->bytes, made->size);
        if (device->story->scenario->padded) {
            demand(device, otter_trailer_write_magic(primary, &board->shape) == OTTER_OK);
        }
    }
    if (is_in_place(device)) {
        request_in(device, device->primary, true);
    }
}

void device_set_scene(struct device *device)
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
    if (!is_in_place(device)) {
        stage(device, NEW);
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

/* Into a smaller sector, an image with its TLVs does not fit. */
#define SECTOR_MIN 512u

static bool sector_suits(const struct story *story, uint32_t largest)
{
    const bool has_sector =
        story->sizes->old_extent == ONE_SECTOR || story->sizes->new_extent == ONE_SECTOR;
    const uint32_t size = story->geometry->sector_size;

    return !has_sector || (size >= SECTOR_MIN && size <= largest);
}

bool device_suits(const struct story *story)
{
    const uint32_t largest = programs_largest(story);

    return largest > 0 && sector_suits(story, largest)
           && (story_attempts(story) == 1 || is_taken(story));
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

static bool lies_in(const struct otter_area *area, const struct otter_sim_flash *flash,
                    uint32_t offset)
{
    return area->flash == &flash->flash && offset - area->offset < area->size;
}

/* The slot, of those in a row, that an operation is in. */
static const struct otter_area *slot_at(const struct device *device,
                                        const struct otter_area slots[],
                                        const struct otter_sim_flash *flash, uint32_t offset)
{
    for (uint8_t image = 0; image < image_count(device); image++) {
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
    const struct otter_area *slot = slot_at(device, device->primary, flash, offset);

    if (slot == NULL) {
        slot = slot_at(device, device->secondary, flash, offset);
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

static bool touches(const struct otter_sim_operation *operation, const struct otter_area *area,
                    uint32_t offset)
{
    return area->offset + offset - operation->offset < operation->len;
}

/* The slots, one for each image, of the trial whose trailer the operation is in, if it is in one. */
static const struct otter_area *slots_of_trial(const struct device *device,
                                               const struct otter_sim_flash *flash,
                                               const struct otter_sim_operation *operation)
{
    if (slot_at(device, device->primary, flash, operation->offset) != NULL) {
        return device->primary;
    }
    return is_in_place(device)
                   && slot_at(device, device->secondary, flash, operation->offset) != NULL
               ? device->secondary
               : NULL;
}

/* A note that speaks of no move, but of steps (docs/formats/status-area.md, "Attempts"). */
static bool is_tally(const struct device *device, const struct otter_sim_flash *flash,
                     const struct otter_sim_operation *operation, const uint8_t *note)
{
    const struct otter_area *log = &device->board.status;

    return log->flash == &flash->flash && operation->offset - log->offset < log->size
           && note[8] == OTTER_SWAP_NONE && otter_load_le32(note + 16) > 0;
}

/* Where attempts are counted, lower than the fields of the trailer. */
static bool is_count_of_attempts(const struct device *device, const struct otter_sim_flash *flash,
                                 const struct otter_sim_operation *operation)
{
    const struct otter_trailer_shape *shape = &device->board.shape;
    const struct otter_area *slot = slot_at(device, device->secondary, flash, operation->offset);
    uint32_t end;

    if (slot == NULL || story_attempts(device->story) == 1) {
        return false;
    }
    end = otter_trailer_swap_size_offset(shape, slot->size);
    return operation->offset - slot->offset < end
           && operation->offset - slot->offset
                  >= end - (story_attempts(device->story) - 1u) * shape->max_align;
}

/* How many images of the trial have these flags? */
static uint8_t count_flags(const struct device *device, const struct otter_area slots[],
                           enum otter_flag copy_done, enum otter_flag image_ok)
{
    uint8_t count = 0;

    for (uint8_t image = 0; image < image_count(device); image++) {
        struct otter_trailer trailer;

        otter_trailer_read(&slots[image], &device->board.shape, &trailer);
        if (trailer.copy_done == copy_done && trailer.image_ok == image_ok) {
            count++;
        }
    }
    return count;
}

static bool counts_as_unconfirmed(const struct device *device, const struct otter_area slots[])
{
    return count_flags(device, slots, OTTER_FLAG_SET, OTTER_FLAG_UNSET) > 0;
}

/* A set that is moved is on trial when all its images are; one that runs in place when one is. */
static bool counts_as_begun(const struct device *device, const struct otter_area slots[])
{
    const uint8_t confirmed = count_flags(device, slots, OTTER_FLAG_SET, OTTER_FLAG_SET);
    const uint8_t unconfirmed = count_flags(device, slots, OTTER_FLAG_SET, OTTER_FLAG_UNSET);

    return unconfirmed > 0
           && (is_in_place(device) || confirmed + unconfirmed == image_count(device));
}

/* Some cuts take a start from a trial without anybody's fault, and no bootloader can know better. The
 * write that counts the start arrived whole, but the program did not get to run; or the program did
 * run, and not one bit of its confirmation arrived; or such a bit reads differently each time. */
static bool cut_spent_a_start(struct device *device, const struct otter_sim_flash *flash,
                              const struct otter_sim_operation *operation, const uint8_t *src,
                              bool while_booting)
{
    const struct otter_trailer_shape *shape = &device->board.shape;
    const struct otter_area *slots = slots_of_trial(device, flash, operation);
    const struct otter_area *slot;
    bool is_copy_done;

    if (operation->kind != OTTER_SIM_PROGRAM) {
        return false;
    }
    if (is_count_of_attempts(device, flash, operation) || is_tally(device, flash, operation, src)) {
        return true;
    }
    if (slots == NULL) {
        return false;
    }
    if (is_in_place(device) && image_count(device) > 1 && while_booting) {
        return counts_as_begun(device, slots); /* the flags of the others are still missing */
    }
    slot = slot_at(device, slots, flash, operation->offset);
    is_copy_done = touches(operation, slot, otter_trailer_copy_done_offset(shape, slot->size));
    if (!is_copy_done
        && !touches(operation, slot, otter_trailer_image_ok_offset(shape, slot->size))) {
        return false;
    }
    return otter_sim_flash_is_loose(flash, operation->offset, operation->len)
           || (is_copy_done ? counts_as_begun(device, slots)
                            : counts_as_unconfirmed(device, slots));
}

/* Has the new program not got the starts that it needs, because of cuts? */
static bool trial_was_spent(const struct device *device)
{
    const struct story *story = device->story;

    return device->facts.spent_starts + story->scenario->confirms_late >= story_attempts(story);
}

static bool is_plain(struct device *device, const struct otter_area *area)
{
    return area->flash != NULL
           && plaintext_is_in(otter_test_board_bytes(&device->board, area), area->size);
}

static void check_secrecy(struct device *device)
{
    bool plain = story_has_encryption(device->story) && is_plain(device, &device->board.scratch);

    for (uint8_t image = 0; story_has_encryption(device->story) && image < image_count(device);
         image++) {
        plain = plain || is_plain(device, &device->secondary[image]);
    }
    if (plain) {
        fail(device, "an encrypted program lies in plain outside of the primary slot");
    }
}

void device_copy_cut(struct device *device, const struct device *from, uint8_t number,
                     const struct otter_sim_operation *operation, const uint8_t *src,
                     const struct cut *cut)
{
    struct otter_sim_flash *flash = &device->board.devices[number];

    device_copy(device, from);
    device->board.power.noise = cut->seed; /* so that a replay reads what the search has read */
    otter_sim_flash_interrupt(flash, operation, src, cut->damage, cut->seed);
    otter_sim_power_on(&device->board.power);
    if (cut->damage == OTTER_SIM_LOOSE) {
        device->facts.salt = (uint8_t)(cut->seed + 1);
    }
    if (cut_spent_a_start(device, flash, operation, src, from->is_booting)
        && device->facts.spent_starts < story_attempts(device->story)) {
        device->facts.spent_starts++;
    }
    if (story_has_golden(device->story)) {
        golden_note_cut(device, flash, operation);
    }
    check_secrecy(device);
}

uint64_t device_key(const struct device *device)
{
    const struct facts *facts = &device->facts;
    const uint8_t bytes[] = { facts->requested,    facts->confirmed, facts->starts,
                              facts->spent_starts, facts->running,   facts->salt };
    uint64_t key = (uint64_t)(facts->was_held + 2u * facts->was_forgotten + 4u * facts->was_restored
                              + 8u * facts->has_failed);

    for (size_t i = 0; i < sizeof bytes; i++) {
        key = (key << 8) + bytes[i];
    }
    for (uint8_t i = 0; i < device->board.layout.device_count; i++) {
        key = otter_sim_flash_hash(&device->board.devices[i], key);
    }
    return key;
}

/* ---- the programs' part ---------------------------------------------------------------------- */

/* After a torn request, the image is staged again. */
static void request_image(struct device *device, uint8_t image)
{
    const struct otter_trailer_shape *shape = &device->board.shape;
    const struct otter_area *slot = &device->secondary[image];
    const bool permanent = device->story->scenario->permanent;

    if (otter_bootstate_request(slot, shape, image, permanent) != OTTER_OK) {
        stage_image(device, NEW, image);
        demand(device, otter_bootstate_request(slot, shape, image, permanent) == OTTER_OK);
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
    for (uint8_t image = 0; image < image_count(device); image++) {
        if (is_in_place(device) && !is_requested(device, image)) {
            download(device, NEW, image);
        }
    }
    for (uint8_t image = 0; image < image_count(device); image++) {
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
        fail(device, "the new program cannot confirm itself");
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
    for (uint8_t image = 0; image < image_count(device); image++) {
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
        demand(device, otter_recovery_request(&device->board.recovery) == OTTER_OK);
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

static bool holds(struct device *device, const struct otter_area *slot, enum program program,
                  uint8_t image)
{
    const struct program_image *made = image_of(device, program, image);

    return memcmp(otter_test_board_bytes(&device->board, slot), made->bytes, made->size) == 0;
}

/* Is this the program in each image? What the bootloader says of those that it does not start is
 * compared as well. */
static bool runs(struct device *device, enum program program)
{
    const struct otter_area *slots =
        device->runs_from_secondary ? device->secondary : device->primary;

    for (uint8_t image = 0; image < image_count(device); image++) {
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
        fail(device, "a forged program runs");
    }
    if (device->facts.running == OLD && device->facts.confirmed == all_images(device)) {
        fail(device, "a confirmed program was undone");
    }
    if (device->facts.running == OLD && device->facts.starts > 0 && scenario->permanent) {
        fail(device, "a permanent update was undone");
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
        fail(device, "an unconfirmed trial is started more often than it may be");
    }
    for (uint8_t image = 0; image < image_count(device); image++) {
        enum otter_standing standing;

        demand(device, otter_bootstate_standing(&slots[image], &device->board.shape, &standing)
                           == OTTER_OK);
        if (standing != OTTER_STANDING_TRIAL && !trial_was_spent(device)) {
            fail(device, "an unconfirmed trial became permanent");
        }
    }
}

/* @return whether there is something to start */
static bool go(struct device *device)
{
    const struct otter_boot_outcome *outcome = &device->outcome;
    const struct otter_area *secondary = &device->secondary[0];
    const enum otter_result result = start(device, &device->outcome);

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
        fail(device, failure);
    }
}

static void boot(struct device *device)
{
    const bool is_good = go(device);

    if (device->mutant != NULL) {
        mutant_catch_up(device->mutant);
    }
    if (!is_good) {
        fail(device, "nothing to start");
        return;
    }
    device->facts.running = (uint8_t)which_program(device);
    if (!is_known(device)) {
        fail(device, "what runs is none of the programs as a whole");
        return;
    }
    check_golden(device);
    check_that_nothing_is_undone(device);
    check_that_it_is_a_trial(device);
    check_secrecy(device);
}

bool device_reset(struct device *device)
{
    struct otter_sim_power *power = &device->board.power;
    const uint32_t before = power->operations;

    power->noise = device_key(device);
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
        stage(device, NEXT);
        request_in(device, device->secondary, true);
        return;
    }
    for (uint8_t image = 0; image < image_count(device); image++) {
        const struct program_image *made = image_of(device, NEXT, image);

        otter_test_board_load(&device->board, &device->primary[image], made->staged, made->size);
    }
    request_in(device, device->primary, true);
}

static void install_next(struct device *device)
{
    stage_next(device);
    if (!go(device) || which_program(device) != NEXT) {
        fail(device, "the next update does not install");
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
        fail(device, "it ends with the wrong program");
    }
    if (wants_trial && device->facts.starts == 0
        && device->facts.spent_starts < story_attempts(device->story)) {
        fail(device, "the trial never ran");
    }
    if (setjmp(device->way_out) == 0) {
        install_next(device);
    }
}
