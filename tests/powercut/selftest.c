/* SPDX-License-Identifier: Apache-2.0 */

/* Every kind of operation that a strategy does, left out or done too late, one at a time. The harness
 * must find a cut, or no cut at all, that shows it. A mutation that it cannot see has to be listed
 * here with the reason why it does no harm: what is not listed was a write that the safety of
 * the device needs, or one that nobody needs. */

#include "selftest.h"

#include <stdio.h>
#include <string.h>

#include "jobs.h"
#include "mutation.h"

#define MUTANTS_MAX 4096u

#define SEEDS                                                                                      \
    {                                                                                              \
        [OTTER_SIM_NOT_STARTED] = 1, [OTTER_SIM_DONE] = 1, [OTTER_SIM_PARTIAL] = 1,                \
        [OTTER_SIM_TORN] = 2, [OTTER_SIM_NOISE] = 1                                                \
    }

/* Most are seen with one cut. */
static const struct plan plans[] = {
    { .cuts = 1, .seeds = SEEDS, .one_in = { 1 } },
    { .cuts = 2, .seeds = SEEDS, .one_in = { 1, 20 }, .seed = 1 },
};

struct mutant_job {
    const struct subject *subject;
    struct mutation mutation;
};

static struct mutant_job jobs[MUTANTS_MAX];
static struct tally tallies[MUTANTS_MAX];
static uint32_t job_count;

static const struct {
    const struct otter_strategy *strategy;
    struct mutation mutation;
    const char *why;
} harmless[] = {
    { &otter_overwrite,
      { OTTER_AREA_PRIMARY, TARGET_MAGIC, OTTER_SIM_PROGRAM, MISSING },
      "it is for who looks at the slot; nothing is decided by it" },
    { &otter_overwrite, { OTTER_AREA_PRIMARY, TARGET_MAGIC, OTTER_SIM_PROGRAM, LATE }, "as above" },
    { &otter_swap_scratch,
      { OTTER_AREA_PRIMARY, TARGET_SWAP_INFO, OTTER_SIM_PROGRAM, LATE },
      "it stands before the magic all the same" },
    { &otter_swap_scratch,
      { OTTER_AREA_SCRATCH, TARGET_SWAP_INFO, OTTER_SIM_PROGRAM, LATE },
      "as above" },
    { &otter_swap_scratch,
      { OTTER_AREA_PRIMARY, TARGET_COPY_DONE, OTTER_SIM_PROGRAM, LATE },
      "nothing follows it" },
    { &otter_overwrite,
      { OTTER_AREA_SECONDARY, TARGET_SWAP_SIZE, OTTER_SIM_PROGRAM, MISSING },
      "a note of why an image was refused: for who wants to know" },
    { &otter_overwrite,
      { OTTER_AREA_SECONDARY, TARGET_SWAP_SIZE, OTTER_SIM_PROGRAM, LATE },
      "a note of why an image was refused: for who wants to know" },
    { &otter_overwrite,
      { OTTER_AREA_SECONDARY, TARGET_SWAP_INFO, OTTER_SIM_PROGRAM, MISSING },
      "a note of why an image was refused: for who wants to know" },
    { &otter_overwrite,
      { OTTER_AREA_SECONDARY, TARGET_SWAP_INFO, OTTER_SIM_PROGRAM, LATE },
      "a note of why an image was refused: for who wants to know" },
    { &otter_swap_scratch,
      { OTTER_AREA_SECONDARY, TARGET_SWAP_SIZE, OTTER_SIM_PROGRAM, MISSING },
      "a note of why an image was refused: for who wants to know" },
    { &otter_swap_scratch,
      { OTTER_AREA_SECONDARY, TARGET_SWAP_SIZE, OTTER_SIM_PROGRAM, LATE },
      "a note of why an image was refused: for who wants to know" },
    { &otter_swap_scratch,
      { OTTER_AREA_SECONDARY, TARGET_SWAP_INFO, OTTER_SIM_PROGRAM, MISSING },
      "a note of why an image was refused: for who wants to know" },
    { &otter_swap_scratch,
      { OTTER_AREA_SECONDARY, TARGET_SWAP_INFO, OTTER_SIM_PROGRAM, LATE },
      "a note of why an image was refused: for who wants to know" },
    { &otter_swap_scratch,
      { OTTER_AREA_PRIMARY, TARGET_SWAP_SIZE, OTTER_SIM_PROGRAM, LATE },
      "a record without a size is none, and the one in scratch still stands" },
    { &otter_swap_scratch,
      { OTTER_AREA_SCRATCH, TARGET_SWAP_SIZE, OTTER_SIM_PROGRAM, LATE },
      "it stands before the first status entry all the same" },
};

static const char *why_harmless(const struct mutant_job *job)
{
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        const struct mutation *mutation = &harmless[i].mutation;

        if (harmless[i].strategy == job->subject->strategy && mutation->role == job->mutation.role
            && mutation->target == job->mutation.target && mutation->kind == job->mutation.kind
            && mutation->deviation == job->mutation.deviation) {
            return harmless[i].why;
        }
    }
    return NULL;
}

/* Boards on which trailers have sectors of their own, share one, and take several; and one on which
 * erased bytes are small numbers. */
static bool shows_mutations(const struct story *story)
{
    static const char *const geometries[] = { "unit8", "unit8-erased-0", "small-sectors",
                                              "one-sector" };
    bool is_there = false;

    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++) {
        is_there = is_there || strcmp(story->geometry->name, geometries[i]) == 0;
    }
    return is_there && !story_has_encryption(story)
           && (story->sizes == sizes_find("full") || story->sizes == sizes_find("half"));
}

/* What comes of the first story in which the mutation is seen. */
static struct tally explore_with(const struct mutant_job *job, const struct plan *plan)
{
    struct tally tally = { 0 };

    for (uint32_t i = 0; i < matrix.count && tally.failures == 0; i++) {
        if (matrix.stories[i].subject == job->subject && shows_mutations(&matrix.stories[i])) {
            const uint64_t hits = tally.hits;

            tally = explore(&matrix.stories[i], plan, &job->mutation);
            tally.hits += hits;
        }
    }
    return tally;
}

static struct tally explore_mutant(void *context, uint32_t number)
{
    const struct mutant_job *job = &jobs[number];
    struct tally tally = explore_with(job, &plans[0]);

    (void)context;
    if (tally.hits > 0 && tally.failures == 0 && why_harmless(job) == NULL) {
        tally = explore_with(job, &plans[1]);
    }
    return tally;
}

static bool exists(const struct mutation *mutation)
{
    return mutation->kind == OTTER_SIM_PROGRAM
               ? mutation->target != TARGET_TAIL
               : mutation->target == TARGET_TAIL || mutation->target == TARGET_IMAGE;
}

static void add_mutants_of(const struct subject *subject, enum otter_area_role role)
{
    for (uint32_t i = 0; i < TARGETS * 2 * DEVIATIONS; i++) {
        const struct mutation mutation = {
            .role = role,
            .target = (enum target)(i / DEVIATIONS / 2),
            .kind = (enum otter_sim_operation_kind)(i / DEVIATIONS % 2),
            .deviation = (enum deviation)(i % DEVIATIONS),
        };

        if (exists(&mutation) && job_count < MUTANTS_MAX) {
            jobs[job_count++] = (struct mutant_job){ subject, mutation };
        }
    }
}

static void choose_mutants(const struct selection *selection)
{
    static const enum otter_area_role roles[] = { OTTER_AREA_PRIMARY, OTTER_AREA_SECONDARY,
                                                  OTTER_AREA_SCRATCH };

    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
            if (selection->only.subject == NULL || selection->only.subject == s) {
                add_mutants_of(s, roles[i]);
            }
        }
    }
}

/* @return whether it came out as it must */
static bool report(const struct mutant_job *job, const struct tally *tally)
{
    static const char *const seen[] = { "seen without a cut", "seen with one cut",
                                        "seen with two cuts" };
    const char *why = why_harmless(job);
    char text[100];

    printf("%-14s %-48s ", otter_strategy_name(job->subject->strategy),
           mutation_text(&job->mutation, text, sizeof text));
    if (tally->failures == 0) {
        printf("%s%s\n", why == NULL ? "FAILED: not seen" : "harmless: ", why == NULL ? "" : why);
    } else {
        printf("%s%s\n", seen[tally->cuts_bad],
               why == NULL ? "" : "; FAILED: it is listed as harmless");
    }
    return (tally->failures == 0) == (why != NULL);
}

bool selftest_run(const struct selection *selection, uint32_t workers)
{
    uint32_t count = 0;
    bool good;

    matrix_choose(selection);
    choose_mutants(selection);
    good = jobs_run(explore_mutant, NULL, job_count, workers, tallies);
    for (uint32_t i = 0; i < job_count; i++) {
        if (tallies[i].hits > 0) {
            good = report(&jobs[i], &tallies[i]) && good;
            count++;
        }
    }
    printf("%u ways to break a strategy\n", (unsigned)count);
    return good && count > 0;
}
