/* SPDX-License-Identifier: Apache-2.0 */

/* powercut: without options, the quick matrix; with --campaign, every pair of cuts; with a scenario
 * and a cut, exactly that one. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "powercut.h"

#define QUICK_PAIRS 25u /* second cuts for each scenario and geometry */

struct totals {
    uint32_t combinations;
    uint32_t cuts;
    uint32_t failures;
};

struct options {
    struct trial trial; /* NULL and 0: all of them */
    bool campaign;
    bool list;
    bool figures;
};

static void check(const struct trial *trial, uint32_t worst_allowed, struct totals *totals)
{
    struct findings findings = run_trial(trial);

    if (findings.failure == NULL && findings.worst_erases > worst_allowed) {
        findings.failure = "a sector is erased too often";
    }
    totals->cuts++;
    if (findings.failure != NULL) {
        totals->failures++;
        printf("FAILED: %s\n", findings.failure);
        print_replay(trial);
    }
}

/* A cut costs at most a repetition of the step that it hit, and of the announcement. */
static uint32_t erases_allowed(const struct findings *uncut, uint32_t cuts)
{
    return uncut->worst_erases + 4 * cuts;
}

static bool is_random(enum otter_sim_damage damage)
{
    return damage >= OTTER_SIM_PARTIAL;
}

static void cut_everywhere(struct trial trial, const struct findings *uncut, uint32_t seeds,
                           struct totals *totals)
{
    for (uint32_t at = 1; at <= uncut->operations; at++) {
        for (enum otter_sim_damage damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
            for (trial.seed = 0; trial.seed < (is_random(damage) ? seeds : 1); trial.seed++) {
                trial.cuts[0] = (struct cut){ at, damage };
                check(&trial, erases_allowed(uncut, 1), totals);
            }
        }
    }
}

/* Pairs are drawn from a sequence that is the same in every run. */
static void cut_twice_somewhere(struct trial trial, const struct findings *uncut, uint32_t pairs,
                                struct totals *totals)
{
    uint32_t state = 1;

    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t draw[4];

        for (uint32_t k = 0; k < 4; k++) {
            state = state * 1664525u + 1013904223u;
            draw[k] = state >> 8;
        }
        trial.seed = i;
        trial.cuts[0] = (struct cut){ draw[0] % uncut->operations + 1,
                                      (enum otter_sim_damage)(draw[1] % OTTER_SIM_DAMAGES) };
        trial.cuts[1] = (struct cut){ draw[2] % uncut->operations + 1,
                                      (enum otter_sim_damage)(draw[3] % OTTER_SIM_DAMAGES) };
        check(&trial, erases_allowed(uncut, 2), totals);
    }
}

static void cut_twice_everywhere(struct trial trial, const struct findings *uncut,
                                 struct totals *totals)
{
    for (uint32_t at = 1; at <= uncut->operations; at++) {
        for (enum otter_sim_damage damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
            trial.cuts[0] = (struct cut){ at, damage };
            trial.cuts[1] = (struct cut){ 0 };

            const uint32_t rest = run_trial(&trial).operations_after_cut;

            for (uint32_t at2 = 1; at2 <= rest; at2++) {
                for (enum otter_sim_damage d2 = 0; d2 < OTTER_SIM_DAMAGES; d2++) {
                    trial.cuts[1] = (struct cut){ at2, d2 };
                    check(&trial, erases_allowed(uncut, 2), totals);
                }
            }
        }
    }
}

static void explore(const struct options *options, struct trial trial, struct totals *totals)
{
    const struct findings uncut = run_trial(&trial);

    totals->combinations++;
    if (uncut.failure != NULL) {
        printf("FAILED without any cut: %s\n", uncut.failure);
        print_replay(&trial);
        totals->failures++;
        return;
    }
    if (options->figures) {
        printf(
            "%-22s %-14s %-9s %5u erases, worst sector %3u, %5u programs, %6llu bytes programmed, "
            "%7llu read, %u resets\n",
            trial.scenario->name, trial.geometry->name, trial.sizes->name,
            (unsigned)uncut.moves.erases, (unsigned)uncut.worst_erases,
            (unsigned)uncut.moves.programs, (unsigned long long)uncut.moves.bytes_programmed,
            (unsigned long long)uncut.moves.bytes_read, (unsigned)uncut.resets);
        return;
    }
    if (options->campaign) {
        cut_everywhere(trial, &uncut, 20, totals);
        cut_twice_everywhere(trial, &uncut, totals);
    } else {
        cut_everywhere(trial, &uncut, 1, totals);
        cut_twice_somewhere(trial, &uncut, QUICK_PAIRS, totals);
    }
}

static bool has_encryption(const struct scenario *scenario)
{
    return scenario->old_key_size != 0 || scenario->new_key_size != 0;
}

/* The sizes between the extremes differ little from one geometry to the next: a quick run looks at
 * them in one geometry. Encryption changes no step of a move, and its programs are slow to check: of
 * these, only the largest are looked at elsewhere, where the secondary slot is external. */
static bool is_in_quick_matrix(const struct trial *trial)
{
    if (trial->geometry == otter_test_geometry_find("unit8")) {
        return true;
    }
    if (has_encryption(trial->scenario)) {
        return trial->sizes == &all_sizes[0] && trial->geometry->external_sector_size != 0;
    }
    return trial->sizes == &all_sizes[0] || trial->sizes == sizes_find("half");
}

static bool is_asked_for(const struct options *options, const struct trial *trial)
{
    const struct trial *only = &options->trial;

    return (only->scenario == NULL || only->scenario == trial->scenario)
           && (only->geometry == NULL || only->geometry == trial->geometry)
           && (only->sizes == NULL || only->sizes == trial->sizes)
           && (options->campaign || options->figures || is_in_quick_matrix(trial));
}

static void explore_all(const struct options *options, struct totals *totals)
{
    for (const struct scenario *s = scenarios; s->name != NULL; s++) {
        for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
            for (const struct sizes *z = all_sizes; z->name != NULL; z++) {
                const struct trial trial = { .scenario = s, .geometry = g, .sizes = z };

                if (is_asked_for(options, &trial)) {
                    explore(options, trial, totals);
                }
            }
        }
    }
}

static void list(void)
{
    printf("scenarios:\n");
    for (const struct scenario *s = scenarios; s->name != NULL; s++) {
        printf("  %-32s %s\n", s->name, otter_strategy_name(s->strategy));
    }
    printf("geometries:\n");
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        printf("  %-16s sectors %u, slots %u, scratch %u, write unit %u, erased 0x%02X%s\n",
               g->name, (unsigned)g->sector_size, (unsigned)g->slot_size, (unsigned)g->scratch_size,
               (unsigned)g->write_size, (unsigned)g->erased_byte,
               g->external_sector_size == 0 ? "" : ", external secondary");
    }
    printf("sizes (old program, new program, in quarters of the largest image):\n");
    for (const struct sizes *z = all_sizes; z->name != NULL; z++) {
        printf("  %-16s %u %u\n", z->name, z->old_quarters, z->new_quarters);
    }
    printf("damages:\n");
    for (enum otter_sim_damage d = 0; d < OTTER_SIM_DAMAGES; d++) {
        printf("  %s\n", otter_sim_damage_name(d));
    }
}

static void refuse_option(const char *option, const char *value)
{
    fprintf(stderr, "powercut: there is no %s '%s'; --list shows what there is\n", option, value);
    exit(2);
}

static enum otter_sim_damage find_damage(const char *name)
{
    for (enum otter_sim_damage d = 0; d < OTTER_SIM_DAMAGES; d++) {
        if (strcmp(name, otter_sim_damage_name(d)) == 0) {
            return d;
        }
    }
    refuse_option("damage", name);
    return OTTER_SIM_DAMAGES;
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 0);
}

static void parse(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        { "scenario", required_argument, NULL, 's' },
        { "geometry", required_argument, NULL, 'g' },
        { "sizes", required_argument, NULL, 'z' },
        { "cut", required_argument, NULL, 'c' },
        { "damage", required_argument, NULL, 'd' },
        { "cut2", required_argument, NULL, 'C' },
        { "damage2", required_argument, NULL, 'D' },
        { "seed", required_argument, NULL, 'r' },
        { "campaign", no_argument, NULL, 'a' },
        { "list", no_argument, NULL, 'l' },
        { "figures", no_argument, NULL, 'f' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct trial *trial = &options->trial;
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's':
            trial->scenario = scenario_find(optarg);
            if (trial->scenario == NULL) {
                refuse_option("scenario", optarg);
            }
            break;
        case 'g':
            trial->geometry = otter_test_geometry_find(optarg);
            if (trial->geometry == NULL) {
                refuse_option("geometry", optarg);
            }
            break;
        case 'z':
            trial->sizes = sizes_find(optarg);
            if (trial->sizes == NULL) {
                refuse_option("sizes", optarg);
            }
            break;
        case 'c':
            trial->cuts[0].at = number(optarg);
            break;
        case 'd':
            trial->cuts[0].damage = find_damage(optarg);
            break;
        case 'C':
            trial->cuts[1].at = number(optarg);
            break;
        case 'D':
            trial->cuts[1].damage = find_damage(optarg);
            break;
        case 'r':
            trial->seed = number(optarg);
            break;
        case 'a':
            options->campaign = true;
            break;
        case 'f':
            options->figures = true;
            break;
        case 'l':
            options->list = true;
            break;
        default:
            printf(
                "usage: powercut [--list] [--figures] [--campaign] [--scenario S] [--geometry G]\n"
                "                [--cut N --damage D [--cut2 N --damage2 D] [--seed N]]\n"
                "example: powercut --scenario trial-then-revert --geometry unit8 "
                "--cut 12 --damage torn\n");
            exit(option == 'h' ? 0 : 2);
        }
    }
}

static int replay(const struct options *options)
{
    const struct trial *trial = &options->trial;
    struct findings findings;

    if (trial->scenario == NULL || trial->geometry == NULL || trial->sizes == NULL) {
        fprintf(stderr, "powercut: a replay needs --scenario, --geometry and --sizes\n");
        return 2;
    }
    findings = run_trial(trial);
    printf("%s\n", findings.failure == NULL ? "everything held" : findings.failure);
    return findings.failure == NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct options options = { 0 };
    struct totals totals = { 0 };

    parse(argc, argv, &options);
    if (options.list) {
        list();
        return 0;
    }
    if (options.trial.cuts[0].at != 0) {
        return replay(&options);
    }
    explore_all(&options, &totals);
    printf("%u combinations of scenario and geometry, %u cuts, %u failures\n",
           (unsigned)totals.combinations, (unsigned)totals.cuts, (unsigned)totals.failures);
    return totals.failures == 0 ? 0 : 1;
}
