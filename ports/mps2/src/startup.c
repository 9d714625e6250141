/* SPDX-License-Identifier: Apache-2.0 */

/* From reset to main(): RAM as C expects it, protection on, the stack painted. */

#include "interrupts.h"
#include "memory.h"
#include "mpu.h"
#include "otter/mps2/stack.h"
#include "registers.h"

/* What unused stack holds, for otter_mps2_stack_used(). */
#define PAINT 0xC5C5C5C5u

/* Below the stack pointer by this much the start-up code itself may be at work. */
#define STARTUP_WORDS 32

int main(void);

static void fill(uint32_t *from, const uint32_t *to, uint32_t value)
{
    while (from < to) {
        *from++ = value;
    }
}

static void copy_initial_values(void)
{
    const uint32_t *load = otter_ld_data_load;

    for (uint32_t *word = otter_ld_data_start; word < otter_ld_data_end; word++) {
        *word = *load++;
    }
}

static void report_faults_by_kind(void)
{
    put(SCB_SHCSR, SCB_SHCSR_MEMORY_FAULT | SCB_SHCSR_BUS_FAULT | SCB_SHCSR_USAGE_FAULT);
}

_Noreturn void otter_mps2_on_reset(void)
{
    fill(otter_ld_stack_bottom, (uint32_t *)__builtin_frame_address(0) - STARTUP_WORDS, PAINT);
    copy_initial_values();
    fill(otter_ld_bss_start, otter_ld_bss_end, 0);
    report_faults_by_kind();
    otter_mps2_mpu_start();
    (void)main();
    for (;;) {
    }
}

static uint32_t count_painted(const uint32_t *from, const uint32_t *to)
{
    const uint32_t *word = from;

    while (word < to && *word == PAINT) {
        word++;
    }
    return (uint32_t)(word - from) * sizeof *word;
}

uint32_t otter_mps2_stack_used(void)
{
    const uint32_t *bottom = otter_ld_stack_bottom + STACK_GUARD_SIZE / sizeof *bottom;
    const uint32_t room = (uint32_t)(otter_ld_stack_top - bottom) * sizeof *bottom;

    return room - count_painted(bottom, otter_ld_stack_top);
}

uint32_t otter_mps2_stack_untouched(uint32_t bottom, uint32_t top)
{
    return count_painted((const uint32_t *)(uintptr_t)bottom, (const uint32_t *)(uintptr_t)top);
}
