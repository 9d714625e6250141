/* SPDX-License-Identifier: Apache-2.0 */

#include "counts.h"

#include <stdio.h>

#include "matrix.h"

struct total {
    unsigned stories;
    unsigned long long cuts;
    unsigned long long second_cuts;
    unsigned long long states;
    unsigned long long failures;
};

/* Those of the stories that have everything in common with @p only that is not NULL there. */
static struct total total_of(const struct story *only, const struct tally *tallies)
{
    struct total total = { 0 };

    for (uint32_t i = 0; i < matrix.count; i++) {
        if (matrix_story_is_like(&matrix.stories[i], only)) {
            total.stories++;
            total.cuts += tallies[i].cuts[0];
            total.second_cuts += tallies[i].cuts[1];
            total.states += tallies[i].states;
            total.failures += tallies[i].failures;
        }
    }
    return total;
}

static void print_total(const char *name, const struct total *total)
{
    printf("| %-17s | %7u | %11llu | %11llu | %11llu | %8llu |\n", name, total->stories,
           total->cuts, total->second_cuts, total->states, total->failures);
}

uint64_t counts_print(const struct tally *tallies)
{
    const struct total all = total_of(&(struct story){ 0 }, tallies);

    printf(
        "| strategy          | stories |        cuts | second cuts |      states | failures |\n"
        "| ----------------- | ------: | ----------: | ----------: | ----------: | -------: |\n");
    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        const struct total total = total_of(&(struct story){ .subject = s }, tallies);

        if (total.stories > 0) {
            print_total(otter_strategy_name(s->strategy), &total);
        }
    }
    print_total("all", &all);
    return all.failures;
}

static void print_scenario(const struct scenario *scenario, const struct tally *tallies)
{
    if (total_of(&(struct story){ .scenario = scenario }, tallies).stories == 0) {
        return;
    }
    printf("| %s |", scenario->name);
    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        const struct story only = { .subject = s, .scenario = scenario };
        const struct total total = total_of(&only, tallies);

        if (total.stories > 0) {
            printf(" %llu |", total.cuts + total.second_cuts);
        } else {
            printf(" |");
        }
    }
    printf("\n");
}

static void print_geometries(const struct otter_test_geometry *geometry,
                             const struct tally *tallies)
{
    for (; geometry->name != NULL; geometry++) {
        const struct total total = total_of(&(struct story){ .geometry = geometry }, tallies);

        if (total.stories > 0) {
            printf("| %s | %u | %llu | %llu |\n", geometry->name, total.stories, total.cuts,
                   total.second_cuts);
        }
    }
}

void counts_print_tables(const struct tally *tallies)
{
    printf("\n| scenario |");
    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        printf(" %s |", otter_strategy_name(s->strategy));
    }
    printf("\n| --- |");
    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        printf(" ---: |");
    }
    printf("\n");
    for (const struct scenario *c = scenarios; c->name != NULL; c++) {
        print_scenario(c, tallies);
    }
    printf("\n| geometry | stories | cuts | second cuts |\n| --- | ---: | ---: | ---: |\n");
    print_geometries(otter_test_geometries, tallies);
    print_geometries(large_geometries, tallies);
}

bool counts_are_enough(const struct subject *subject, const struct tally *tallies)
{
    const struct total total = total_of(&(struct story){ .subject = subject }, tallies);

    if (total.cuts >= subject->quick_minimum) {
        return true;
    }
    printf("%s: %llu cuts, but there must be %u at least\n", otter_strategy_name(subject->strategy),
           total.cuts, (unsigned)subject->quick_minimum);
    return false;
}
