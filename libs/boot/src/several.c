/* SPDX-License-Identifier: Apache-2.0 */

/* Several images as one set: what belongs together says so with dependencies, and no set is ever
 * started, nor a move begun that would lead to one, in which a dependency is not met.
 *
 * All or none, also across cuts: everything that is due is judged before anything is moved; no flag
 * ends a move before all moves are made; a move without its last flags is found by the next boot,
 * which then makes the moves that are still missing. docs/formats/several-images.md has the rules. */

#include "set.h"

/* ---- what earlier boots have left ----------------------------------------------------------- */

/* The set shares one scratch area, and a move that ends clears it: whose record is there goes first.
 * A revert that is only announced there may have no other record any more. */
static void resume(struct otter_set *set, bool in_scratch)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (course->move.status_in_scratch == in_scratch
            && (in_scratch || otter_course_is_interrupted(course))) {
            otter_course_judge(course);
            otter_course_run(course);
        }
    }
}

/* @return OTTER_OK, also if a move cannot be finished; OTTER_ERR_FLASH if a primary cannot be read */
static enum otter_result finish_what_was_begun(struct otter_set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        const enum otter_result result = otter_course_find(course);

        if (result != OTTER_OK) {
            return result;
        }
    }
    resume(set, true);
    resume(set, false);
    return OTTER_OK;
}

/* ---- acting --------------------------------------------------------------------------------- */

/* @return false at the first move that fails: the rest is left to the next boot */
static bool run(struct otter_set *set, bool forward)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (otter_set_is_forward(course->move.type) == forward && !course->move_is_whole) {
            otter_course_run(course);
            if (course->move.type != OTTER_SWAP_NONE && !course->move_is_whole) {
                return false;
            }
        }
    }
    return true;
}

/* Reverts first: a move forward that is found without them shows a set that is not complete. */
static void act(struct otter_set *set)
{
    if (run(set, false)) {
        (void)run(set, true);
    }
}

static enum otter_result judge_dependencies(struct otter_set *set)
{
    const struct otter_boot_course *discontent = otter_set_find_discontent(set);
    const enum otter_result obstacle = otter_set_find_obstacle(set);
    const enum otter_result reason = obstacle == OTTER_OK ? OTTER_ERR_DEPENDENCY : obstacle;

    if (discontent == NULL) {
        return OTTER_OK;
    }
    otter_course_tell(discontent, OTTER_BOOT_INVALID, reason, NULL);
    return reason;
}

/* @return OTTER_OK if every image is good and every dependency met */
static enum otter_result judge(struct otter_set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        const enum otter_result result = otter_course_judge_program(course);

        if (result != OTTER_OK) {
            return result;
        }
    }
    return judge_dependencies(set);
}

/* @return false if an image may not be as it was judged */
static bool end(struct otter_set *set, bool is_good)
{
    bool is_untouched = true;

    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        is_untouched = otter_course_end(course, is_good) == OTTER_OK && is_untouched;
    }
    return is_untouched;
}

/* Whatever was begun comes first. As long as it cannot be finished, nothing else is begun: then it only
 * remains to see whether what is there is whole. Nor is a move ended while others are missing. */
static enum otter_result go_once(struct otter_set *set)
{
    enum otter_result result;
    bool is_stuck;

    set->is_settled = false;
    result = finish_what_was_begun(set);
    if (result != OTTER_OK) {
        return result;
    }
    is_stuck = otter_set_find_obstacle(set) != OTTER_OK;
    if (!is_stuck) {
        otter_set_decide(set);
        act(set);
    }
    set->is_settled = true;
    result = judge(set);
    is_stuck = is_stuck || (result != OTTER_OK && otter_set_find_obstacle(set) != OTTER_OK);
    return is_stuck || end(set, result == OTTER_OK) ? result : judge(set);
}

static bool can_go_back(struct otter_set *set)
{
    bool can = false;

    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        can = otter_course_can_go_back(course) || can;
    }
    return can;
}

static enum otter_result go_by_moving(struct otter_set *set)
{
    const enum otter_result result = go_once(set);

    return result != OTTER_OK && can_go_back(set) ? go_once(set) : result;
}

/* ---- in place ------------------------------------------------------------------------------- */

/* The chosen slot, as a bit for choose(). */
static unsigned slot_of(const struct otter_boot_course *course)
{
    return otter_boot_is_primary(&course->slots, &course->outcome->slot) ? 1u : 2u;
}

/* A program that asks for what the others are not is out of the question, and the search begins
 * again. */
static enum otter_result choose(struct otter_set *set)
{
    unsigned spurned[OTTER_BOOT_IMAGES_MAX] = { 0 };
    struct otter_boot_course *discontent = NULL;

    set->is_settled = true;
    do {
        for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
            const struct otter_boot_in_place *in_place = course->slots.config->strategy->in_place;
            const enum otter_result result =
                in_place->choose(course, spurned[course - set->courses]);

            if (result != OTTER_OK) {
                return discontent == NULL ? result : OTTER_ERR_DEPENDENCY;
            }
        }
        discontent = otter_set_find_discontent(set);
        if (discontent != NULL) {
            spurned[discontent - set->courses] |= slot_of(discontent);
        }
    } while (discontent != NULL);
    return OTTER_OK;
}

static enum otter_result go_in_place(struct otter_set *set)
{
    const enum otter_result result = choose(set);

    for (struct otter_boot_course *course = set->courses; result == OTTER_OK && course < set->end;
         course++) {
        course->slots.config->strategy->in_place->begin(course);
    }
    return result;
}

/* ---- the outcome ---------------------------------------------------------------------------- */

/* One image's part. The verdict has many bits, and is good only if all of them are. */
static void add_outcome(struct otter_boot_outcome *whole, const struct otter_boot_course *course)
{
    const struct otter_boot_outcome *part = course->outcome;
    const uint8_t image = course->slots.image;

    whole->verdict = (enum otter_verdict)((uint32_t)whole->verdict & (uint32_t)part->verdict);
    if (whole->swap_done == OTTER_SWAP_NONE) {
        whole->swap_done = part->swap_done;
    }
    if (part->swap_done != OTTER_SWAP_NONE) {
        whole->moved_images |= (uint8_t)(1u << image);
    }
    if (whole->refusal == OTTER_OK) {
        whole->refusal = part->refusal;
        whole->refused_image = part->refused_image;
        whole->refused_version = part->refused_version;
    }
    if (image > 0) {
        whole->other_versions[image - 1] = part->image.header.version;
    }
}

static void sum_up(const struct otter_set *set, struct otter_boot_outcome *outcome)
{
    *outcome = set->outcomes[0];
    outcome->image.area = &outcome->slot;
    for (const struct otter_boot_course *course = set->courses; course < set->end; course++) {
        add_outcome(outcome, course);
    }
}

static enum otter_result open_all(struct otter_set *set, const struct otter_boot_config *config,
                                  const struct otter_boot_outcome *nothing_yet)
{
    enum otter_result result = OTTER_OK;

    set->end = set->courses;
    while (result == OTTER_OK && set->end < set->courses + config->layout->image_count) {
        const uint8_t image = (uint8_t)(set->end - set->courses);

        set->outcomes[image] = *nothing_yet;
        result = otter_course_open(set->end++, config, image, &set->outcomes[image]);
    }
    return result;
}

static enum otter_result go(const struct otter_boot_config *config,
                            struct otter_boot_outcome *outcome)
{
    struct otter_set set;
    enum otter_result result;

    if (config->layout->image_count == 0 || config->layout->image_count > OTTER_BOOT_IMAGES_MAX) {
        return OTTER_ERR_ARGUMENT;
    }
    result = open_all(&set, config, outcome);
    if (result == OTTER_OK) {
        result = config->strategy->in_place == NULL ? go_by_moving(&set) : go_in_place(&set);
    }
    sum_up(&set, outcome);
    if (result != OTTER_OK) {
        outcome->verdict = OTTER_VERDICT_BAD;
    }
    return result;
}

const struct otter_boot_several otter_boot_several = { .go = go };
