/* SPDX-License-Identifier: Apache-2.0 */

/* One reset: boot, check, let the program that was started do its part. After every boot:
 *
 *  1. there is a program to start, whole and authentic, and it is the old or the new one;
 *  2. what the user decided stays: a new program that was confirmed, or asked for for good and
 *     seen running, is never replaced; a request that was accepted is carried out;
 *  3. a trial that nobody confirmed never becomes permanent;
 *  4. not a block of a program that came encrypted is ever plain outside of the primary slot.
 *
 * And in the end: it is the program that the story ends with, and the device is ready for the next
 * update. That it ends, and how often sectors were erased until then, is checked in explore.c. */

#include "device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutation.h"
#include "plaintext.h"
#include "programs.h"

#define WRITE_UNIT_MAX   512u
#define COPY_BUFFER_SIZE 16384u
static uint8_t copy_buffer[COPY_BUFFER_SIZE]; /* what is in it never outlives a call */

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

bool device_suits(const struct story *story)
{
    const uint32_t largest = programs_largest(story);
    const bool has_sector =
        story->sizes->old_extent == ONE_SECTOR || story->sizes->new_extent == ONE_SECTOR;

    return largest > 0 && (!has_sector || story->geometry->sector_size <= largest);
}

/* ---- setting the scene ----------------------------------------------------------------------- */

static void break_off(struct otter_sim_power *power, const char *rule)
{
    struct device *device = power->violation_context;

    fail(device, rule);
    longjmp(device->way_out, 1);
}

void device_open(struct device *device, const struct story *story)
{
    const struct programs *programs = programs_of(story);
    struct otter_test_board *board = &device->board;

    device->story = story;
    device->failure = NULL;
    device->mutant = NULL;
    otter_test_board_init(board, story->geometry, story->subject->strategy, &programs->vendor);
    board->power.violation = break_off;
    board->power.violation_context = device;
    board->config.trust_primary = story->scenario->trusts_primary;
    if (!story_is_small(story)) {
        board->config.buffer = copy_buffer;
        board->config.buffer_size = sizeof copy_buffer;
    }
    if (story_has_encryption(story)) {
        board->config.trust.decryption_key = &programs->vendor.device_key;
        board->config.encryption = &otter_boot_encryption;
    }
}

void device_close(struct device *device)
{
    otter_test_board_free(&device->board);
}

static void stage(struct device *device, enum program program)
{
    const struct programs *programs = programs_of(device->story);

    otter_test_board_stage(&device->board, programs->staged[program], programs->size[program]);
}

static void request_in(struct device *device, const struct otter_area *slot, bool permanent)
{
    demand(device, otter_bootstate_request(slot, &device->board.shape, 0, permanent) == OTTER_OK);
}

static void request(struct device *device, bool permanent)
{
    request_in(device, &device->board.secondary, permanent);
}

/* As an agent stages an image: with operations that can be cut. */
static void download(struct device *device, enum program program)
{
    const struct programs *programs = programs_of(device->story);
    const struct otter_area *slot = &device->board.secondary;
    const uint32_t unit = otter_area_write_size(slot);
    const uint32_t whole = programs->size[program] / unit * unit;
    uint8_t last[WRITE_UNIT_MAX];

    memset(last, otter_area_erased_byte(slot), sizeof last);
    memcpy(last, programs->staged[program] + whole, programs->size[program] - whole);
    demand(device, otter_area_erase(slot, 0, slot->size) == OTTER_OK);
    if (whole > 0) {
        demand(device, otter_area_program(slot, 0, programs->staged[program], whole) == OTTER_OK);
    }
    if (whole < programs->size[program]) {
        demand(device, otter_area_program(slot, whole, last, unit) == OTTER_OK);
    }
}

/* Try NEXT and let it fail, so that the story begins with the trailers of a revert. */
static void revert_something(struct device *device)
{
    struct otter_boot_outcome outcome;

    stage(device, NEXT);
    request(device, false);
    demand(device, otter_boot_go(&device->board.config, &outcome) == OTTER_OK);
    demand(device, otter_boot_go(&device->board.config, &outcome) == OTTER_OK);
}

void device_set_scene(struct device *device)
{
    struct otter_test_board *board = &device->board;
    const struct programs *programs = programs_of(device->story);

    device->facts = (struct facts){ .running = OLD };
    device->slot = board->primary;
    device->failure = NULL;
    if (board->scratch.flash != NULL) {
        otter_test_board_load(board, &board->scratch, NULL, 0);
    }
    otter_test_board_load(board, &board->secondary, NULL, 0);
    otter_test_board_load(board, &board->primary, programs->bytes[OLD], programs->size[OLD]);
    if (device->story->subject->in_place) {
        demand(device,
               otter_bootstate_request(&board->primary, &board->shape, 0, true) == OTTER_OK);
    }
    if (device->story->scenario->padded) {
        demand(device, otter_trailer_write_magic(&board->primary, &board->shape) == OTTER_OK);
    }
    if (device->story->scenario->after_revert) {
        revert_something(device);
    }
    if (!device->story->subject->in_place) {
        stage(device, NEW);
    }
    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        otter_sim_flash_reset_counters(&board->devices[i]);
    }
    otter_sim_power_on(&board->power);
}

/* ---- copies ---------------------------------------------------------------------------------- */

static bool runs_from_secondary(const struct device *device)
{
    const struct otter_area *secondary = &device->board.secondary;

    return device->slot.flash == secondary->flash && device->slot.offset == secondary->offset;
}

void device_copy(struct device *device, const struct device *from)
{
    for (uint8_t i = 0; i < from->board.layout.device_count; i++) {
        otter_sim_flash_copy(&device->board.devices[i], &from->board.devices[i]);
    }
    device->facts = from->facts;
    device->slot = runs_from_secondary(from) ? device->board.secondary : device->board.primary;
    device->failure = NULL;
    otter_sim_power_on(&device->board.power);
}

static const struct otter_area *area_at(const struct otter_test_board *board,
                                        const struct otter_sim_flash *flash, uint32_t offset)
{
    const struct otter_area *const areas[] = { &board->primary, &board->secondary, &board->scratch,
                                               &board->status };

    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        if (areas[i]->flash == &flash->flash && offset - areas[i]->offset < areas[i]->size) {
            return areas[i];
        }
    }
    return NULL;
}

static bool touches(const struct otter_sim_operation *operation, const struct otter_area *area,
                    uint32_t offset)
{
    return area->offset + offset - operation->offset < operation->len;
}

/* The slot that the operation is in, if a trial can run from there. */
static const struct otter_area *slot_of_trial(const struct device *device,
                                              const struct otter_sim_flash *flash,
                                              const struct otter_sim_operation *operation)
{
    const struct otter_test_board *board = &device->board;
    const struct otter_area *area = area_at(board, flash, operation->offset);
    const bool can_run =
        area == &board->primary || (area == &board->secondary && device->story->subject->in_place);

    return can_run ? area : NULL;
}

/* Some cuts end a trial without anybody's fault, and no bootloader can know better. The write that
 * counts the trial as begun arrived whole, but the program did not get to run; or the program did
 * run, and not one bit of its confirmation arrived; or such a bit reads differently each time. */
static bool cut_spent_the_trial(struct device *device, const struct otter_sim_flash *flash,
                                const struct otter_sim_operation *operation)
{
    const struct otter_test_board *board = &device->board;
    const struct otter_area *slot = slot_of_trial(device, flash, operation);
    struct otter_trailer trailer;
    bool is_copy_done;

    if (slot == NULL || operation->kind != OTTER_SIM_PROGRAM) {
        return false;
    }
    is_copy_done =
        touches(operation, slot, otter_trailer_copy_done_offset(&board->shape, slot->size));
    if (!is_copy_done
        && !touches(operation, slot, otter_trailer_image_ok_offset(&board->shape, slot->size))) {
        return false;
    }
    if (otter_sim_flash_is_loose(flash, operation->offset, operation->len)) {
        return true;
    }
    otter_trailer_read(slot, &board->shape, &trailer);
    return trailer.copy_done == OTTER_FLAG_SET
           && (is_copy_done || trailer.image_ok == OTTER_FLAG_UNSET);
}

static void check_secrecy(struct device *device)
{
    struct otter_test_board *board = &device->board;
    const struct otter_area *const areas[] = { &board->secondary, &board->scratch };

    for (size_t i = 0; story_has_encryption(device->story) && i < 2; i++) {
        if (areas[i]->flash != NULL
            && plaintext_is_in(otter_test_board_bytes(board, areas[i]), areas[i]->size)) {
            fail(device, "an encrypted program lies in plain outside of the primary slot");
        }
    }
}

void device_copy_cut(struct device *device, const struct device *from, uint8_t number,
                     const struct otter_sim_operation *operation, const uint8_t *src,
                     const struct cut *cut)
{
    struct otter_sim_flash *flash = &device->board.devices[number];

    device_copy(device, from);
    otter_sim_flash_interrupt(flash, operation, src, cut->damage, cut->seed);
    otter_sim_power_on(&device->board.power);
    if (cut->damage == OTTER_SIM_LOOSE) {
        device->facts.salt = (uint8_t)(cut->seed + 1);
    }
    if (cut_spent_the_trial(device, flash, operation)) {
        device->facts.trial_was_spent = true;
    }
    check_secrecy(device);
}

uint64_t device_key(const struct device *device)
{
    const struct facts *facts = &device->facts;
    const uint8_t bytes[] = { facts->was_requested,   facts->was_confirmed, facts->new_has_run,
                              facts->trial_was_spent, facts->running,       facts->salt };
    uint64_t key = 0;

    for (size_t i = 0; i < sizeof bytes; i++) {
        key = (key << 8) + bytes[i];
    }
    for (uint8_t i = 0; i < device->board.layout.device_count; i++) {
        key = otter_sim_flash_hash(&device->board.devices[i], key);
    }
    return key;
}

/* ---- the programs' part ---------------------------------------------------------------------- */

/* The old program asks for the update; after a torn request it stages the update again. */
static void run_old(struct device *device)
{
    struct otter_test_board *board = &device->board;
    const bool permanent = device->story->scenario->permanent;

    if (device->facts.was_requested) {
        return;
    }
    if (device->story->subject->in_place) {
        download(device, NEW);
    }
    if (otter_bootstate_request(&board->secondary, &board->shape, 0, permanent) != OTTER_OK) {
        stage(device, NEW);
        request(device, permanent);
    }
    device->facts.was_requested = true;
}

/* A confirmation that finds the trailer damaged is tried again after the next reset. That happens
 * only if bits of the trailer are loose; else the bootloader has repaired it. */
static void run_new(struct device *device)
{
    struct otter_test_board *board = &device->board;
    enum otter_result result;

    device->facts.new_has_run = true;
    device->facts.was_requested =
        true; /* even if a cut kept its confirmation from the old program */
    if (!device->story->scenario->confirms || device->facts.was_confirmed) {
        return;
    }
    result = otter_bootstate_confirm(&device->slot, &board->shape);
    device->facts.was_confirmed = result == OTTER_OK;
    if (result != OTTER_OK && !device->facts.trial_was_spent) {
        fail(device, "the new program cannot confirm itself");
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

static enum program which_program(struct device *device)
{
    const struct programs *programs = programs_of(device->story);
    const uint8_t *bytes = otter_test_board_bytes(&device->board, &device->slot);

    for (enum program program = OLD; program < PROGRAMS; program++) {
        if (memcmp(bytes, programs->bytes[program], programs->size[program]) == 0) {
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
    if (device->facts.running == OLD && device->facts.was_confirmed) {
        fail(device, "a confirmed program was undone");
    }
    if (device->facts.running == OLD && device->facts.new_has_run && scenario->permanent) {
        fail(device, "a permanent update was undone");
    }
}

/* A confirmation that was cut may have taken effect. */
static void check_that_it_is_a_trial(struct device *device)
{
    const struct scenario *scenario = device->story->scenario;
    enum otter_standing standing;

    if (device->facts.running != NEW || scenario->permanent || device->facts.was_confirmed
        || (scenario->confirms && device->facts.new_has_run)) {
        return;
    }
    demand(device,
           otter_bootstate_standing(&device->slot, &device->board.shape, &standing) == OTTER_OK);
    if (standing != OTTER_STANDING_TRIAL && !device->facts.trial_was_spent) {
        fail(device, "an unconfirmed trial became permanent");
    }
}

static void boot(struct device *device)
{
    struct otter_boot_outcome outcome;
    const enum otter_result result = otter_boot_go(&device->board.config, &outcome);

    if (device->mutant != NULL) {
        mutant_catch_up(device->mutant);
    }
    if (result != OTTER_OK || outcome.verdict != OTTER_VERDICT_GOOD) {
        fail(device, "nothing to start");
        return;
    }
    device->slot = outcome.slot;
    device->facts.running = (uint8_t)which_program(device);
    if (device->facts.running >= NEXT) {
        fail(device, "a program runs that is neither the old nor the new one");
        return;
    }
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
    return device->failure == NULL && power->operations != before;
}

/* Put the next update where nothing runs, and ask for it. */
static void stage_next(struct device *device)
{
    const struct programs *programs = programs_of(device->story);
    struct otter_test_board *board = &device->board;

    if (runs_from_secondary(device)) {
        otter_test_board_load(board, &board->primary, programs->staged[NEXT], programs->size[NEXT]);
        request_in(device, &board->primary, true);
    } else {
        stage(device, NEXT);
        request(device, true);
    }
}

static void install_next(struct device *device)
{
    struct otter_boot_outcome outcome;
    enum otter_result result;

    stage_next(device);
    result = otter_boot_go(&device->board.config, &outcome);
    device->slot = outcome.slot;
    if (result != OTTER_OK || which_program(device) != NEXT) {
        fail(device, "the next update does not install");
    }
}

void device_check_end(struct device *device)
{
    const struct scenario *scenario = device->story->scenario;
    const bool wants_trial = !scenario->permanent && !scenario->update_is_forged;
    const enum program expected = scenario->ends_with_update ? NEW : OLD;

    if (device->facts.running != expected && !(expected == NEW && device->facts.trial_was_spent)) {
        fail(device, "it ends with the wrong program");
    }
    if (wants_trial && !device->facts.new_has_run && !device->facts.trial_was_spent) {
        fail(device, "the trial never ran");
    }
    if (setjmp(device->way_out) == 0) {
        install_next(device);
    }
}

/* ---- wear ------------------------------------------------------------------------------------ */

struct wear device_wear(const struct device *device)
{
    struct wear wear = { { 0 } };
    uint32_t at = 0;

    for (uint8_t i = 0; i < device->board.layout.device_count; i++) {
        const struct otter_sim_flash *flash = &device->board.devices[i];

        demand(device, at + flash->sector_count <= SECTORS_MAX);
        for (uint32_t sector = 0; sector < flash->sector_count; sector++) {
            wear.of[at++] = (uint8_t)flash->sector_erases[sector];
        }
    }
    return wear;
}

/* Pieces of an exchange through the scratch area, at most. */
static uint32_t piece_count(const struct otter_test_board *board)
{
    const struct otter_test_geometry *g = board->geometry;
    const uint32_t sector =
        g->sector_size > g->external_sector_size ? g->sector_size : g->external_sector_size;
    const uint32_t piece = g->scratch_size / sector * sector;

    return (g->slot_size + piece - 1) / piece;
}

static uint8_t allowed(const struct device *device, const struct otter_area *area, uint32_t offset,
                       uint32_t cuts)
{
    const struct otter_test_board *board = &device->board;
    const struct promise *promise = &device->story->subject->promise;
    /* Nothing is moved in place, but the update is written there once. */
    const uint32_t moves = device->story->subject->in_place ? 1 : device->story->scenario->moves;
    const uint32_t refusals = device->story->scenario->refusals;
    struct otter_sector sector = { 0 };

    if (area == &board->scratch) {
        return (uint8_t)((moves + cuts * promise->moves_each_cut)
                             * (promise->scratch + promise->scratch_each_piece * piece_count(board))
                         + cuts * promise->tail_each_cut);
    }
    if (area == &board->status) {
        const uint32_t notes = (moves + cuts * promise->moves_each_cut)
                               * (promise->notes + promise->notes_each_piece * piece_count(board));

        return (uint8_t)(notes / otter_area_sector_count(area) + 1);
    }
    (void)otter_area_sector(area, offset, &sector);
    if (sector.offset + sector.size > otter_trailer_status_offset(&board->shape, area->size)) {
        return (uint8_t)(moves * promise->tail + refusals + cuts * promise->tail_each_cut);
    }
    return (uint8_t)(moves * promise->image + cuts * promise->image_each_cut);
}

struct wear device_wear_allowed(const struct device *device, uint32_t cuts)
{
    const struct otter_test_board *board = &device->board;
    struct wear wear = { { 0 } };
    uint32_t at = 0;

    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        const struct otter_sim_flash *flash = &board->devices[i];
        const uint32_t size = flash->flash.geometry->runs[0].size;

        for (uint32_t sector = 0; sector < flash->sector_count; sector++, at++) {
            const struct otter_area *area = area_at(board, flash, sector * size);

            if (area != NULL) {
                wear.of[at] = allowed(device, area, sector * size - area->offset, cuts);
            }
        }
    }
    return wear;
}
