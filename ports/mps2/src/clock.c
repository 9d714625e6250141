/* SPDX-License-Identifier: Apache-2.0 */

/* Time comes from the FPGAIO counter, which counts by itself; SysTick only ends a sleep. It is
 * started for each sleep anew, so that an idle device wakes as seldom as its caller allows. */

#include "otter/mps2/clock.h"

#include "interrupts.h"
#include "registers.h"

/* SysTick counts 24 bits of its 1 MHz reference. */
#define LONGEST_SLEEP_MS 16000u
#define SYSTICK_PER_MS   1000u

static void count_at(uint32_t cycles_per_count)
{
    put(FPGAIO_PRESCALE, cycles_per_count - 1);
    put(FPGAIO_PSCNTR, cycles_per_count - 1);
    /* It has counted since the reset; without this it would begin anywhere. */
    put(FPGAIO_COUNTER, 0);
}

void otter_mps2_clock_start(void)
{
    count_at(CPU_CLOCK_HZ / 1000u);
}

uint32_t otter_mps2_now_ms(void)
{
    return get(FPGAIO_COUNTER);
}

void otter_mps2_stopwatch_start(void)
{
    count_at(1);
}

uint32_t otter_mps2_stopwatch_ticks(void)
{
    return get(FPGAIO_COUNTER);
}

static void alarm_in(uint32_t ms)
{
    put(SYSTICK_LOAD, ms * SYSTICK_PER_MS - 1);
    put(SYSTICK_CURRENT, 0);
    put(SYSTICK_CTRL, SYSTICK_CTRL_ENABLE | SYSTICK_CTRL_INTERRUPT);
}

static void alarm_off(void)
{
    put(SYSTICK_CTRL, 0);
    put(SCB_ICSR, SCB_ICSR_CLEAR_SYSTICK);
}

void otter_mps2_sleep(uint32_t at_most_ms, bool (*is_busy)(void))
{
    if (at_most_ms == 0) {
        return;
    }
    alarm_in(at_most_ms < LONGEST_SLEEP_MS ? at_most_ms : LONGEST_SLEEP_MS);
    /* With interrupts held back, one that comes after the question still ends the wfi. */
    __asm__ volatile("cpsid i" ::: "memory");
    if (!is_busy()) {
        __asm__ volatile("dsb\n\twfi" ::: "memory");
    }
    __asm__ volatile("cpsie i\n\tisb" ::: "memory");
    alarm_off();
}

/* An operating system has SysTick for itself, and brings its own; nothing sleeps like this then. */
__attribute__((weak)) void otter_mps2_on_systick(void)
{
    put(SYSTICK_CTRL, 0);
}
