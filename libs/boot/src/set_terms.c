/* SPDX-License-Identifier: Apache-2.0 */

/* Several images decide together: what is due for each of them, and how they come to terms if what would
 * come of it is not a set. docs/formats/several-images.md, "Decide" and "Come to terms". */

#include "set.h"

static bool goes_forward(const struct otter_set *set)
{
    for (const struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (otter_set_is_forward(course->move.type)) {
            return true;
        }
    }
    return false;
}

static void decide_each(struct otter_set *set)
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
static void lose_patience(struct otter_set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (course->tries_again) {
            course->is_out_of_patience = true;
            otter_course_decide(course);
        }
    }
}

static void hold_requests(struct otter_set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (otter_set_is_forward(course->move.type) && !course->move_is_whole) {
            otter_course_refuse(course, OTTER_ERR_DEPENDENCY);
        }
    }
}

/* Was the program moved here together with its old one, which is then in the secondary slot? */
static bool came_by_exchange(const struct otter_boot_course *course)
{
    struct otter_trailer own;

    otter_trailer_read(&course->slots.primary, &course->slots.shape, &own);
    return own.magic == OTTER_FLAG_SET && own.copy_done == OTTER_FLAG_SET
           && otter_set_is_forward(own.swap_type);
}

/* A move that was just made is ended, so that a cut finds a trial to be undone. */
static bool turn_round(struct otter_boot_course *course, const struct otter_boot_move *made)
{
    const struct otter_boot_move back = course->move;

    course->move = *made;
    (void)otter_course_end(course, false);
    course->move_is_whole = false;
    course->move = back;
    return came_by_exchange(course);
}

/* Its set falls apart, so the program goes back as well, whether it was confirmed or not; but not before it
 * is certain that there is something to go back to. */
static bool go_back(struct otter_boot_course *course)
{
    const struct otter_boot_move made = course->move;
    enum otter_result reason;

    if (made.type == OTTER_SWAP_REVERT || !course->slots.config->strategy->moves->exchanges
        || !(course->move_is_whole || came_by_exchange(course))) {
        return false;
    }
    course->move = (struct otter_boot_move){ .type = OTTER_SWAP_REVERT };
    reason = otter_course_judge_update(course);
    if (reason != OTTER_OK) {
        otter_course_refuse(course, reason);
        course->move = made;
        return false;
    }
    course->tries_again = false;
    return !course->move_is_whole || turn_round(course, &made);
}

static void stand_still(struct otter_set *set)
{
    for (struct otter_boot_course *course = set->courses; course < set->end; course++) {
        if (!course->move_is_whole) {
            course->move.type = OTTER_SWAP_NONE;
        }
    }
}

/* First without what is new; then with more and more images going back; in the end as it is. */
static void come_to_terms(struct otter_set *set)
{
    struct otter_boot_course *discontent = otter_set_find_discontent(set);

    if (discontent != NULL) {
        hold_requests(set);
        discontent = otter_set_find_discontent(set);
    }
    while (discontent != NULL && go_back(discontent)) {
        discontent = otter_set_find_discontent(set);
    }
    if (discontent != NULL) {
        stand_still(set);
    }
}

void otter_set_decide(struct otter_set *set)
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
