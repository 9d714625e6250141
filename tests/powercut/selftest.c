/* SPDX-License-Identifier: Apache-2.0 */

/* Every kind of operation that a strategy does, left out or done too late, one at a time; and a
 * bootloader that trusts a stranger. The harness
 * must find a cut, or no cut at all, that shows it. A mutation that it cannot see has to be listed
 * here with the reason why it does no harm: what is not listed was a write that the safety of
 * the device needs, or one that nobody needs. */

#include "selftest.h"

#include <stdio.h>
#include <stdlib.h>
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
    { .cuts = 1, .seeds = { SEEDS }, .one_in = { 1 } },
    { .cuts = 2, .seeds = { SEEDS, SEEDS }, .one_in = { 1, 1 }, .seed = 1 },
};

struct mutant_job {
    const struct subject *subject;
    struct mutation mutation;
};

static struct mutant_job jobs[MUTANTS_MAX];
static struct tally tallies[MUTANTS_MAX];
static uint32_t job_count;

#define EITHER        0x3u /* missing or late */
#define IF(deviation) (1u << (deviation))

/* One kind of operation that may be missing, or late, and why. */
struct harmless {
    const struct otter_strategy *strategy; /* NULL: in all that move images */
    enum otter_area_role role;
    enum target target;
    unsigned deviations; /* a bit for each */
    const char *why;
};

static const char nothing_is_pending[] =
    "an update that was pending has been installed; this is for one that could not be";
static const char knows_no_scratch[] = "the strategy has no use for this area";

/* Of moves, all of them are programs: no erase is harmless. */
static const struct harmless harmless[] = {
    { NULL, OTTER_AREA_SECONDARY, TARGET_SWAP_SIZE, EITHER,
      "a note of why an image was refused: for who wants to know" },
    { NULL, OTTER_AREA_SECONDARY, TARGET_SWAP_INFO, EITHER,
      "a note of why an image was refused: for who wants to know" },
    { &otter_overwrite, OTTER_AREA_PRIMARY, TARGET_MAGIC, EITHER,
      "it is for who looks at the slot; nothing is decided by it" },
    { &otter_swap_scratch, OTTER_AREA_PRIMARY, TARGET_SWAP_SIZE, IF(LATE),
      "a record without a size is none, and the one in scratch still stands" },
    { &otter_swap_scratch, OTTER_AREA_PRIMARY, TARGET_SWAP_INFO, IF(LATE),
      "it stands before the magic all the same" },
    { &otter_swap_scratch, OTTER_AREA_PRIMARY, TARGET_COPY_DONE, IF(LATE), "nothing follows it" },
    { &otter_swap_scratch, OTTER_AREA_SCRATCH, TARGET_SWAP_SIZE, IF(LATE),
      "it stands before the first status entry all the same" },
    { &otter_swap_scratch, OTTER_AREA_SCRATCH, TARGET_SWAP_INFO, IF(LATE),
      "it stands before the magic all the same" },
    { &otter_swap_move, OTTER_AREA_PRIMARY, TARGET_SWAP_INFO, IF(LATE),
      "it stands before the magic all the same" },
    { &otter_swap_move, OTTER_AREA_PRIMARY, TARGET_COPY_DONE, IF(LATE), "nothing follows it" },
    { &otter_swap_offset, OTTER_AREA_PRIMARY, TARGET_SWAP_INFO, IF(LATE),
      "it stands before the seal all the same" },
    { &otter_swap_offset, OTTER_AREA_PRIMARY, TARGET_IMAGE_OK, IF(LATE),
      "it stands before the seal all the same" },
    { &otter_swap_offset, OTTER_AREA_PRIMARY, TARGET_MAGIC, IF(LATE),
      "a seal without a magic is none, and request or note still stand" },
    { &otter_swap_offset, OTTER_AREA_PRIMARY, TARGET_COPY_DONE, IF(LATE), "nothing follows it" },
    { &otter_swap_status, OTTER_AREA_PRIMARY, TARGET_SWAP_INFO, IF(LATE),
      "it stands before the log is closed all the same" },
    { &otter_swap_status, OTTER_AREA_PRIMARY, TARGET_MAGIC, IF(LATE),
      "it stands before the log is closed all the same" },
    { &otter_swap_status, OTTER_AREA_PRIMARY, TARGET_COPY_DONE, IF(LATE), "nothing follows it" },
    { &otter_direct_xip_revert, OTTER_AREA_SECONDARY, TARGET_SWAP_INFO, IF(LATE),
      "as long as the magic or this is missing, the note has the trailer written anew" },
    { &otter_direct_xip_revert, OTTER_AREA_SECONDARY, TARGET_MAGIC, IF(LATE),
      "as long as this is missing, the note has the trailer written anew" },
    { &otter_direct_xip_revert, OTTER_AREA_SECONDARY, TARGET_COPY_DONE, IF(LATE),
      "nothing follows it" },
};

/* The same of what a restore does: programs of records, and erases. */
static const struct harmless harmless_in_restore[] = {
    { NULL, OTTER_AREA_RECOVERY, TARGET_SETTLED, IF(LATE), "nothing follows it" },
    { &otter_overwrite, OTTER_AREA_SECONDARY, TARGET_TAIL, EITHER, nothing_is_pending },
    { &otter_swap_offset, OTTER_AREA_SECONDARY, TARGET_TAIL, EITHER, nothing_is_pending },
    { &otter_swap_move, OTTER_AREA_SECONDARY, TARGET_TAIL, IF(LATE), nothing_is_pending },
    { &otter_overwrite, OTTER_AREA_SCRATCH, TARGET_TAIL, EITHER, knows_no_scratch },
    { &otter_swap_move, OTTER_AREA_SCRATCH, TARGET_TAIL, EITHER, knows_no_scratch },
    { &otter_swap_offset, OTTER_AREA_SCRATCH, TARGET_TAIL, EITHER, knows_no_scratch },
};

static bool is_about(const struct harmless *entry, const struct mutant_job *job)
{
    const struct mutation *mutation = &job->mutation;

    return (entry->strategy == NULL ? !job->subject->in_place
                                    : entry->strategy == job->subject->strategy)
           && entry->role == mutation->role && entry->target == mutation->target
           && (entry->deviations & IF(mutation->deviation)) != 0;
}

static const char *why_harmless(const struct mutant_job *job)
{
    const struct mutation *mutation = &job->mutation;
    const struct harmless *entries = mutation->of_restore ? harmless_in_restore : harmless;
    const size_t count = mutation->of_restore
                             ? sizeof harmless_in_restore / sizeof harmless_in_restore[0]
                             : sizeof harmless / sizeof harmless[0];

    if (!mutation->of_restore && mutation->kind != OTTER_SIM_PROGRAM) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_about(&entries[i], job)) {
            return entries[i].why;
        }
    }
    return NULL;
}

/* Boards on which trailers have sectors of their own, share one, and take several; and one on which
 * erased bytes are small numbers. Nearly all mutations are seen on the first. */
static const char *const geometries[] = { "unit8", "small-sectors", "unit8-erased-0",
                                          "one-sector" };

static bool shows_mutations(const struct story *story, bool of_restore)
{
    return story_has_golden(story) == of_restore && !story_has_encryption(story)
           && story_image_count(story) == 1 && story_attempts(story) == 1
           && (story->sizes == sizes_find("full") || story->sizes == sizes_find("half"));
}

static void explore_on(const struct mutant_job *job, const struct otter_test_geometry *geometry,
                       const struct plan *plan, struct tally *tally)
{
    for (uint32_t i = 0; i < matrix.count && tally->failures == 0; i++) {
        const struct story *story = &matrix.stories[i];

        if (story->subject == job->subject && story->geometry == geometry
            && shows_mutations(story, job->mutation.of_restore)) {
            const uint64_t hits = tally->hits;

            *tally = explore(story, plan, &job->mutation);
            tally->hits += hits;
        }
    }
}

/* What comes of the first story in which the mutation is seen. What does not occur on the first board,
 * or is said to be harmless, is looked for on the others in the complete run only. */
static struct tally explore_with(const struct mutant_job *job, const struct plan *plan,
                                 bool is_complete)
{
    const bool is_harmless = why_harmless(job) != NULL;
    struct tally tally = { 0 };

    explore_on(job, geometry_find(geometries[0]), plan, &tally);
    for (size_t i = 1; i < sizeof geometries / sizeof geometries[0]; i++) {
        if (is_complete || (tally.hits > 0 && !is_harmless)) {
            explore_on(job, geometry_find(geometries[i]), plan, &tally);
        }
    }
    return tally;
}

static struct tally explore_mutant(void *context, uint32_t number)
{
    const struct selection *selection = context;
    const struct mutant_job *job = &jobs[number];
    struct tally tally = explore_with(job, &plans[0], selection->complete);

    if (tally.hits > 0 && tally.failures == 0
        && (selection->complete || why_harmless(job) == NULL)) {
        tally = explore_with(job, &plans[1], selection->complete);
    }
    return tally;
}

static bool exists(const struct mutation *mutation)
{
    if (mutation->role == OTTER_AREA_STATUS || mutation->target >= TARGET_NOTES) {
        return mutation->role == OTTER_AREA_STATUS && mutation->target == TARGET_NOTES;
    }
    return mutation->kind == OTTER_SIM_PROGRAM
               ? mutation->target != TARGET_TAIL
               : mutation->target == TARGET_TAIL || mutation->target == TARGET_IMAGE;
}

static void add_mutant(const struct subject *subject, const struct mutation *mutation)
{
    if (job_count == MUTANTS_MAX) {
        abort();
    }
    jobs[job_count++] = (struct mutant_job){ subject, *mutation };
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

        if (exists(&mutation)) {
            add_mutant(subject, &mutation);
        }
    }
}

/* What going back to the golden image does. */
static void add_mutants_of_restore(const struct subject *subject)
{
    static const struct {
        enum otter_area_role role;
        enum target target;
        enum otter_sim_operation_kind kind;
    } steps[] = {
        { OTTER_AREA_RECOVERY, TARGET_RECORD, OTTER_SIM_ERASE },
        { OTTER_AREA_RECOVERY, TARGET_BEGUN, OTTER_SIM_PROGRAM },
        { OTTER_AREA_RECOVERY, TARGET_SETTLED, OTTER_SIM_PROGRAM },
        { OTTER_AREA_PRIMARY, TARGET_TAIL, OTTER_SIM_ERASE },
        { OTTER_AREA_PRIMARY, TARGET_IMAGE, OTTER_SIM_ERASE },
        { OTTER_AREA_PRIMARY, TARGET_IMAGE, OTTER_SIM_PROGRAM },
        { OTTER_AREA_SECONDARY, TARGET_TAIL, OTTER_SIM_ERASE },
        { OTTER_AREA_SCRATCH, TARGET_TAIL, OTTER_SIM_ERASE },
        { OTTER_AREA_STATUS, TARGET_NOTES, OTTER_SIM_ERASE },
    };

    for (size_t i = 0; i < DEVIATIONS * sizeof steps / sizeof steps[0]; i++) {
        add_mutant(subject, &(struct mutation){ .role = steps[i / DEVIATIONS].role,
                                                .target = steps[i / DEVIATIONS].target,
                                                .kind = steps[i / DEVIATIONS].kind,
                                                .deviation = (enum deviation)(i % DEVIATIONS),
                                                .of_restore = true });
    }
}

static void choose_mutants(const struct selection *selection)
{
    static const enum otter_area_role roles[] = { OTTER_AREA_PRIMARY, OTTER_AREA_SECONDARY,
                                                  OTTER_AREA_SCRATCH, OTTER_AREA_STATUS };

    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        if (selection->only.subject == NULL || selection->only.subject == s) {
            add_mutant(s, &(struct mutation){ .deviation = TRUSTING });
            for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
                add_mutants_of(s, roles[i]);
            }
            if (!s->in_place) {
                add_mutants_of_restore(s);
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

    printf("%-17s %-56s ", otter_strategy_name(job->subject->strategy),
           mutation_text(&job->mutation, text, sizeof text));
    if (tally->failures == 0) {
        printf("%s%s\n", why == NULL ? "FAILED: not seen" : "harmless: ", why == NULL ? "" : why);
    } else {
        printf("%s%s\n", seen[tally->cuts_bad],
               why == NULL ? "" : "; FAILED: it is listed as harmless");
    }
    return (tally->failures == 0) == (why != NULL);
}

/* @return whether every mutation of the strategy that makes a difference came out as it must, and there
 *         are as many as there should be */
static bool report_on(const struct subject *subject)
{
    bool good = true;
    uint32_t count = 0;

    for (uint32_t i = 0; i < job_count; i++) {
        if (jobs[i].subject == subject && tallies[i].hits > 0) {
            good = report(&jobs[i], &tallies[i]) && good;
            count++;
        }
    }
    printf("%-17s %u ways to break it\n", otter_strategy_name(subject->strategy), (unsigned)count);
    if (count < subject->mutations_minimum) {
        printf("FAILED: there must be %u at least\n", (unsigned)subject->mutations_minimum);
    }
    return good && count >= subject->mutations_minimum;
}

bool selftest_run(struct selection *selection, uint32_t workers)
{
    bool good;

    matrix_choose(selection);
    choose_mutants(selection);
    good = jobs_run(explore_mutant, selection, job_count, workers, tallies);
    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        if (selection->only.subject == NULL || selection->only.subject == s) {
            good = report_on(s) && good;
        }
    }
    return good;
}
