/* SPDX-License-Identifier: Apache-2.0 */

/* What an interrupted operation leaves behind: one function for each kind of damage. */

#include <string.h>

#include "internal.h"

/* SplitMix64: small, and good enough to choose bits. */
static uint64_t next_random(struct otter_sim_power *power)
{
    uint64_t z = power->random += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static uint8_t random_byte(struct otter_sim_power *power)
{
    return (uint8_t)(next_random(power) >> 56);
}

/* A whole number of units, less than all of them. */
static uint32_t some_units(struct otter_sim_power *power, const struct sim_target *target)
{
    return (uint32_t)(next_random(power) % (target->len / target->unit)) * target->unit;
}

static uint8_t final_byte(const struct sim_target *target, uint32_t i)
{
    return target->src == NULL ? target->erased_byte : target->src[i];
}

void sim_complete(const struct sim_target *target)
{
    if (target->src == NULL) {
        memset(target->bytes, target->erased_byte, target->len);
    } else {
        memcpy(target->bytes, target->src, target->len);
    }
}

/* Some bits of [from, to) have got where they should, others have not. */
static void mix_bits(struct otter_sim_power *power, const struct sim_target *target, uint32_t from,
                     uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        const uint8_t arrived = random_byte(power);

        target->bytes[i] =
            (uint8_t)((target->bytes[i] & ~arrived) | (final_byte(target, i) & arrived));
    }
}

static uint32_t leave_not_started(struct otter_sim_power *power, const struct sim_target *target)
{
    (void)power;
    (void)target;
    return 0;
}

static uint32_t leave_done(struct otter_sim_power *power, const struct sim_target *target)
{
    (void)power;
    sim_complete(target);
    return target->len;
}

static uint32_t leave_partial(struct otter_sim_power *power, const struct sim_target *target)
{
    struct sim_target first = *target;

    first.len = some_units(power, target);
    sim_complete(&first);
    return first.len;
}

static uint32_t leave_torn(struct otter_sim_power *power, const struct sim_target *target)
{
    struct sim_target first = *target;

    if (target->src == NULL) {
        mix_bits(power, target, 0, target->len);
        return target->len;
    }
    first.len = some_units(power, target);
    sim_complete(&first);
    mix_bits(power, target, first.len, first.len + target->unit);
    return first.len + target->unit;
}

static uint32_t leave_noise(struct otter_sim_power *power, const struct sim_target *target)
{
    if (target->src != NULL) {
        return leave_torn(power, target);
    }
    for (uint32_t i = 0; i < target->len; i++) {
        target->bytes[i] = random_byte(power);
    }
    return target->len;
}

static const struct {
    const char *name;
    uint32_t (*leave)(struct otter_sim_power *power, const struct sim_target *target);
} damages[OTTER_SIM_DAMAGES] = {
    [OTTER_SIM_NOT_STARTED] = { "not-started", leave_not_started },
    [OTTER_SIM_DONE] = { "done", leave_done },
    [OTTER_SIM_PARTIAL] = { "partial", leave_partial },
    [OTTER_SIM_TORN] = { "torn", leave_torn },
    [OTTER_SIM_NOISE] = { "noise", leave_noise },
};

uint32_t sim_damage(struct otter_sim_power *power, const struct sim_target *target)
{
    return damages[power->damage].leave(power, target);
}

const char *otter_sim_damage_name(enum otter_sim_damage damage)
{
    return damages[damage].name;
}
