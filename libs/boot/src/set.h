/* SPDX-License-Identifier: Apache-2.0 */

/* Several images on their way through one boot, as several.c leads them. */
#ifndef OTTER_BOOT_SET_H
#define OTTER_BOOT_SET_H

#include "course.h"

struct otter_set {
    struct otter_boot_course courses[OTTER_BOOT_IMAGES_MAX];
    struct otter_boot_outcome outcomes[OTTER_BOOT_IMAGES_MAX];
    struct otter_boot_course *end; /* one past the last */
    bool is_settled; /* nothing more is moved: what the outcomes hold is what will be started */
};

/** Does a move of @p type bring something new? */
static inline bool otter_set_is_forward(enum otter_swap_type type)
{
    return type == OTTER_SWAP_TEST || type == OTTER_SWAP_PERM;
}

/** Look for an image with a dependency that is not met, once the moves that are due are made
 * (set_dependencies.c).
 *
 *  @return its course, or NULL */
struct otter_boot_course *otter_set_find_discontent(struct otter_set *set);

/** Look for a move that could not be finished, or a request that could not be read.
 *
 *  @return why, or OTTER_OK */
enum otter_result otter_set_find_obstacle(const struct otter_set *set);

/** Decide for each image what is due, judge it, and give up or add moves until no dependency is left
 * unmet (set_terms.c). Moves that were finished in this boot stay. */
void otter_set_decide(struct otter_set *set);

#endif
