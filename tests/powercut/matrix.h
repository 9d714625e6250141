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
};

struct matrix {
    struct story stories[STORIES_MAX];
    uint32_t count;
};

extern struct matrix matrix;

/** Fill the matrix with all stories that are possible and selected. */
void matrix_choose(const struct selection *selection);

#endif
