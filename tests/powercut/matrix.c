/* SPDX-License-Identifier: Apache-2.0 */

#include "matrix.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct matrix matrix;

static bool is_on(const struct story *story, const char *const boards[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (story->geometry == geometry_find(boards[i])) {
            return true;
        }
    }
    return false;
}

/* Sets and several attempts add flags to a move, not steps. */
static bool is_elaborate(const struct story *story)
{
    return story_image_count(story) > 1 || story_attempts(story) > 1;
}

/* A restore is the same copy whatever the strategy was and the sizes are. So all strategies are looked at
 * only where a single byte can be torn, where slots have one sector, and where the golden area
 * is external; elsewhere, the one with most areas is, without an update before. */
static bool is_quick_restore(const struct story *story)
{
    static const char *const boards[] = { "unit1", "unit8", "one-sector", "mixed-erased" };

    if (story->sizes != sizes_find("half")) {
        return false;
    }
    return is_on(story, boards, COUNT(boards))
           || (story->subject->strategy == &otter_swap_status && story->scenario->moves == 0);
}

/* The sizes between the extremes differ little from one geometry to the next: a quick run looks at
 * them in one geometry. Encryption changes no step of a move, and its programs are slow to check: of
 * these, only the largest are looked at elsewhere, where the secondary slot is external. What a slow
 * strategy does with full images it does with all others, and on "nested" what it does on "nested-wide". */
static bool is_quick(const struct story *story)
{
    if (!story_is_small(story)) {
        return false;
    }
    if (story_has_golden(story)) {
        return is_quick_restore(story);
    }
    if (is_elaborate(story)) {
        return story->geometry == geometry_find("unit8") && story->sizes == sizes_find("half");
    }
    if (story->geometry == geometry_find("unit8")) {
        return true;
    }
    if (story->subject->is_slow && story->geometry == geometry_find("nested-wide")) {
        return false;
    }
    if (story_has_encryption(story)) {
        return story->sizes == sizes_find("full") && story->geometry->external_sector_size != 0;
    }
    return story->sizes == sizes_find("full")
           || (story->sizes == sizes_find("half") && !story->subject->is_slow);
}

/* Copies of large sectors take most of the time of a complete run: images that fill the slot, and half of
 * it, have to do there. */
static bool is_complete(const struct story *story)
{
    return story_is_small(story) || story->sizes == sizes_find("full")
           || story->sizes == sizes_find("half");
}

/* What other sizes add to a story, or more than two images, is more steps of the same kinds: pairs are tried
 * with images that leave a sector free, which take fewest operations, and with those that reach into the
 * sector of the trailer. Sets, several attempts, encryption and restores add writes that do not depend on
 * the board: where moves are long, and for the largest images, the plain stories have to do. */
static bool has_every_pair_elsewhere(const struct story *story)
{
    static const char *const with_long_moves[] = { "small-sectors", "unit512" };
    const bool is_plain =
        !is_elaborate(story) && !story_has_encryption(story) && !story_has_golden(story);

    if (story->sizes == sizes_find("half")) {
        return is_plain || !is_on(story, with_long_moves, COUNT(with_long_moves));
    }
    return story->sizes == sizes_find("full") && is_plain;
}

/* On one board, in nearly all stories. */
bool matrix_has_every_pair(const struct story *story)
{
    if (story_image_count(story) > 2 && story->sizes != sizes_find("half")) {
        return false;
    }
    return story_is_small(story)
           && (story->geometry == geometry_find("unit8")
               || (story_image_count(story) <= 2 && has_every_pair_elsewhere(story)));
}

bool matrix_story_is_like(const struct story *story, const struct story *only)
{
    return (only->subject == NULL || only->subject == story->subject)
           && (only->scenario == NULL || only->scenario == story->scenario)
           && (only->geometry == NULL || only->geometry == story->geometry)
           && (only->sizes == NULL || only->sizes == story->sizes);
}

static bool is_wanted(const struct selection *selection, const struct story *story)
{
    return matrix_story_is_like(story, &selection->only)
           && (selection->complete ? is_complete(story) : is_quick(story))
           && story_is_possible(story);
}

static void add(const struct story *story)
{
    if (matrix.count == STORIES_MAX) {
        fprintf(stderr, "powercut: more than %u stories\n", STORIES_MAX);
        exit(2);
    }
    matrix.stories[matrix.count++] = *story;
}

static void add_stories_on(const struct selection *selection,
                           const struct otter_test_geometry *geometry)
{
    for (const struct subject *s = subjects; s->strategy != NULL; s++) {
        for (const struct scenario *c = scenarios; c->name != NULL; c++) {
            for (const struct sizes *z = all_sizes; z->name != NULL; z++) {
                const struct story story = {
                    .subject = s, .scenario = c, .geometry = geometry, .sizes = z
                };

                if (is_wanted(selection, &story)) {
                    add(&story);
                }
            }
        }
    }
}

/* Neighbours take about the same time, so every shard gets its share of what is slow. */
static void keep_shard(const struct selection *selection)
{
    uint32_t kept = 0;

    for (uint32_t i = selection->shard; i < matrix.count; i += selection->shards) {
        matrix.stories[kept++] = matrix.stories[i];
    }
    matrix.count = kept;
}

/* The large ones first: they take longest, and nobody should wait for the last of them. */
void matrix_choose(const struct selection *selection)
{
    matrix.count = 0;
    for (const struct otter_test_geometry *g = large_geometries; g->name != NULL; g++) {
        add_stories_on(selection, g);
    }
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        add_stories_on(selection, g);
    }
    if (selection->shards > 1) {
        keep_shard(selection);
    }
}
