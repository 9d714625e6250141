/* SPDX-License-Identifier: Apache-2.0 */

/* One image on its way through one boot: what boot.c does for a single image, and several.c for a
 * set. The functions are called in the order in which they stand here. */
#ifndef OTTER_BOOT_COURSE_H
#define OTTER_BOOT_COURSE_H

#include "strategy.h"

struct otter_boot_course {
    struct otter_boot_slots slots;
    struct otter_boot_outcome *outcome; /* what happens on the way is written here as it happens */
    struct otter_boot_move move;        /* what this boot moves; type NONE: nothing */
    const char *because;                /* why it is due */
    bool move_is_whole;                 /* it ran to its end */
    enum otter_result obstacle; /* why it did not, or why nobody knows whether there is one */
    struct otter_image update;  /* what is to be moved in; known once it was judged */
    bool tries_again;           /* a trial that is not confirmed gets another attempt */
    /* Set by the caller, before otter_course_decide(): */
    bool is_out_of_patience;       /* a trial that is not confirmed gets no other attempt */
    const char *no_revert_because; /* NULL: nothing stands in the way of one */
};

/** Make the slots of one image ready. Trouble with any but the primary is left for later.
 *
 *  @param outcome  in which nothing has happened yet; borrowed
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT, OTTER_ERR_FLASH */
enum otter_result otter_course_open(struct otter_boot_course *course,
                                    const struct otter_boot_config *config, uint8_t image,
                                    struct otter_boot_outcome *outcome);

/** Find out what an earlier boot has left unfinished: from now on, that is the move. */
enum otter_result otter_course_find(struct otter_boot_course *course);

/** Was the move begun before a cut? Then there is nothing to decide, and nobody can judge images
 * that lie in pieces. */
static inline bool otter_course_is_interrupted(const struct otter_boot_course *course)
{
    return course->move.steps > 0;
}

/** Decide what is due, going by the trailers alone. */
void otter_course_decide(struct otter_boot_course *course);

/** Everything that could speak against the move, before anything is erased for it. If something
 * does, it is refused, and there is no move. One that was interrupted was judged before. */
void otter_course_judge(struct otter_boot_course *course);

/** The judgement alone: what speaks against the move, if anything. Sets the update and the bytes to move.
 *
 *  @return OTTER_OK, or what speaks against it */
enum otter_result otter_course_judge_update(struct otter_boot_course *course);

/** Give up the move that is due, for @p reason. A refused image stays for whoever wants to look at
 * it; its request goes if there is no hope for it. */
void otter_course_refuse(struct otter_boot_course *course, enum otter_result reason);

/** Make the move, or the rest of it, if there is one. If that fails, the next boot will try again, and
 * this one goes on: what is in the primary slot is verified and will tell. */
void otter_course_run(struct otter_boot_course *course);

/** Judge the program in the primary slot.
 *
 *  @return as otter_boot_go(); the verdict is in the outcome. If there is an obstacle, that is why
 *          the program is not good */
enum otter_result otter_course_judge_program(struct otter_boot_course *course);

/** Name the program in the outcome's slot as the one to start, if it verifies.
 *
 *  @return OTTER_OK, or why not */
enum otter_result otter_course_verify_program(struct otter_boot_course *course);

/** End the move, now that it is known whether what there is to start is good. A move that did not run
 * to its end, or whose last flags cannot be written, is left to the next boot.
 *
 *  @return OTTER_OK if the primary's image lies untouched since it was judged */
enum otter_result otter_course_end(struct otter_boot_course *course, bool is_good);

/** Can a second round do better, after the program was found bad? What did not survive its move
 * is reverted at once, not after a reset. */
bool otter_course_can_go_back(struct otter_boot_course *course);

/** Report an event of the move that is due or was made.
 *
 *  @param version  of the image that the event is about; NULL: of none */
void otter_course_tell(const struct otter_boot_course *course, enum otter_boot_event_kind kind,
                       enum otter_result result, const struct otter_version *version);

/** Rules about images, named by a configuration (downgrade.c). */
struct otter_downgrade_rule {
    bool (*forbids)(const struct otter_image *running, const struct otter_image *update);
};

/** More than one attempt for a trial (attempts.c). */
struct otter_boot_attempts {
    /** Give the trial of the program in the primary slot another attempt, instead of a revert.
     *
     *  @return why, or NULL if it had all its attempts */
    const char *(*give)(struct otter_boot_course *course);
    /** Has a trial an attempt left?
     *
     *  @param note  the slot whose trailer keeps the count */
    bool (*are_left)(const struct otter_boot_slots *slots, const struct otter_area *note);
    /** Count an attempt, before it begins. */
    enum otter_result (*count)(const struct otter_boot_slots *slots, const struct otter_area *note);
    /** Is there room to count? */
    bool (*fit)(const struct otter_boot_slots *slots, const struct otter_area *note);
};

/** Several images as one set (several.c). */
struct otter_boot_several {
    enum otter_result (*go)(const struct otter_boot_config *config,
                            struct otter_boot_outcome *outcome);
};

#endif
