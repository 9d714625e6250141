/* SPDX-License-Identifier: Apache-2.0 */

/* The power supply: numbers operations, keeps a log of them, and fails when it is told to. */

#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

static void abort_with_log(struct otter_sim_power *power, const char *rule)
{
    fprintf(stderr, "simulated flash: %s\n", rule);
    otter_sim_power_print_log(power);
    abort();
}

void otter_sim_power_init(struct otter_sim_power *power)
{
    *power = (struct otter_sim_power){ .violation = abort_with_log };
}

void otter_sim_power_on(struct otter_sim_power *power)
{
    power->operations = 0;
    power->cut_at = 0;
    power->is_off = false;
}

void otter_sim_power_cut_at(struct otter_sim_power *power, uint32_t operation,
                            enum otter_sim_damage damage, uint64_t seed)
{
    power->cut_at = operation;
    power->damage = damage;
    power->seed = seed;
}

bool sim_power_begin(struct otter_sim_power *power, const struct otter_sim_operation *operation)
{
    power->log[power->logged++ % OTTER_SIM_LOG_SIZE] = *operation;
    power->operations++;
    return power->operations == power->cut_at;
}

void sim_power_lose(struct otter_sim_power *power)
{
    power->is_off = true;
    if (power->reset != NULL) {
        longjmp(*power->reset, 1);
    }
}

void otter_sim_power_print_log(const struct otter_sim_power *power)
{
    static const char *const names[] = {
        [OTTER_SIM_PROGRAM] = "program",
        [OTTER_SIM_ERASE] = "erase",
    };
    const uint32_t kept = power->logged < OTTER_SIM_LOG_SIZE ? power->logged : OTTER_SIM_LOG_SIZE;

    for (uint32_t i = power->logged - kept; i != power->logged; i++) {
        const struct otter_sim_operation *operation = &power->log[i % OTTER_SIM_LOG_SIZE];

        fprintf(stderr, "  %-8s %-7s 0x%08x %u bytes\n", operation->device, names[operation->kind],
                (unsigned)operation->offset, (unsigned)operation->len);
    }
}
