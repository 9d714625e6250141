/* SPDX-License-Identifier: Apache-2.0 */

/* The CMSDK watchdog counts down twice: the first end raises the NMI, the second, if nobody fed it
 * meanwhile, resets. Each count is half of the time that the caller asked for. */

#include "otter/mps2/watchdog.h"

#include "fault.h"
#include "interrupts.h"
#include "memory.h"
#include "registers.h"

static void unlock(void)
{
    put(WATCHDOG_LOCK, WATCHDOG_KEY);
}

/* A program that runs wild does not know the key. */
static void lock(void)
{
    put(WATCHDOG_LOCK, 0);
}

void otter_mps2_watchdog_start(uint32_t timeout_ms)
{
    unlock();
    put(WATCHDOG_LOAD, timeout_ms / 2 * (CPU_CLOCK_HZ / 1000u));
    put(WATCHDOG_CTRL, WATCHDOG_CTRL_INTERRUPT | WATCHDOG_CTRL_RESET);
    lock();
}

void otter_mps2_watchdog_feed(void)
{
    unlock();
    put(WATCHDOG_INTCLEAR, 1);
    lock();
    otter_ld_retained.mark = MARK_RUNNING;
}

/* The time is half over. Nothing is fed here: a program that is stuck must be reset. */
void otter_mps2_note_watchdog(const struct stacked_registers *registers)
{
    otter_ld_retained.pc = registers->pc;
    otter_ld_retained.mark = MARK_WATCHDOG;
}
