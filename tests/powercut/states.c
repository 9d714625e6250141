/* SPDX-License-Identifier: Apache-2.0 */

/* A hash table with open addressing. Two states with one key would hide one of them: with a million
 * states and 64 bits the odds are one in thirty million. */

#include "states.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024u

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        abort();
    }
    return memory;
}

static struct states make(size_t room, size_t sector_count)
{
    return (struct states){
        .slots = allocate(room, sizeof(struct state)),
        .wear = allocate(room, sector_count),
        .sector_count = sector_count,
        .room = room,
    };
}

void states_clear(struct states *states, size_t sector_count)
{
    states_free(states);
    *states = make(ROOM_FIRST, sector_count);
}

void states_free(struct states *states)
{
    free(states->slots);
    free(states->wear);
    *states = (struct states){ 0 };
}

uint8_t *states_wear(const struct states *states, const struct state *state)
{
    return states->wear + (size_t)(state - states->slots) * states->sector_count;
}

static struct state *slot_for(struct state *slots, size_t room, uint64_t key)
{
    size_t at = key & (room - 1);

    while (slots[at].is_used && slots[at].key != key) {
        at = (at + 1) & (room - 1);
    }
    return &slots[at];
}

static void take_over(struct states *states, const struct states *from, const struct state *state)
{
    struct state *slot = slot_for(states->slots, states->room, state->key);

    *slot = *state;
    memcpy(states_wear(states, slot), states_wear(from, state), states->sector_count);
}

static void grow(struct states *states)
{
    struct states larger = make(states->room * 2, states->sector_count);

    for (size_t i = 0; i < states->room; i++) {
        if (states->slots[i].is_used) {
            take_over(&larger, states, &states->slots[i]);
        }
    }
    larger.used = states->used;
    states_free(states);
    *states = larger;
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
