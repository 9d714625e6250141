/* SPDX-License-Identifier: Apache-2.0 */

/* What is known about the states of a device that were met, by key. */
#ifndef OTTER_POWERCUT_STATES_H
#define OTTER_POWERCUT_STATES_H

#include <stddef.h>

#include "device.h"

/** A device that was about to be reset. */
struct state {
    uint64_t key;
    bool is_used;
    bool is_walked; /**< what follows without further cuts is known */
    bool is_bad;    /**< it was found to break a rule, which has been reported */
    uint8_t cuts;   /**< so many further cuts were tried everywhere from here on */
    uint8_t resets; /**< until nothing changes */
};

struct states {
    struct state *slots;
    uint8_t *wear; /* of each slot, as many sectors as the device has */
    size_t sector_count;
    size_t room; /* a power of 2 */
    size_t used;
};

/** Forget all; also what makes a zeroed struct ready.
 *
 *  @param sector_count  of the device */
void states_clear(struct states *states, size_t sector_count);
void states_free(struct states *states);

/** The state with this key; a new one if there was none. Good until the next call. */
struct state *states_at(struct states *states, uint64_t key);

/** The erases of each sector until nothing changes. */
uint8_t *states_wear(const struct states *states, const struct state *state);

#endif
