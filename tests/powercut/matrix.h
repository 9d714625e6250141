/* SPDX-License-Identifier: Apache-2.0 */

/* Which stories there are. */
#ifndef OTTER_POWERCUT_MATRIX_H
#define OTTER_POWERCUT_MATRIX_H

#include "powercut.h"

#define STORIES_MAX 16384u

/** What somebody wants to see of the matrix. */
struct selection {
    struct story only; /**< NULL: all of them */
    bool complete;     /**< not just the quick ones */
    uint32_t shards;   /**< of all, one in so many; 0: all */
    uint32_t shard;    /**< and this one, from 0 */
};

struct matrix {
    struct story stories[STORIES_MAX];
    uint32_t count;
};

extern struct matrix matrix;

/** Have the stories everything in common that is not NULL in @p only? */
bool matrix_story_is_like(const struct story *story, const struct story *only);

/** Is every pair of cuts tried in a complete run, not just a sample? */
bool matrix_has_every_pair(const struct story *story);

/** Fill the matrix with all stories that are possible and selected. */
void matrix_choose(const struct selection *selection);

#endif
