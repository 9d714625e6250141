/* SPDX-License-Identifier: Apache-2.0 */

/* The search: every state that a cut can leave a device in, and what comes of it. */
#ifndef OTTER_POWERCUT_EXPLORE_H
#define OTTER_POWERCUT_EXPLORE_H

#include "mutation.h"
#include "powercut.h"

/** How thoroughly to look. */
struct plan {
    uint8_t cuts; /**< in a row */
    /** Of each damage, by how many cuts went before; 0: leave it out. Those that are also tried after one
     * more cut are followed by another. */
    uint8_t seeds[CUTS_MAX][OTTER_SIM_ALL_DAMAGES];
    /** Of the operations after so many cuts, one in so many is tried; 1: each. */
    uint32_t one_in[CUTS_MAX];
    uint64_t seed;     /**< draws the sample */
    bool every_damage; /**< also those that the strategy is not known to survive */
};

/** What was looked at. */
struct tally {
    uint64_t cuts[CUTS_MAX]; /**< cuts tried, by how many went before */
    uint64_t states;         /**< different states that they left */
    uint64_t failures;
    uint64_t hits;     /**< so often the mutation made a difference */
    uint32_t cuts_bad; /**< it took so many cuts to find the first failure */
};

/** Try the cuts of @p plan on @p story. Failures are printed with their replays.
 *
 *  @param mutation  what is broken on purpose: then nothing is printed, and the first failure is
 *                   enough; NULL: nothing */
struct tally explore(const struct story *story, const struct plan *plan,
                     const struct mutation *mutation);

/** Tell one story with these cuts, reset by reset.
 *
 *  @return whether everything held */
bool replay(const struct story *story, const struct cut *cuts, uint32_t count);

#endif
