/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OTTER_SIM_FLASH_INTERNAL_H
#define OTTER_SIM_FLASH_INTERNAL_H

#include "otter/sim_flash.h"

/** The state of a write unit. Only an erased one may be programmed. */
enum sim_unit {
    SIM_UNIT_ERASED,
    SIM_UNIT_PROGRAMMED,
    SIM_UNIT_LOOSE,
    SIM_UNIT_LOOSE_BUT_BLANK, /* it is loose, and the last time it was read it looked erased */
    SIM_UNIT_UNREADABLE,
};

static inline bool sim_unit_is_weak(uint8_t state)
{
    return state > SIM_UNIT_PROGRAMMED;
}

/** What a sector or a write unit is made of while it is programmed or erased. */
struct sim_target {
    uint8_t *bytes;
    uint8_t *loose; /* bits of them that read differently each time */
    uint32_t len;
    uint32_t unit; /* write unit */
    uint8_t erased_byte;
    const uint8_t *src; /* what is programmed; NULL: an erase */
};

/** The range of a target that an interrupted operation has reached, from its start. */
struct sim_reach {
    uint32_t whole;      /* bytes that are as they should be */
    uint32_t weak;       /* bytes after them that hold something in between */
    enum sim_unit state; /* that of the weak ones */
};

/** SplitMix64: small, and good enough to choose bits. */
uint64_t sim_random(uint64_t *state);

/** Begin an operation: log it, count it.
 *
 *  @return true if the power is cut at it */
bool sim_power_begin(struct otter_sim_power *power, const struct otter_sim_operation *operation);

/** The power is gone: reset, or return if the harness wants errors instead. */
void sim_power_lose(struct otter_sim_power *power);

/** Do the whole operation. */
void sim_complete(const struct sim_target *target);

/** Leave the operation as the damage leaves it. */
struct sim_reach sim_damage(const struct sim_target *target, enum otter_sim_damage damage,
                            uint64_t seed);

/** Pages for a device, or NULL if memory ran out. */
struct sim_page *sim_pages_allocate(const struct otter_flash_geometry *geometry);

/** Bytes or units of the range have changed. */
void sim_pages_touch(struct otter_sim_flash *device, uint32_t offset, uint32_t len);

/** Units of the range have become weak. */
void sim_pages_weaken(struct otter_sim_flash *device, uint32_t offset, uint32_t len);

#endif
