/* SPDX-License-Identifier: Apache-2.0 */

/* A hash table with open addressing. Two states with one key would hide one of them: with a million
 * states and 64 bits the odds are one in thirty million. */

#include "states.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024u

static struct state *allocate(size_t room)
{
    struct state *slots = calloc(room, sizeof *slots);

    if (slots == NULL) {
        abort();
    }
    return slots;
}

void states_clear(struct states *states)
{
    states_free(states);
    states->room = ROOM_FIRST;
    states->slots = allocate(ROOM_FIRST);
}

void states_free(struct states *states)
{
    free(states->slots);
    *states = (struct states){ 0 };
}

static struct state *slot_for(struct state *slots, size_t room, uint64_t key)
{
    size_t at = key & (room - 1);

    while (slots[at].is_used && slots[at].key != key) {
        at = (at + 1) & (room - 1);
    }
    return &slots[at];
}

static void grow(struct states *states)
{
    const size_t room = states->room * 2;
    struct state *slots = allocate(room);

    for (size_t i = 0; i < states->room; i++) {
        if (states->slots[i].is_used) {
            *slot_for(slots, room, states->slots[i].key) = states->slots[i];
        }
    }
    free(states->slots);
    states->slots = slots;
    states->room = room;
}

struct state *states_at(struct states *states, uint64_t key)
{
    struct state *state;

    if (states->used * 2 >= states->room) {
        grow(states);
    }
    state = slot_for(states->slots, states->room, key);
    if (!state->is_used) {
        state->is_used = true;
        state->key = key;
        states->used++;
    }
    return state;
}
