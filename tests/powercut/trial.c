/* SPDX-License-Identifier: Apache-2.0 */

/* One run: boot, let the program that was started do its part, reset; until nothing changes any
 * more. Power cuts land in between as planned. After every boot the invariants are checked:
 *
 *  1. there is a program to start, whole and authentic, and it is the old or the new one;
 *  2. what the user decided stays: a new program that was confirmed, or asked for for good and
 *     seen running, is never replaced; a request that was accepted is carried out;
 *  3. a trial that nobody confirmed never becomes permanent;
 *  4. it settles within a bounded number of resets, and no sector is erased more often than the
 *     moves of the scenario and one repetition for each cut explain;
 *  5. the device is then ready for the next update;
 *  6. not a block of a program that came encrypted is ever plain outside of the primary slot. */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plaintext.h"
#include "powercut.h"

#define SLOT_MAX      (12u * 1024u)
#define RESETS_MAX    12u
#define PROGRAM_SMALL 200u

enum program { OLD, NEW, NEXT, PROGRAMS, UNKNOWN };

/* Thousands of trials differ in their cuts alone, so their programs are kept. */
struct programs {
    struct trial made_for;
    uint8_t bytes[PROGRAMS][SLOT_MAX];
    uint8_t staged[PROGRAMS][SLOT_MAX]; /* as they come: encrypted, if they are to be */
    uint32_t size[PROGRAMS];
};

/* What the world outside of the device knows. */
struct world {
    const struct trial *trial;
    const struct programs *programs;
    struct otter_test_board board;
    bool was_requested; /* the request returned OTTER_OK */
    bool was_confirmed; /* so did the confirmation */
    bool new_has_run;
    bool trial_was_spent; /* see cut_spent_the_trial() */
    uint32_t cuts_done;
    enum program running;
    const char *failure;
    uint32_t operations_before_cut;
};

static struct otter_test_signer vendor;
static struct otter_test_signer stranger;

/* ---- setting the scene ----------------------------------------------------------------------- */

/* Bytes of the image, or 0 for as few as possible. */
static uint32_t image_size(const struct world *world, enum program program)
{
    const struct trial *trial = world->trial;
    const uint32_t largest =
        otter_strategy_max_image_size(trial->scenario->strategy, &world->board.layout, 0, NULL);
    const uint8_t quarters =
        program == OLD ? trial->sizes->old_quarters : trial->sizes->new_quarters;

    return largest * quarters / 4;
}

static uint8_t key_size(const struct world *world, enum program program)
{
    const struct scenario *scenario = world->trial->scenario;

    return program == OLD ? scenario->old_key_size : scenario->new_key_size;
}

static bool has_encryption(const struct world *world)
{
    return key_size(world, OLD) != 0 || key_size(world, NEW) != 0;
}

static void make_program(struct world *world, enum program program, struct programs *programs)
{
    const bool is_forged = program == NEW && world->trial->scenario->update_is_forged;
    const struct otter_test_image wanted = {
        .version = { .major = 1, .minor = (uint8_t)program },
        .header_size = OTTER_IMAGE_HEADER_SIZE,
        .size = image_size(world, program),
        .program_size = PROGRAM_SMALL,
        .seed = (uint8_t)program,
        .key_size = key_size(world, program),
        .signer = is_forged ? &stranger : &vendor,
    };
    uint8_t *plain = programs->bytes[program];

    programs->size[program] = otter_test_image_make(&wanted, plain, SLOT_MAX);
    memcpy(programs->staged[program], plain, programs->size[program]);
    otter_test_image_crypt(&wanted, programs->staged[program]);
    if (wanted.key_size != 0) {
        struct otter_image_header header = { 0 };

        (void)otter_image_parse_header(plain, &header);
        plaintext_learn(plain + header.header_size, header.program_size);
    }
}

static const struct programs *make_programs(struct world *world)
{
    static struct programs programs;
    const struct trial *trial = world->trial;

    if (programs.made_for.scenario != trial->scenario
        || programs.made_for.geometry != trial->geometry
        || programs.made_for.sizes != trial->sizes) {
        plaintext_clear();
        for (enum program program = OLD; program < PROGRAMS; program++) {
            make_program(world, program, &programs);
        }
        programs.made_for = *trial;
    }
    return &programs;
}

static const struct trial *trial_on_air;

/* The scenery itself must work. */
static void demand(bool condition)
{
    if (!condition) {
        fprintf(stderr, "powercut: a step outside of the bootloader failed\n");
        print_replay(trial_on_air);
        abort();
    }
}

static void stage(struct world *world, enum program program)
{
    otter_test_board_load(&world->board, &world->board.secondary, world->programs->staged[program],
                          world->programs->size[program]);
}

/* Try NEXT and let it fail, so that the story begins with the trailers of a revert. */
static void revert_something(struct world *world)
{
    struct otter_boot_outcome outcome;

    stage(world, NEXT);
    demand(otter_bootstate_request(&world->board.secondary, &world->board.shape, 0, false)
           == OTTER_OK);
    demand(otter_boot_go(&world->board.config, &outcome) == OTTER_OK);
    demand(otter_boot_go(&world->board.config, &outcome) == OTTER_OK);
}

static void set_scene(struct world *world)
{
    struct otter_test_board *board = &world->board;

    otter_test_board_init(board, world->trial->geometry, world->trial->scenario->strategy, &vendor);
    world->programs = make_programs(world);
    if (has_encryption(world)) {
        board->config.trust.decryption_key = &vendor.device_key;
        board->config.encryption = &otter_boot_encryption;
    }
    otter_test_board_load(board, &board->primary, world->programs->bytes[OLD],
                          world->programs->size[OLD]);
    if (world->trial->scenario->padded) {
        demand(otter_trailer_write_magic(&board->primary, &board->shape) == OTTER_OK);
    }
    if (world->trial->scenario->after_revert) {
        revert_something(world);
    }
    stage(world, NEW);
    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        otter_sim_flash_reset_counters(&board->devices[i]);
    }
    otter_sim_power_on(&board->power);
}

/* ---- the programs' part ---------------------------------------------------------------------- */

static void fail(struct world *world, const char *failure)
{
    if (world->failure == NULL) {
        world->failure = failure;
    }
}

/* The old program asks for the update; after a torn request it stages the update again. */
static void run_old(struct world *world)
{
    struct otter_test_board *board = &world->board;

    if (world->was_requested) {
        return;
    }
    if (otter_bootstate_request(&board->secondary, &board->shape, 0,
                                world->trial->scenario->permanent)
        != OTTER_OK) {
        stage(world, NEW);
        demand(otter_bootstate_request(&board->secondary, &board->shape, 0,
                                       world->trial->scenario->permanent)
               == OTTER_OK);
    }
    world->was_requested = true;
}

static void run_new(struct world *world)
{
    struct otter_test_board *board = &world->board;

    world->new_has_run = true;
    world->was_requested = true; /* even if a cut kept its confirmation from the old program */
    if (world->trial->scenario->confirms && !world->was_confirmed) {
        if (otter_bootstate_confirm(&board->primary, &board->shape) != OTTER_OK) {
            fail(world, "the new program cannot confirm itself");
        }
        world->was_confirmed = true;
    }
}

static void run_program(struct world *world)
{
    if (world->running == OLD) {
        run_old(world);
    } else if (world->running == NEW) {
        run_new(world);
    }
}

/* ---- the invariants -------------------------------------------------------------------------- */

static enum program which_program(struct world *world)
{
    const uint8_t *bytes = otter_test_board_bytes(&world->board, &world->board.primary);

    for (enum program program = OLD; program < PROGRAMS; program++) {
        if (memcmp(bytes, world->programs->bytes[program], world->programs->size[program]) == 0) {
            return program;
        }
    }
    return UNKNOWN;
}

static void check_decisions(struct world *world)
{
    const struct scenario *scenario = world->trial->scenario;
    enum otter_standing standing;

    if (world->running == NEW && scenario->update_is_forged) {
        fail(world, "a forged program runs");
    }
    if (world->running == OLD && world->was_confirmed) {
        fail(world, "a confirmed program was undone");
    }
    if (world->running == OLD && world->new_has_run && scenario->permanent) {
        fail(world, "a permanent update was undone");
    }
    if (world->running != NEW || scenario->permanent || world->was_confirmed) {
        return;
    }
    demand(otter_bootstate_standing(&world->board.primary, &world->board.shape, &standing)
           == OTTER_OK);
    /* A confirmation that was cut may have taken effect. */
    if (standing != OTTER_STANDING_TRIAL && !(scenario->confirms && world->new_has_run)) {
        fail(world, "an unconfirmed trial became permanent");
    }
}

static void check_secrecy(struct world *world)
{
    struct otter_test_board *board = &world->board;
    const struct otter_area *const areas[] = { &board->secondary, &board->scratch };

    for (size_t i = 0; has_encryption(world) && i < sizeof areas / sizeof areas[0]; i++) {
        if (areas[i]->flash != NULL
            && plaintext_is_in(otter_test_board_bytes(board, areas[i]), areas[i]->size)) {
            fail(world, "an encrypted program lies in plain outside of the primary slot");
        }
    }
}

static void boot(struct world *world)
{
    struct otter_boot_outcome outcome;
    const enum otter_result result = otter_boot_go(&world->board.config, &outcome);

    if (result != OTTER_OK || outcome.verdict != OTTER_VERDICT_GOOD) {
        fail(world, "nothing to start");
        return;
    }
    world->running = which_program(world);
    if (world->running == UNKNOWN || world->running == NEXT) {
        fail(world, "a program runs that nobody knows");
        return;
    }
    check_decisions(world);
    check_secrecy(world);
}

/* ---- the run --------------------------------------------------------------------------------- */

/* Two cuts end a trial without anybody's fault, and no bootloader can know better. The write that
 * counts the trial as begun arrived whole, but the program did not get to run; or the program did
 * run, and not one bit of its confirmation arrived. */
static bool cut_spent_the_trial(struct world *world)
{
    struct otter_test_board *board = &world->board;
    const struct otter_area *primary = &board->primary;
    const struct otter_sim_power *power = &board->power;
    const struct otter_sim_operation *last = &power->log[(power->logged - 1) % OTTER_SIM_LOG_SIZE];
    const uint32_t at = last->offset - primary->offset;
    struct otter_trailer trailer;

    if (last->kind != OTTER_SIM_PROGRAM
        || otter_trailer_read(primary, &board->shape, &trailer) != OTTER_OK) {
        return false;
    }
    if (at == otter_trailer_copy_done_offset(&board->shape, primary->size)) {
        return trailer.copy_done == OTTER_FLAG_SET;
    }
    return at == otter_trailer_image_ok_offset(&board->shape, primary->size)
           && trailer.image_ok == OTTER_FLAG_UNSET && trailer.copy_done == OTTER_FLAG_SET;
}

static void plan_cut(struct world *world)
{
    const struct trial *trial = world->trial;
    struct otter_sim_power *power = &world->board.power;
    const struct cut *cut = world->cuts_done < 2 ? &trial->cuts[world->cuts_done] : NULL;

    power->cut_at = 0;
    if (cut != NULL && cut->at != 0) {
        otter_sim_power_cut_at(power, power->operations + cut->at, cut->damage,
                               trial->seed + world->cuts_done);
    }
}

static void lose_power(struct world *world)
{
    if (world->cuts_done == 0) {
        world->operations_before_cut = world->board.power.operations;
    }
    world->cuts_done++;
    world->board.power.is_off = false;
    check_secrecy(world);
    if (cut_spent_the_trial(world)) {
        world->trial_was_spent = true;
    }
    plan_cut(world);
}

/* Reset after reset until one of them, with what the program does after it, writes nothing.
 *
 * @return resets that were not cut */
static uint32_t run_until_settled(struct world *world)
{
    struct otter_sim_power *power = &world->board.power;
    jmp_buf reset;
    volatile uint32_t resets = 0;
    volatile uint32_t before = UINT32_MAX;

    power->reset = &reset;
    plan_cut(world);
    if (setjmp(reset) != 0) {
        lose_power(world);
        before = UINT32_MAX;
    }
    while (before != power->operations && world->failure == NULL && resets < RESETS_MAX) {
        before = power->operations;
        resets++;
        boot(world);
        if (world->failure == NULL) {
            run_program(world);
        }
    }
    power->reset = NULL;
    power->cut_at = 0;
    if (resets == RESETS_MAX) {
        fail(world, "it does not settle");
    }
    return resets;
}

static void check_end(struct world *world)
{
    const enum program expected = world->trial->scenario->ends_with_update ? NEW : OLD;
    const bool wants_trial =
        !world->trial->scenario->permanent && !world->trial->scenario->update_is_forged;

    if (world->running != expected && !(expected == NEW && world->trial_was_spent)) {
        fail(world, "it ends with the wrong program");
    }
    if (wants_trial && !world->new_has_run && !world->trial_was_spent) {
        fail(world, "the trial never ran");
    }
}

static void check_next_update(struct world *world)
{
    struct otter_test_board *board = &world->board;
    struct otter_boot_outcome outcome;

    stage(world, NEXT);
    demand(otter_bootstate_request(&board->secondary, &board->shape, 0, true) == OTTER_OK);
    if (otter_boot_go(&board->config, &outcome) != OTTER_OK || which_program(world) != NEXT) {
        fail(world, "the next update does not install");
    }
}

static void count(struct world *world, struct findings *findings)
{
    struct otter_test_board *board = &world->board;

    findings->operations = board->power.operations;
    findings->operations_after_cut = board->power.operations - world->operations_before_cut;
    for (uint8_t i = 0; i < board->layout.device_count; i++) {
        const struct otter_sim_flash *device = &board->devices[i];
        const uint32_t worst =
            otter_sim_flash_worst_sector(device, 0, device->flash.geometry->size);

        findings->moves.reads += device->counters.reads;
        findings->moves.programs += device->counters.programs;
        findings->moves.erases += device->counters.erases;
        findings->moves.bytes_read += device->counters.bytes_read;
        findings->moves.bytes_programmed += device->counters.bytes_programmed;
        if (worst > findings->worst_erases) {
            findings->worst_erases = worst;
        }
    }
}

static void report_violation(struct otter_sim_power *power, const char *rule)
{
    fprintf(stderr, "simulated flash: %s\n", rule);
    otter_sim_power_print_log(power);
    print_replay(trial_on_air);
    abort();
}

struct findings run_trial(const struct trial *trial)
{
    static struct world world;
    struct findings findings = { 0 };

    otter_test_signer_fake(&vendor, "vendor");
    otter_test_signer_fake(&stranger, "stranger");
    trial_on_air = trial;
    world = (struct world){ .trial = trial };
    set_scene(&world);
    world.board.power.violation = report_violation;

    findings.resets = run_until_settled(&world);
    count(&world, &findings);
    if (world.failure == NULL) {
        check_end(&world);
        check_next_update(&world);
    }
    findings.failure = world.failure;
    otter_test_board_free(&world.board);
    return findings;
}

void print_replay(const struct trial *trial)
{
    printf("  powercut --scenario %s --geometry %s --sizes %s --seed %llu", trial->scenario->name,
           trial->geometry->name, trial->sizes->name, (unsigned long long)trial->seed);
    if (trial->cuts[0].at != 0) {
        printf(" --cut %u --damage %s", (unsigned)trial->cuts[0].at,
               otter_sim_damage_name(trial->cuts[0].damage));
    }
    if (trial->cuts[1].at != 0) {
        printf(" --cut2 %u --damage2 %s", (unsigned)trial->cuts[1].at,
               otter_sim_damage_name(trial->cuts[1].damage));
    }
    printf("\n");
    fflush(stdout);
}
