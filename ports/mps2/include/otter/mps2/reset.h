/* SPDX-License-Identifier: Apache-2.0 */

/** Resets: their cause, how to ask for one, and the start of another program.
 *
 * The board has no reset-cause register. RAM survives a reset and reads zero after power-on, so
 * whoever causes a reset leaves a mark in RAM first: software, the watchdog's NMI, a fault. */
#ifndef OTTER_MPS2_RESET_H
#define OTTER_MPS2_RESET_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes that otter_mps2_handover() points to. */
#define OTTER_MPS2_HANDOVER_SIZE 128u

enum otter_mps2_reset_cause {
    OTTER_MPS2_POWER_ON,
    OTTER_MPS2_SOFTWARE,
    OTTER_MPS2_WATCHDOG,
    OTTER_MPS2_FAULT,
    OTTER_MPS2_OUTSIDE, /**< nobody on the board did it; QEMU's monitor, for example */
};

struct otter_mps2_reset {
    enum otter_mps2_reset_cause cause;
    uint32_t pc;   /**< WATCHDOG, FAULT: where the program was; else 0 */
    uint32_t mark; /**< what the cause was told by */
};

/** Why the last reset happened. Call it once, first thing in the bootloader: it also marks the
 * program as running, so that the next reset is told from this one. */
struct otter_mps2_reset otter_mps2_reset_take(void);

/** Was it a program that restarted the device? Asks the mark, and not the cause: for decisions that no one
 * skipped instruction may turn. */
bool otter_mps2_reset_was_asked_for(const struct otter_mps2_reset *reset);

/** Restart the device. */
_Noreturn void otter_mps2_reset(void);

/** Say why on the console, mark the reset as a fault and restart. For states in which going on
 * would do harm: a broken NOR rule, a failed assertion. */
_Noreturn void otter_mps2_panic(const char *what);

/** OTTER_MPS2_HANDOVER_SIZE bytes of RAM at the start of the layout's "handover" memory, which a
 * program finds as the bootloader left them. */
uint8_t *otter_mps2_handover(void);

/** Leave this program for the one whose vector table is at @p vector_table. Interrupt lines, timers
 * and the MPU are off as after a reset; the watchdog keeps running. */
_Noreturn void otter_mps2_start(uint32_t vector_table);

#endif
