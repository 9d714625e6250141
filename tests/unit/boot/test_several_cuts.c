/* SPDX-License-Identifier: Apache-2.0 */

/* Several images under power cuts: whatever is cut, a whole release runs. Cuts are made at each
 * operation of a story, with each damage, and some of them a second time during the recovery. */

#include <setjmp.h>
#include <stdio.h>

#include "set_stage.h"
#include "tests.h"

#define RESETS_MAX 14u
#define PAIRS      400u /* second cuts of each story, drawn from a sequence that is always the same */

struct story {
    const char *name;
    const struct otter_strategy *strategy;
    uint8_t images;
    bool permanent;
    bool confirms;
    uint8_t trial_attempts; /* 0: as MCUboot */
    uint8_t ends_with;      /* release */
};

static const struct story stories[] = {
    { "overwrite", &otter_overwrite, 2, true, false, 0, 2 },
    { "install", &otter_swap_scratch, 2, true, false, 0, 2 },
    { "install three", &otter_swap_scratch, 3, true, false, 0, 2 },
    { "trial, then confirm", &otter_swap_scratch, 2, false, true, 0, 2 },
    { "trial, then revert", &otter_swap_scratch, 2, false, false, 0, 1 },
    { "install by move", &otter_swap_move, 2, true, false, 0, 2 },
    { "move, then confirm", &otter_swap_move, 2, false, true, 0, 2 },
    { "move, then revert", &otter_swap_move, 2, false, false, 0, 1 },
    { "two attempts, then revert", &otter_swap_scratch, 2, false, false, 2, 1 },
};

static char which[160];     /* of the stories is being told */
static bool trial_was_lost; /* it was reverted before the program could confirm it */

struct cut {
    uint32_t at; /* operation, counted from the one before; 0: none */
    enum otter_sim_damage damage;
    uint32_t seed;
};

/* What the world outside of the device knows. */
struct world {
    const struct story *story;
    const struct cut *cuts;
    uint32_t cuts_done;
    uint32_t requested; /* bit i: the request for image i returned OTTER_OK */
    uint32_t confirmed;
    bool new_has_run;
};

static bool is_everything(const struct world *world, uint32_t bits)
{
    return bits == (1u << world->story->images) - 1;
}

static void set_scene(const struct story *story)
{
    set_open(story->strategy, story->images, false);
    if (story->trial_attempts > 0) {
        set.board.config.attempts = &otter_boot_attempts;
        set.board.config.trial_attempts = story->trial_attempts;
    }
    for (uint8_t image = 0; image < story->images; image++) {
        set_load(image, &set.programs[2][image]);
    }
    otter_sim_power_on(&set.board.power);
}

static void plan_cut(const struct world *world)
{
    struct otter_sim_power *power = &set.board.power;
    const struct cut *cut = &world->cuts[world->cuts_done];

    power->cut_at = 0;
    if (world->cuts_done < 2 && cut->at != 0) {
        otter_sim_power_cut_at(power, power->operations + cut->at, cut->damage, cut->seed);
    }
}

/* The old release asks for the new one, image by image; after a torn request it stages again. */
static void run_old(struct world *world)
{
    for (uint8_t image = 0; image < world->story->images; image++) {
        const struct otter_area *secondary = &set.board.secondary[image];

        if ((world->requested & 1u << image) == 0) {
            if (otter_bootstate_request(secondary, &set.board.shape, image, world->story->permanent)
                != OTTER_OK) {
                set_request(image, &set.programs[2][image], world->story->permanent);
            }
            world->requested |= 1u << image;
        }
    }
}

static void run_new(struct world *world)
{
    world->new_has_run = true;
    world->requested = UINT32_MAX; /* even if a cut kept it from being told */
    for (uint8_t image = 0; image < world->story->images && world->story->confirms; image++) {
        if ((world->confirmed & 1u << image) == 0) {
            set_confirm(image);
            world->confirmed |= 1u << image;
        }
    }
}

static void demand(bool condition, const char *failure)
{
    if (!condition) {
        fail_msg("%s: %s", which, failure);
    }
}

static void boot_and_run(struct world *world)
{
    const enum otter_result result = set_boot();
    const uint8_t release = set_release();

    demand(result == OTTER_OK && set.outcome.verdict == OTTER_VERDICT_GOOD, "nothing to start");
    demand(release == 1 || release == 2, "a mixture runs");
    if (release == 2) {
        run_new(world);
        return;
    }
    demand(!is_everything(world, world->confirmed), "a confirmed release was undone");
    demand(!world->story->permanent || !world->new_has_run, "a permanent release was undone");
    run_old(world);
}

static void say_which(const struct story *story, const struct cut cuts[2])
{
    (void)snprintf(which, sizeof which, "%s, cut %u:%s:%u, then %u:%s", story->name,
                   (unsigned)cuts[0].at, otter_sim_damage_name(cuts[0].damage),
                   (unsigned)cuts[0].seed, (unsigned)cuts[1].at,
                   otter_sim_damage_name(cuts[1].damage));
}

/* Reset after reset until one of them, with what the program does after it, writes nothing.
 *
 * @return operations of the whole story */
static uint32_t tell(const struct story *story, const struct cut cuts[2])
{
    struct otter_sim_power *power = &set.board.power;
    volatile uint32_t before = UINT32_MAX;
    volatile uint32_t resets = 0;
    static struct world world;
    uint32_t operations;
    jmp_buf reset;

    say_which(story, cuts);
    world = (struct world){ .story = story, .cuts = cuts };
    set_scene(story);
    power->reset = &reset;
    plan_cut(&world);
    if (setjmp(reset) != 0) {
        world.cuts_done++;
        power->is_off = false;
        before = UINT32_MAX;
        plan_cut(&world);
    }
    while (before != power->operations) {
        before = power->operations;
        demand(resets++ < RESETS_MAX, "it does not settle");
        boot_and_run(&world);
    }
    operations = power->operations;
    trial_was_lost = story->confirms && !is_everything(&world, world.confirmed);
    demand(trial_was_lost || set_release() == story->ends_with, "it ends with the wrong release");
    set_close();
    return operations;
}

static void every_cut_leaves_a_whole_release(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        struct cut cuts[2] = { { 0 } };
        const uint32_t operations = tell(&stories[i], cuts);
        uint32_t lost = 0;

        assert_true(operations > 10);
        for (cuts[0].at = 1; cuts[0].at <= operations; cuts[0].at++) {
            for (cuts[0].damage = 0; cuts[0].damage < OTTER_SIM_DAMAGES; cuts[0].damage++) {
                (void)tell(&stories[i], cuts);
                lost += trial_was_lost ? 1 : 0;
            }
        }
        /* Two damages leave a write as if it were done, or not begun. So the last copy_done arrives,
         * but the program does not get to run; or it runs, and no bit of a confirmation arrives.
         * Nobody can tell. */
        assert_true(lost <= 2u * (1u + stories[i].images));
    }
}

static void so_does_a_second_cut_during_the_recovery(void **state)
{
    uint32_t state_of_sequence = 1;

    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        const uint32_t operations = tell(&stories[i], (struct cut[2]){ { 0 } });

        for (uint32_t pair = 0; pair < PAIRS; pair++) {
            uint32_t draw[4];

            for (size_t k = 0; k < 4; k++) {
                state_of_sequence = state_of_sequence * 1664525u + 1013904223u;
                draw[k] = state_of_sequence >> 8;
            }

            const struct cut cuts[2] = {
                { draw[0] % operations + 1, draw[1] % OTTER_SIM_DAMAGES, pair },
                { draw[2] % 60 + 1, draw[3] % OTTER_SIM_DAMAGES, pair },
            };

            (void)tell(&stories[i], cuts);
        }
    }
}

int test_several_cuts(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_leaves_a_whole_release),
        cmocka_unit_test(so_does_a_second_cut_during_the_recovery),
    };

    return cmocka_run_group_tests_name("boot: several images, cut", tests, NULL, NULL);
}
