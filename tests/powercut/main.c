/* SPDX-License-Identifier: Apache-2.0 */

/* powercut: without options, the quick matrix; with --complete, the whole one; with a story and cuts,
 * exactly that. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "jobs.h"
#include "journal.h"
#include "matrix.h"
#include "otter/crc32.h"
#include "selftest.h"

#define SEED 20261121u

/* How often each damage is tried: where it stops, and which bits it leaves, is chosen by the seed. Seeds 0
 * and 1 are the edges, see otter_sim_damage. */
#define ONCE                                                                                       \
    {                                                                                              \
        [OTTER_SIM_NOT_STARTED] = 1, [OTTER_SIM_DONE] = 1, [OTTER_SIM_PARTIAL] = 1,                \
        [OTTER_SIM_TORN] = 2, [OTTER_SIM_NOISE] = 1, [OTTER_SIM_LOOSE] = 1,                        \
        [OTTER_SIM_UNREADABLE] = 1                                                                 \
    }
#define AT_EDGES                                                                                   \
    {                                                                                              \
        [OTTER_SIM_NOT_STARTED] = 1, [OTTER_SIM_DONE] = 1, [OTTER_SIM_PARTIAL] = 2,                \
        [OTTER_SIM_TORN] = 2, [OTTER_SIM_NOISE] = 1, [OTTER_SIM_LOOSE] = 2,                        \
        [OTTER_SIM_UNREADABLE] = 1                                                                 \
    }
#define OFTEN                                                                                      \
    {                                                                                              \
        [OTTER_SIM_NOT_STARTED] = 1, [OTTER_SIM_DONE] = 1, [OTTER_SIM_PARTIAL] = 3,                \
        [OTTER_SIM_TORN] = 4, [OTTER_SIM_NOISE] = 2, [OTTER_SIM_LOOSE] = 3,                        \
        [OTTER_SIM_UNREADABLE] = 2                                                                 \
    }

static const struct plan quick_plan = { .cuts = 2, .seeds = { ONCE, ONCE }, .one_in = { 1, 120 } };

/* Of the complete set: every pair of cuts; */
static const struct plan pairs_plan = { .cuts = 2,
                                        .seeds = { OFTEN, AT_EDGES },
                                        .one_in = { 1, 1 } };

/* every single cut, and a sample of the second ones; */
static const struct plan small_plan = { .cuts = 2,
                                        .seeds = { AT_EDGES, AT_EDGES },
                                        .one_in = { 1, 200 } };

/* and the same where an image has hundreds of kilobytes. */
static const struct plan large_plan = { .cuts = 2, .seeds = { ONCE, ONCE }, .one_in = { 1, 500 } };

struct options {
    struct selection selection;
    struct cut cuts[CUTS_MAX];
    uint32_t cut_count;
    bool every_damage;
    bool mutations;
    bool list;
    bool counts;
    uint32_t workers;
    uint64_t seed;
    const char *journal; /* NULL: none */
};

/* ---- running it ------------------------------------------------------------------------------ */

static const struct plan *plan_of(const struct story *story, bool is_complete)
{
    if (!is_complete) {
        return &quick_plan;
    }
    if (matrix_has_every_pair(story)) {
        return &pairs_plan;
    }
    return story_is_small(story) ? &small_plan : &large_plan;
}

/* A story has the same sample whichever others are looked at. */
static uint32_t sum_of(const struct story *story)
{
    const char *const names[] = { otter_strategy_name(story->subject->strategy),
                                  story->scenario->name, story->geometry->name,
                                  story->sizes->name };
    uint32_t sum = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        sum = otter_crc32(sum, names[i], strlen(names[i]));
    }
    return sum;
}

static struct tally explore_story(void *context, uint32_t number)
{
    const struct options *options = context;
    const struct story *story = &matrix.stories[number];
    struct plan plan = *plan_of(story, options->selection.complete);
    struct tally tally;

    plan.seed = options->seed + sum_of(story);
    plan.every_damage = options->every_damage;
    if (!journal_has(story, &tally)) {
        tally = explore(story, &plan, NULL);
        journal_add(story, &tally);
    }
    return tally;
}

static bool is_narrowed(const struct selection *selection)
{
    return selection->only.scenario != NULL || selection->only.geometry != NULL
           || selection->only.sizes != NULL || selection->shards > 1;
}

static bool report(const struct options *options, const struct tally *tallies)
{
    const struct selection *selection = &options->selection;
    bool good = counts_print(tallies) == 0;

    if (options->counts) {
        counts_print_tables(tallies);
    }
    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        if (!is_narrowed(selection)
            && (selection->only.subject == NULL || selection->only.subject == s)) {
            good = counts_are_enough(s, tallies) && good;
        }
    }
    return good;
}

static int run_matrix(struct options *options)
{
    static struct tally tallies[STORIES_MAX];
    bool all_well;

    if (options->journal != NULL) {
        journal_open(options->journal, options->seed);
    }
    matrix_choose(&options->selection);
    if (matrix.count == 0) {
        fprintf(stderr, "powercut: no such story is possible; --list shows what there is\n");
        return 2;
    }
    printf("%u stories, samples drawn with seed %llu\n", (unsigned)matrix.count,
           (unsigned long long)options->seed);
    all_well = jobs_run(explore_story, options, matrix.count, options->workers, tallies);
    if (!all_well) {
        printf("FAILED: a process broke down\n");
    }
    return report(options, tallies) && all_well ? 0 : 1;
}

/* ---- the command line ------------------------------------------------------------------------ */

static void list_geometries(const struct otter_test_geometry *geometry)
{
    for (; geometry->name != NULL; geometry++) {
        printf("  %-16s sectors %u, slots %u, scratch %u, write unit %u, erased 0x%02X%s\n",
               geometry->name, (unsigned)geometry->sector_size, (unsigned)geometry->slot_size,
               (unsigned)geometry->scratch_size, (unsigned)geometry->write_size,
               (unsigned)geometry->erased_byte,
               geometry->external_sector_size == 0 ? "" : ", external secondary");
    }
}

static void list(void)
{
    printf("strategies:\n");
    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        printf("  %s\n", otter_strategy_name(s->strategy));
    }
    printf("scenarios:\n");
    for (const struct scenario *s = scenarios; s->name != NULL; s++) {
        printf("  %s\n", s->name);
    }
    printf("geometries:\n");
    list_geometries(otter_test_geometries);
    list_geometries(large_geometries);
    printf("sizes:\n");
    for (const struct sizes *z = all_sizes; z->name != NULL; z++) {
        printf("  %s\n", z->name);
    }
    printf("damages:\n");
    for (enum otter_sim_damage d = 0; d < OTTER_SIM_ALL_DAMAGES; d++) {
        printf("  %s\n", otter_sim_damage_name(d));
    }
}

static const void *found(const void *thing, const char *option, const char *value)
{
    if (thing == NULL) {
        fprintf(stderr, "powercut: there is no %s '%s'; --list shows what there is\n", option,
                value);
        exit(2);
    }
    return thing;
}

static enum otter_sim_damage damage_named(const char *name, size_t length)
{
    for (enum otter_sim_damage d = 0; d < OTTER_SIM_ALL_DAMAGES; d++) {
        if (strlen(otter_sim_damage_name(d)) == length
            && strncmp(name, otter_sim_damage_name(d), length) == 0) {
            return d;
        }
    }
    (void)found(NULL, "damage", name);
    return OTTER_SIM_ALL_DAMAGES;
}

/* OPERATION:DAMAGE:SEED */
static struct cut parse_cut(const char *text)
{
    char *rest;
    struct cut cut = { .at = (uint32_t)strtoul(text, &rest, 10) };
    const char *damage = rest + 1;
    const char *end = strchr(*rest == ':' ? damage : "", ':');

    if (end == NULL) {
        fprintf(stderr, "powercut: '%s' is no cut; OPERATION:DAMAGE:SEED is, as in 12:torn:0\n",
                text);
        exit(2);
    }
    cut.damage = damage_named(damage, (size_t)(end - damage));
    cut.seed = (uint32_t)strtoul(end + 1, NULL, 10);
    return cut;
}

/* I/N, from 1 */
static void parse_shard(const char *text, struct selection *selection)
{
    char *rest;
    const unsigned long shard = strtoul(text, &rest, 10);
    const unsigned long shards = *rest == '/' ? strtoul(rest + 1, NULL, 10) : 0;

    if (shard == 0 || shard > shards) {
        fprintf(stderr, "powercut: '%s' is no shard; I/N is, as in 1/4\n", text);
        exit(2);
    }
    selection->shard = (uint32_t)shard - 1;
    selection->shards = (uint32_t)shards;
}

static void print_help(void)
{
    printf(
        "usage: powercut [--complete] [--every-damage] [--jobs N] [--seed N] [--counts]\n"
        "                [--journal FILE] [--shard I/N]\n"
        "                [--strategy S] [--scenario C] [--geometry G] [--sizes Z]\n"
        "                [--cut OPERATION:DAMAGE:SEED [--cut ...]]\n"
        "       powercut --mutations [--complete] [--jobs N] [--strategy S]\n"
        "       powercut --list\n"
        "A journal keeps which stories are done: a complete run that was stopped goes on there.\n"
        "example: powercut --strategy swap-scratch --scenario trial-then-revert \\\n"
        "                  --geometry unit8 --sizes full --cut 12:torn:0\n");
}

static const struct option known_options[] = {
    { "strategy", required_argument, NULL, 's' }, { "scenario", required_argument, NULL, 'c' },
    { "geometry", required_argument, NULL, 'g' }, { "sizes", required_argument, NULL, 'z' },
    { "cut", required_argument, NULL, 'C' },      { "seed", required_argument, NULL, 'r' },
    { "jobs", required_argument, NULL, 'j' },     { "complete", no_argument, NULL, 'a' },
    { "every-damage", no_argument, NULL, 'e' },   { "mutations", no_argument, NULL, 'm' },
    { "journal", required_argument, NULL, 'J' },  { "shard", required_argument, NULL, 'S' },
    { "counts", no_argument, NULL, 'n' },         { "list", no_argument, NULL, 'l' },
    { "help", no_argument, NULL, 'h' },           { NULL, 0, NULL, 0 },
};

static void take_option(int option, struct options *options)
{
    struct story *only = &options->selection.only;

    switch (option) {
    case 's':
        only->subject = found(subject_find(optarg), "strategy", optarg);
        break;
    case 'c':
        only->scenario = found(scenario_find(optarg), "scenario", optarg);
        break;
    case 'g':
        only->geometry = found(geometry_find(optarg), "geometry", optarg);
        break;
    case 'z':
        only->sizes = found(sizes_find(optarg), "sizes", optarg);
        break;
    case 'C':
        if (options->cut_count == CUTS_MAX) {
            fprintf(stderr, "powercut: %u cuts are the most\n", CUTS_MAX);
            exit(2);
        }
        options->cuts[options->cut_count++] = parse_cut(optarg);
        break;
    case 'r':
        options->seed = strtoull(optarg, NULL, 10);
        break;
    case 'j':
        options->workers = (uint32_t)strtoul(optarg, NULL, 10);
        break;
    case 'a':
        options->selection.complete = true;
        break;
    case 'e':
        options->every_damage = true;
        break;
    case 'm':
        options->mutations = true;
        break;
    case 'J':
        options->journal = optarg;
        break;
    case 'S':
        parse_shard(optarg, &options->selection);
        break;
    case 'n':
        options->counts = true;
        break;
    case 'l':
        options->list = true;
        break;
    default:
        print_help();
        exit(option == 'h' ? 0 : 2);
    }
}

static int replay_only(const struct options *options)
{
    const struct story *only = &options->selection.only;

    if (only->subject == NULL || only->scenario == NULL || only->geometry == NULL
        || only->sizes == NULL || !story_is_possible(only)) {
        fprintf(stderr, "powercut: a replay needs --strategy, --scenario, --geometry and --sizes, "
                        "and a story that is possible\n");
        return 2;
    }
    return replay(only, options->cuts, options->cut_count) ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options options = { .workers = 1, .seed = SEED };
    int option;

    while ((option = getopt_long(argc, argv, "", known_options, NULL)) != -1) {
        take_option(option, &options);
    }
    if (options.list) {
        list();
        return 0;
    }
    if (options.mutations) {
        return selftest_run(&options.selection, options.workers) ? 0 : 1;
    }
    return options.cut_count > 0 ? replay_only(&options) : run_matrix(&options);
}
