/* SPDX-License-Identifier: Apache-2.0 */

/* Several images as one set: what belongs together says so with dependencies, and no set is ever
 * started, nor a move begun that would lead to one, in which a dependency is not met.
 *
 * All or none, also across cuts: everything that is due is judged before anything is moved; no flag
 * ends a move before all moves are made; a move without its last flags is found by the next boot,
 * which then makes the moves that are still missing. docs/formats/several-images.md has the rules. */

#include "course.h"
#include "otter/bytes.h"

#define DEPENDENCY_SIZE 12u

struct set {
    struct otter_boot_course courses[OTTER_BOOT_IMAGES_MAX];
    struct otter_boot_outcome outcomes[OTTER_BOOT_IMAGES_MAX];
    struct otter_boot_course *end; /* one past the last */
    bool is_settled; /* nothing more is moved: what the outcomes hold is what will be started */
};

/* ---- dependencies --------------------------------------------------------------------------- */

struct dependency {
    uint8_t image;
    struct otter_version at_least;
};

/* @return OTTER_OK, OTTER_ERR_NOT_FOUND after the last one, OTTER_ERR_DEPENDENCY if it is malformed,
 *         OTTER_ERR_IMAGE_TLV, OTTER_ERR_FLASH */
static enum otter_result next_dependency(struct otter_tlv_iterator *iterator,
                                         struct dependency *dependency)
{
    uint8_t bytes[DEPENDENCY_SIZE];
    struct otter_tlv tlv;
    enum otter_result result;

    do {
        result = otter_tlv_next(iterator, &tlv);
    } while (result == OTTER_OK && (tlv.type != OTTER_TLV_DEPENDENCY || !tlv.is_protected));
    if (result == OTTER_OK && tlv.size != sizeof bytes) {
        return OTTER_ERR_DEPENDENCY;
    }
    if (result == OTTER_OK) {
        result = otter_area_read(iterator->image->area, tlv.offset, bytes, sizeof bytes);
    }
    if (result == OTTER_OK) {
        *dependency = (struct dependency){
            .image = bytes[0],
            .at_least = { .major = bytes[4],
                          .minor = bytes[5],
                          .revision = otter_load_le16(bytes + 6),
                          .build = otter_load_le32(bytes + 8) },
        };
    }
    return result;
}

/* The program that will run once the move that is due is made. */
static enum otter_result open_prospect(const struct set *set,
                                       const struct otter_boot_course *course,
                                       struct otter_image *image)
{
    if (set->is_settled) {
        *image = course->outcome->image;
        return OTTER_OK;
    }
    if (course->move.type != OTTER_SWAP_NONE && !course->move_is_whole) {
        *image = course->update;
        return OTTER_OK;
    }
    return otter_image_open(&course->slots.primary, 0, course->slots.primary.size, image);
}

static bool is_met(const struct set *set, const struct dependency *dependency)
{
    struct otter_image other;

    return dependency->image < set->end - set->courses
           && open_prospect(set, &set->courses[dependency->image], &other) == OTTER_OK
           && otter_version_compare(&other.header.version, &dependency->at_least) >= 0;
}

/* A slot without an image depends on nothing; whether it may be empty is not asked here. */
static bool is_content(const struct set *set, const struct otter_boot_course *course)
{
    struct otter_tlv_iterator iterator;
    struct dependency dependency;
    struct otter_image image;
    enum otter_result result;

    if (open_prospect(set, course, &image) != OTTER_OK) {
        return true;
    }
    otter_tlv_begin(&iterator, &image);
    while ((result = next_dependency(&iterator, &dependency)) == OTTER_OK) {
        if (!is_met(set, &dependency)) {
            return false;
        }
    }
    return result == OTTER_ERR_NOT_FOUND;
}

/* @return an image with a dependency that is not met, or NULL */
static struct otter_boot_course *find_discontent(struct set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (!is_content(set, course)) {
            return course;
        }
    }
    return NULL;
}

/* ---- what earlier boots have left ----------------------------------------------------------- */

static bool is_forward(enum otter_swap_type type)
{
    return type == OTTER_SWAP_TEST || type == OTTER_SWAP_PERM;
}

/* The set shares one scratch area, and a move that ends clears it: whose record is there goes first.
 * A revert that is only announced there may have no other record any more. */
static void resume(struct set *set, bool in_scratch)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (course->move.status_in_scratch == in_scratch
            && (in_scratch || otter_course_is_interrupted(course))) {
            otter_course_judge(course);
            otter_course_run(course);
        }
    }
}

/* @return OTTER_OK, OTTER_ERR_FLASH if a move cannot be finished: then nothing else may be begun */
static enum otter_result finish_what_was_begun(struct set *set)
{
    enum otter_result result = OTTER_OK;

    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        result = otter_course_find(course);
        if (result != OTTER_OK) {
            return result;
        }
    }
    resume(set, true);
    resume(set, false);
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (otter_course_is_interrupted(course) && !course->move_is_whole) {
            result = OTTER_ERR_FLASH;
        }
    }
    return result;
}

/* ---- deciding for all of them --------------------------------------------------------------- */

static bool goes_forward(const struct set *set)
{
    for (const struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (is_forward(course->move.type)) {
            return true;
        }
    }
    return false;
}

static void decide_each(struct set *set)
{
    /* Moves that an earlier boot began go forward: the trial of those that are done has not begun. */
    const bool is_incomplete = goes_forward(set);

    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        course->no_revert_because =
            is_incomplete ? "the trial begins when its set is complete" : NULL;
        if (!course->move_is_whole) {
            otter_course_decide(course);
        }
    }
}

/* Something new ends the patience with what is still on trial: who is to depend on whom must be known
 * now. */
static void lose_patience(struct set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (course->tries_again) {
            course->is_out_of_patience = true;
            otter_course_decide(course);
        }
    }
}

static void hold_requests(struct set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (is_forward(course->move.type) && !course->move_is_whole) {
            otter_course_refuse(course, OTTER_ERR_DEPENDENCY);
        }
    }
}

/* Was the program moved here together with its old one, which is then in the secondary slot? */
static bool came_by_exchange(const struct otter_boot_course *course)
{
    struct otter_trailer own;

    otter_trailer_read(&course->slots.primary, &course->slots.shape, &own);
    return course->slots.config->strategy->exchanges && own.magic == OTTER_FLAG_SET
           && own.copy_done == OTTER_FLAG_SET && is_forward(own.swap_type);
}

/* Its set falls apart, so the program goes back as well, whether it was confirmed or not. */
static bool go_back(struct otter_boot_course *course)
{
    if (course->move.type == OTTER_SWAP_REVERT) {
        return false;
    }
    if (course->move_is_whole) {
        (void)otter_course_end(course, false);
        course->move_is_whole = false;
    }
    if (!came_by_exchange(course)) {
        return false;
    }
    course->tries_again = false;
    course->move = (struct otter_boot_move){ .type = OTTER_SWAP_REVERT };
    otter_course_judge(course);
    return course->move.type == OTTER_SWAP_REVERT;
}

static void stand_still(struct set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (!course->move_is_whole) {
            course->move.type = OTTER_SWAP_NONE;
        }
    }
}

/* First without what is new; then with more and more images going back; in the end as it is. */
static void come_to_terms(struct set *set)
{
    struct otter_boot_course *discontent = find_discontent(set);

    if (discontent != NULL) {
        hold_requests(set);
        discontent = find_discontent(set);
    }
    while (discontent != NULL && go_back(discontent)) {
        discontent = find_discontent(set);
    }
    if (discontent != NULL) {
        stand_still(set);
    }
}

static void decide(struct set *set)
{
    decide_each(set);
    if (goes_forward(set)) {
        lose_patience(set);
    }
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (!course->move_is_whole) {
            otter_course_judge(course);
        }
    }
    come_to_terms(set);
}

/* ---- acting --------------------------------------------------------------------------------- */

/* @return false at the first move that fails: the rest is left to the next boot */
static bool run(struct set *set, bool forward)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (is_forward(course->move.type) == forward && !course->move_is_whole) {
            otter_course_run(course);
            if (course->move.type != OTTER_SWAP_NONE && !course->move_is_whole) {
                return false;
            }
        }
    }
    return true;
}

/* Reverts first: a move forward that is found without them shows a set that is not complete. */
static void act(struct set *set)
{
    if (run(set, false)) {
        (void)run(set, true);
    }
}

/* @return OTTER_OK if every image is good and every dependency met */
static enum otter_result judge(struct set *set)
{
    const struct otter_boot_course *discontent;

    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        const enum otter_result result = otter_course_judge_program(course);

        if (result != OTTER_OK) {
            return result;
        }
    }
    discontent = find_discontent(set);
    if (discontent != NULL) {
        otter_course_tell(discontent, OTTER_BOOT_INVALID, OTTER_ERR_DEPENDENCY, NULL);
        return OTTER_ERR_DEPENDENCY;
    }
    return OTTER_OK;
}

/* @return false if an image may not be as it was judged */
static bool end(struct set *set, bool is_good)
{
    bool is_untouched = true;

    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        is_untouched = otter_course_end(course, is_good) == OTTER_OK && is_untouched;
    }
    return is_untouched;
}

static enum otter_result go_once(struct set *set)
{
    enum otter_result result;

    set->is_settled = false;
    result = finish_what_was_begun(set);
    if (result != OTTER_OK) {
        return result;
    }
    decide(set);
    act(set);
    set->is_settled = true;
    result = judge(set);
    return end(set, result == OTTER_OK) ? result : judge(set);
}

static bool can_go_back(struct set *set)
{
    bool can = false;

    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        can = otter_course_can_go_back(course) || can;
    }
    return can;
}

static enum otter_result go_by_moving(struct set *set)
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
static enum otter_result choose(struct set *set)
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
        discontent = find_discontent(set);
        if (discontent != NULL) {
            spurned[discontent - set->courses] |= slot_of(discontent);
        }
    } while (discontent != NULL);
    return OTTER_OK;
}

static enum otter_result go_in_place(struct set *set)
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

static void sum_up(const struct set *set, struct otter_boot_outcome *outcome)
{
    *outcome = set->outcomes[0];
    outcome->image.area = &outcome->slot;
    for (const struct otter_boot_course *course = set->courses; course < set->end; course++) {
        add_outcome(outcome, course);
    }
}

static enum otter_result open_all(struct set *set, const struct otter_boot_config *config,
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
    struct set set;
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
