/* SPDX-License-Identifier: Apache-2.0 */

/* Reset causes by marks in retained RAM, the reset itself, and the way into another program. */

#include "otter/mps2/reset.h"

#include <stddef.h>

#include "memory.h"
#include "mpu.h"
#include "registers.h"

struct cause_of_mark {
    uint32_t mark;
    enum otter_mps2_reset_cause cause;
};

static const struct cause_of_mark causes[] = {
    { MARK_SOFTWARE, OTTER_MPS2_SOFTWARE },
    { MARK_WATCHDOG, OTTER_MPS2_WATCHDOG },
    { MARK_FAULT, OTTER_MPS2_FAULT },
    { MARK_RUNNING, OTTER_MPS2_OUTSIDE },
};

static enum otter_mps2_reset_cause cause_of(uint32_t mark)
{
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (causes[i].mark == mark) {
            return causes[i].cause;
        }
    }
    return OTTER_MPS2_POWER_ON; /* RAM that nobody has marked yet */
}

struct otter_mps2_reset otter_mps2_reset_take(void)
{
    const uint32_t mark = otter_ld_retained.mark;
    const enum otter_mps2_reset_cause cause = cause_of(mark);
    const bool has_pc = cause == OTTER_MPS2_WATCHDOG || cause == OTTER_MPS2_FAULT;
    const struct otter_mps2_reset reset = {
        .cause = cause,
        .pc = has_pc ? otter_ld_retained.pc : 0,
        .mark = mark,
    };

    otter_ld_retained.mark = MARK_RUNNING;
    return reset;
}

bool otter_mps2_reset_was_asked_for(const struct otter_mps2_reset *reset)
{
    return reset->mark == MARK_SOFTWARE;
}

_Noreturn void otter_mps2_reset(void)
{
    otter_ld_retained.mark = MARK_SOFTWARE;
    barrier();
    put(SCB_AIRCR, SCB_AIRCR_RESET);
    barrier();
    for (;;) {
    }
}

uint8_t *otter_mps2_handover(void)
{
    return otter_ld_retained.handover;
}

static void silence_interrupts(void)
{
    put(SYSTICK_CTRL, 0);
    put(SCB_ICSR, SCB_ICSR_CLEAR_SYSTICK);
    put(NVIC_DISABLE, UINT32_MAX);
    put(NVIC_CLEAR_PENDING, UINT32_MAX);
}

_Noreturn void otter_mps2_start(uint32_t vector_table)
{
    const uint32_t stack = get(vector_table);
    const uint32_t entry = get(vector_table + 4);

    silence_interrupts();
    otter_mps2_mpu_stop();
    put(SCB_VTOR, vector_table);
    barrier();
    __asm__ volatile("msr msp, %0\n\tbx %1" ::"r"(stack), "r"(entry) : "memory");
    __builtin_unreachable();
}
