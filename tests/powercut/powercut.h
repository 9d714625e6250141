/* SPDX-License-Identifier: Apache-2.0 */

/* The power-cut test: the real bootloader on the simulated flash, cut at every operation. */
#ifndef OTTER_POWERCUT_H
#define OTTER_POWERCUT_H

#include "test_board.h"

/** What the running programs do: the user's side of the story. */
struct scenario {
    const char *name;
    const struct otter_strategy *strategy;
    bool permanent;        /* the update is requested for good */
    bool confirms;         /* the new program confirms itself */
    bool padded;           /* the old program was programmed with a trailer, as imgtool pads it */
    bool after_revert;     /* an update was tried and reverted before */
    bool update_is_forged; /* it must be refused */
    uint8_t old_key_size;  /* 16 or 32: the old program came encrypted; 0: it did not */
    uint8_t new_key_size;  /* the same of the update, and of the one after it */
    bool ends_with_update; /* which program must run in the end */
};

/** Ended by one without a name. */
extern const struct scenario scenarios[];

const struct scenario *scenario_find(const char *name);

/** How much of the largest possible image the programs take, in quarters; 0: next to nothing. Only
 * the largest reach into the sectors that hold the trailer. */
struct sizes {
    const char *name;
    uint8_t old_quarters;
    uint8_t new_quarters;
};

/** Ended by one without a name. */
extern const struct sizes all_sizes[];

const struct sizes *sizes_find(const char *name);

/** A planned loss of power. */
struct cut {
    uint32_t at; /* operation, from 1; of the second cut: counted from the first one. 0: no cut */
    enum otter_sim_damage damage;
};

/** One run: a scenario on a board, with up to two cuts. */
struct trial {
    const struct scenario *scenario;
    const struct otter_test_geometry *geometry;
    const struct sizes *sizes;
    struct cut cuts[2];
    uint64_t seed;
};

struct findings {
    const char *failure;           /* NULL: everything held */
    uint32_t operations;           /* until everything settled, without cuts */
    uint32_t operations_after_cut; /* after the first cut, until everything settled */
    uint32_t resets;
    struct otter_sim_counters moves; /* what all devices did */
    uint32_t worst_erases;           /* of the most erased sector */
};

/** @return what was found; the same every time for equal trials */
struct findings run_trial(const struct trial *trial);

/** Print the line that replays @p trial. */
void print_replay(const struct trial *trial);

#endif
