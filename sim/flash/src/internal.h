/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OTTER_SIM_FLASH_INTERNAL_H
#define OTTER_SIM_FLASH_INTERNAL_H

#include "otter/sim_flash.h"

/** What a sector or a write unit is made of while it is programmed or erased. */
struct sim_target {
    uint8_t *bytes;
    uint32_t len;
    uint32_t unit; /* write unit */
    uint8_t erased_byte;
    const uint8_t *src; /* what is programmed; NULL: an erase */
};

/** Begin an operation: log it, count it.
 *
 *  @return true if the power is cut at it */
bool sim_power_begin(struct otter_sim_power *power, const struct otter_sim_operation *operation);

/** The power is gone: reset, or return if the harness wants errors instead. */
void sim_power_lose(struct otter_sim_power *power);

/** Do the whole operation. */
void sim_complete(const struct sim_target *target);

/** Leave the operation as the planned damage leaves it.
 *
 *  @return bytes that are no longer as they were, from the first on */
uint32_t sim_damage(struct otter_sim_power *power, const struct sim_target *target);

#endif
