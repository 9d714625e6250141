/* SPDX-License-Identifier: Apache-2.0 */

/* A search over states, not over runs. A device is reset until nothing changes; at each flash
 * operation on the way a copy of it becomes what a cut would leave, for each damage, and is reset in
 * turn, with further cuts on its way if the plan says so. A state that was met before has its
 * future behind it: only its erases are added up. So pairs of cuts cost little more than
 * different states, and there are few of them, as recoveries soon lead back to known ground.
 *
 * Copies are nested: devices[n] is what is left after n cuts, and is in the middle of a boot while
 * devices[n + 1] is tried. */

#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cut.h"
#include "reset.h"
#include "scene.h"
#include "states.h"

#define FAILURES_PRINTED 3u /* of each story */

struct search;

/* What sees the operations of one device. */
struct level {
    struct otter_sim_watcher watcher; /* first: it is how begins() finds the rest */
    struct search *search;
    uint32_t number; /* cuts before it */
    uint8_t further; /* cuts to try after it */
    struct mutant mutant;
};

struct search {
    const struct story *story;
    const struct plan *plan;
    const struct mutation *mutation;
    struct device devices[CUTS_MAX + 1];
    struct level levels[CUTS_MAX + 1];
    struct cut path[CUTS_MAX];
    struct wear allowed[CUTS_MAX + 1];
    struct states states;
    struct tally tally;
    uint64_t random;
};

/* ---- telling --------------------------------------------------------------------------------- */

static void report(struct search *search, uint32_t level, const char *failure)
{
    if (search->tally.failures++ == 0) {
        search->tally.cuts_bad = level;
    }
    if (search->mutation == NULL && search->tally.failures <= FAILURES_PRINTED) {
        printf("FAILED: %s\n", failure);
        print_replay(search->story, search->path, level);
    }
}

static bool is_enough(const struct search *search)
{
    return search->mutation != NULL && search->tally.failures > 0;
}

/* ---- walking: what follows without further cuts ---------------------------------------------- */

/* States on the way to the end, and the wear of the device when it was there. */
struct way {
    uint64_t keys[RESETS_MAX];
    struct wear wear[RESETS_MAX];
    uint32_t length;
    struct state end; /* the known state that it led to; zeroed if it went to the very end */
    struct wear rest; /* from there on */
};

/* What is not set here is set by whoever adds a state: a way is made at every cut. */
static void begin_way(struct way *way)
{
    way->length = 0;
    way->end = (struct state){ 0 };
    way->rest = (struct wear){ { 0 } };
}

static void add_wear(struct wear *to, const struct wear *more)
{
    for (uint32_t i = 0; i < SECTORS_MAX; i++) {
        to->of[i] = (uint8_t)(to->of[i] + more->of[i]);
    }
}

static struct wear wear_between(const struct wear *from, const struct wear *to)
{
    struct wear wear;

    for (uint32_t i = 0; i < SECTORS_MAX; i++) {
        wear.of[i] = (uint8_t)(to->of[i] - from->of[i]);
    }
    return wear;
}

static const char *reset_until_known(struct search *search, uint32_t level, struct way *way)
{
    struct device *device = &search->devices[level];

    for (;;) {
        const uint64_t key = device_key(device);
        const struct state *state = states_at(&search->states, key);

        if (state->is_walked) {
            way->end = *state;
            memcpy(way->rest.of, states_wear(&search->states, state), search->states.sector_count);
            return NULL;
        }
        if (way->length == RESETS_MAX) {
            return "it does not settle";
        }
        way->keys[way->length] = key;
        way->wear[way->length++] = device_wear(device);
        if (!device_reset(device)) {
            return device->failure;
        }
    }
}

static bool went_to_the_end(const struct way *way)
{
    return !way->end.is_walked;
}

static void remember(struct search *search, const struct way *way, const struct wear *last,
                     bool is_bad)
{
    for (uint32_t i = 0; i < way->length; i++) {
        struct state *state = states_at(&search->states, way->keys[i]);
        struct wear wear;

        state->is_walked = true;
        state->is_bad = is_bad || way->end.is_bad;
        state->resets = (uint8_t)(way->length - i + way->end.resets);
        wear = wear_between(&way->wear[i], last);
        add_wear(&wear, &way->rest);
        memcpy(states_wear(&search->states, state), wear.of, search->states.sector_count);
    }
}

static const char too_worn[] = "a sector is erased more often than promised";

static const char *check_promises(const struct search *search, uint32_t level,
                                  const struct way *way, const struct wear *last)
{
    struct wear total = *last;

    add_wear(&total, &way->rest);
    if (device_wear_exceeds(&total, &search->allowed[level])) {
        return too_worn;
    }
    return way->length + way->end.resets > RESETS_MAX ? "it does not settle" : NULL;
}

/* The device is not good for anything afterwards. */
static void walk(struct search *search, uint32_t level)
{
    struct device *device = &search->devices[level];
    struct way way;
    const char *failure;
    struct wear last;

    begin_way(&way);
    failure = reset_until_known(search, level, &way);
    last = device_wear(device);
    if (failure == NULL && !way.end.is_bad) {
        failure = check_promises(search, level, &way, &last);
    }
    if (failure == NULL && went_to_the_end(&way)) {
        device_check_end(device);
        failure = device->failure;
    }
    remember(search, &way, &last, failure != NULL);
    if (failure != NULL) {
        report(search, level, failure);
    }
}

/* ---- cutting --------------------------------------------------------------------------------- */

static void explore_from(struct search *search, uint32_t level, uint8_t further);

struct moment {
    uint8_t flash; /* number of the flash device */
    const struct otter_sim_operation *operation;
    const uint8_t *src;
};

static void copy_cut(struct search *search, uint32_t level, const struct moment *moment)
{
    device_copy_cut(&search->devices[level + 1], &search->devices[level], moment->flash,
                    moment->operation, moment->src, &search->path[level]);
    mutant_forget(&search->levels[level + 1].mutant);
}

/* What is tried more often before other cuts than after them is followed as often as after them. */
static bool has_sequel(const struct search *search, const struct level *level)
{
    const struct cut *cut = &search->path[level->number];

    return cut->seed < search->plan->seeds[level->number + 1][cut->damage];
}

static void try_cut(struct search *search, const struct level *level, const struct moment *moment)
{
    const uint8_t further = (uint8_t)(level->further - 1);
    struct device *device = &search->devices[level->number + 1];
    uint64_t key;

    search->tally.cuts[level->number]++;
    copy_cut(search, level->number, moment);
    key = device_key(device);
    walk(search, level->number + 1);
    if (further > 0 && has_sequel(search, level) && !states_at(&search->states, key)->is_bad) {
        copy_cut(search, level->number, moment);
        explore_from(search, level->number + 1, further);
    }
}

/* A strategy that looks at no trailers starts what verifies. Of a program whose last bits have read as they
 * should, and may not the next time, nobody can know. */
static bool is_beyond_knowing(const struct subject *subject,
                              const struct otter_sim_operation *operation,
                              enum otter_sim_damage damage)
{
    return subject->in_place && !subject->reverts && damage == OTTER_SIM_LOOSE
           && operation->kind == OTTER_SIM_PROGRAM;
}

/* Some damages are the same for each seed, or impossible: a unit alone has no part that is whole. */
static bool makes_a_difference(const struct otter_sim_operation *operation,
                               enum otter_sim_damage damage)
{
    return damage != OTTER_SIM_NOISE || operation->kind == OTTER_SIM_ERASE;
}

static void cut_at(struct search *search, const struct level *level, const struct moment *moment)
{
    const struct plan *plan = search->plan;
    const enum otter_sim_damage end =
        plan->every_damage ? OTTER_SIM_ALL_DAMAGES : search->story->subject->damages;
    const uint8_t *seeds = plan->seeds[level->number];
    struct cut *cut = &search->path[level->number];

    cut->at = search->devices[level->number].board.power.operations;
    for (cut->damage = 0; cut->damage < end; cut->damage++) {
        if (is_beyond_knowing(search->story->subject, moment->operation, cut->damage)) {
            continue;
        }
        for (cut->seed = 0; cut->seed < seeds[cut->damage]; cut->seed++) {
            if (makes_a_difference(moment->operation, cut->damage) && !is_enough(search)) {
                try_cut(search, level, moment);
            }
        }
    }
}

static bool is_drawn(struct search *search, uint32_t one_in)
{
    search->random = search->random * 6364136223846793005u + 1442695040888963407u;
    return one_in <= 1 || (search->random >> 33) % one_in == 0;
}

static bool begins(struct otter_sim_watcher *watcher, struct otter_sim_flash *flash,
                   const struct otter_sim_operation *operation, const uint8_t *src)
{
    struct level *level = (struct level *)watcher;
    struct search *search = level->search;
    struct device *device = &search->devices[level->number];

    if (!mutant_lets(&level->mutant, device, flash, operation, src)) {
        return false;
    }
    if (level->further > 0 && is_drawn(search, search->plan->one_in[level->number])) {
        const struct moment moment = { (uint8_t)(flash - device->board.devices), operation, src };

        cut_at(search, level, &moment);
    }
    return true;
}

static void explore_from(struct search *search, uint32_t level, uint8_t further)
{
    struct device *device = &search->devices[level];
    bool goes_on = true;

    while (goes_on) {
        struct state *state = states_at(&search->states, device_key(device));

        if (state->cuts >= further) {
            return;
        }
        state->cuts = further;
        search->levels[level].further = further;
        goes_on = device_reset(device);
        search->levels[level].further = 0;
    }
}

/* ---- the search ------------------------------------------------------------------------------ */

static void open_search(struct search *search)
{
    for (uint32_t i = 0; i <= CUTS_MAX; i++) {
        search->levels[i] = (struct level){ .watcher = { begins },
                                            .search = search,
                                            .number = i,
                                            .mutant = { .mutation = search->mutation } };
        device_open(&search->devices[i], search->story);
        search->devices[i].board.power.watcher = &search->levels[i].watcher;
        mutant_enter(&search->levels[i].mutant, &search->devices[i]);
        search->allowed[i] = device_wear_allowed(&search->devices[i], i);
    }
    states_clear(&search->states, device_sector_count(&search->devices[0]));
}

static void close_search(struct search *search)
{
    for (uint32_t i = 0; i <= CUTS_MAX; i++) {
        device_close(&search->devices[i]);
        search->tally.hits += search->levels[i].mutant.hits;
        free(search->levels[i].mutant.bytes);
    }
    states_free(&search->states);
}

struct tally explore(const struct story *story, const struct plan *plan,
                     const struct mutation *mutation)
{
    static struct search search;

    search =
        (struct search){ .story = story, .plan = plan, .mutation = mutation, .random = plan->seed };
    open_search(&search);
    scene_set(&search.devices[0]);
    walk(&search, 0);
    if (search.tally.failures == 0) {
        scene_set(&search.devices[0]);
        explore_from(&search, 0, plan->cuts);
    }
    search.tally.states = search.states.used;
    close_search(&search);
    return search.tally;
}

/* ---- replay ---------------------------------------------------------------------------------- */

static const char *const program_names[] = {
    [OLD] = "the old program",       [NEW] = "the new program",      [NEXT] = "the one after it",
    [GOLDEN] = "the golden program", [UNKNOWN] = "no known program",
};

static void do_not_feed(void *context)
{
    (void)context;
}

static void tell(void *context, const struct otter_boot_event *event)
{
    char text[160];

    (void)context;
    if (event->kind != OTTER_BOOT_PROGRESS) {
        printf("    image %u: %s\n", (unsigned)event->image,
               otter_boot_event_text(event, text, sizeof text));
    }
}

static const struct otter_boot_hooks telling = { do_not_feed, tell };

struct player {
    struct otter_sim_watcher watcher; /* first: it is how plays_on() finds the rest */
    const struct cut *cut;
    struct device *device;
    struct device *left; /* what the cut leaves of it */
    bool is_cut;
    struct otter_sim_operation operation; /* that it hits */
};

static bool plays_on(struct otter_sim_watcher *watcher, struct otter_sim_flash *flash,
                     const struct otter_sim_operation *operation, const uint8_t *src)
{
    struct player *player = (struct player *)watcher;
    const struct otter_sim_power *power = &player->device->board.power;

    if (player->cut != NULL && power->operations == player->cut->at) {
        device_copy_cut(player->left, player->device,
                        (uint8_t)(flash - player->device->board.devices), operation, src,
                        player->cut);
        player->is_cut = true;
        player->operation = *operation;
    }
    return true;
}

/* Until the cut, or until nothing changes. */
static bool play_until_cut(struct player *player)
{
    struct device *device = player->device;

    device->board.power.watcher = &player->watcher;
    for (uint32_t resets = 1; resets <= RESETS_MAX; resets++) {
        const uint32_t before = device->board.power.operations;
        const bool goes_on = device_reset(device);

        if (player->is_cut) {
            printf("  reset %u: cut at operation %u (%s of %u bytes at 0x%x of %s), %s\n",
                   (unsigned)resets, (unsigned)player->cut->at,
                   player->operation.kind == OTTER_SIM_ERASE ? "erase" : "program",
                   (unsigned)player->operation.len, (unsigned)player->operation.offset,
                   player->operation.device, otter_sim_damage_name(player->cut->damage));
            return true;
        }
        printf("  reset %u: runs %s, operations %u to %u\n", (unsigned)resets,
               program_names[device->facts.running], (unsigned)before + 1,
               (unsigned)device->board.power.operations);
        if (!goes_on) {
            return false;
        }
    }
    return false;
}

/* What is broken in the end, if nothing was before. */
static void check_end(struct device *device, uint32_t cuts)
{
    const struct wear wear = device_wear(device);
    const struct wear allowed = device_wear_allowed(device, cuts);

    if (device_wear_exceeds(&wear, &allowed)) {
        device_fail(device, too_worn);
    } else {
        device_check_end(device);
    }
}

bool replay(const struct story *story, const struct cut *cuts, uint32_t count)
{
    static struct device devices[CUTS_MAX + 1];
    const char *failure;
    bool was_cut = true;
    uint32_t level = 0;

    for (uint32_t i = 0; i <= count; i++) {
        device_open(&devices[i], story);
    }
    scene_set(&devices[0]);
    for (uint32_t i = 0; i <= count; i++) {
        devices[i].board.config.hooks = &telling;
    }
    while (was_cut) {
        struct player player = { .watcher = { plays_on },
                                 .cut = level < count ? &cuts[level] : NULL,
                                 .device = &devices[level],
                                 .left = &devices[level + 1 <= CUTS_MAX ? level + 1 : level] };

        was_cut = play_until_cut(&player);
        devices[level].board.power.watcher = NULL;
        level += was_cut ? 1 : 0;
    }
    if (devices[level].failure == NULL) {
        check_end(&devices[level], level);
    }
    failure = devices[level].failure;
    if (failure != NULL) {
        otter_sim_power_print_log(&devices[level].board.power);
    }
    printf("%s\n", failure == NULL ? "everything held" : failure);
    for (uint32_t i = 0; i <= count; i++) {
        device_close(&devices[i]);
    }
    return failure == NULL;
}
