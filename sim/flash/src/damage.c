/* SPDX-License-Identifier: Apache-2.0 */

/* What an interrupted operation leaves behind: one function for each kind of damage. */

#include <string.h>

#include "internal.h"

uint64_t sim_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static uint8_t random_byte(uint64_t *state)
{
    return (uint8_t)(sim_random(state) >> 56);
}

/* How many whole units the operation got through: less than all of them. The edges are where a record
 * is all but there, and all but not there: the first two seeds choose them. */
static uint32_t whole_units(const struct sim_target *target, uint64_t seed)
{
    const uint32_t count = target->len / target->unit;

    if (seed == 0) {
        return (count - 1) * target->unit;
    }
    return seed == 1 ? 0 : (uint32_t)(sim_random(&seed) % count) * target->unit;
}

static uint8_t final_byte(const struct sim_target *target, uint32_t i)
{
    return target->src == NULL ? target->erased_byte : target->src[i];
}

static void complete_first(const struct sim_target *target, uint32_t len)
{
    if (target->src == NULL) {
        memset(target->bytes, target->erased_byte, len);
    } else {
        memcpy(target->bytes, target->src, len);
    }
    memset(target->loose, 0, len);
}

void sim_complete(const struct sim_target *target)
{
    complete_first(target, target->len);
}

/* Program: the first units, and one more that is somewhere in between. Erase: the whole sector is. */
static struct sim_reach reach(const struct sim_target *target, uint64_t seed, enum sim_unit state)
{
    struct sim_reach reach = { .weak = target->len, .state = state };

    if (target->src != NULL) {
        reach.whole = whole_units(target, seed);
        reach.weak = target->unit;
        complete_first(target, reach.whole);
    }
    return reach;
}

static struct sim_reach leave_not_started(const struct sim_target *target, uint64_t seed)
{
    (void)target;
    (void)seed;
    return (struct sim_reach){ 0 };
}

static struct sim_reach leave_done(const struct sim_target *target, uint64_t seed)
{
    (void)seed;
    sim_complete(target);
    return (struct sim_reach){ .whole = target->len };
}

static struct sim_reach leave_partial(const struct sim_target *target, uint64_t seed)
{
    const struct sim_reach reach = { .whole = whole_units(target, seed) };

    complete_first(target, reach.whole);
    return reach;
}

/* Some bits have got where they should, others have not. */
static struct sim_reach leave_torn(const struct sim_target *target, uint64_t seed)
{
    const struct sim_reach torn = reach(target, seed, SIM_UNIT_PROGRAMMED);

    for (uint32_t i = torn.whole; i < torn.whole + torn.weak; i++) {
        const uint8_t arrived = random_byte(&seed);

        target->bytes[i] =
            (uint8_t)((target->bytes[i] & ~arrived) | (final_byte(target, i) & arrived));
    }
    return torn;
}

static struct sim_reach leave_noise(const struct sim_target *target, uint64_t seed)
{
    if (target->src != NULL) {
        return leave_torn(target, seed);
    }
    for (uint32_t i = 0; i < target->len; i++) {
        target->bytes[i] = random_byte(&seed);
    }
    return (struct sim_reach){ .weak = target->len, .state = SIM_UNIT_PROGRAMMED };
}

static struct sim_reach leave_loose(const struct sim_target *target, uint64_t seed)
{
    const struct sim_reach loose = reach(target, seed, SIM_UNIT_LOOSE);

    for (uint32_t i = loose.whole; i < loose.whole + loose.weak; i++) {
        target->loose[i] |= (uint8_t)(target->bytes[i] ^ final_byte(target, i));
    }
    return loose;
}

static struct sim_reach leave_unreadable(const struct sim_target *target, uint64_t seed)
{
    return reach(target, seed, SIM_UNIT_UNREADABLE);
}

static const struct {
    const char *name;
    struct sim_reach (*leave)(const struct sim_target *target, uint64_t seed);
} damages[OTTER_SIM_ALL_DAMAGES] = {
    [OTTER_SIM_NOT_STARTED] = { "not-started", leave_not_started },
    [OTTER_SIM_DONE] = { "done", leave_done },
    [OTTER_SIM_PARTIAL] = { "partial", leave_partial },
    [OTTER_SIM_TORN] = { "torn", leave_torn },
    [OTTER_SIM_NOISE] = { "noise", leave_noise },
    [OTTER_SIM_LOOSE] = { "loose", leave_loose },
    [OTTER_SIM_UNREADABLE] = { "unreadable", leave_unreadable },
};

struct sim_reach sim_damage(const struct sim_target *target, enum otter_sim_damage damage,
                            uint64_t seed)
{
    return damages[damage].leave(target, seed);
}

const char *otter_sim_damage_name(enum otter_sim_damage damage)
{
    return damages[damage].name;
}
