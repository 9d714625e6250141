/* SPDX-License-Identifier: Apache-2.0 */

/* What the linker script decides. The symbols are addresses: take them with &. */
#ifndef OTTER_MPS2_MEMORY_H
#define OTTER_MPS2_MEMORY_H

#include <stdint.h>

#include "otter/mps2/reset.h"

/* The lowest bytes of the stack, which nothing may touch (mpu.c). */
#define STACK_GUARD_SIZE 256u

extern uint32_t otter_ld_stack_bottom[];
extern uint32_t otter_ld_stack_top[];
extern uint32_t otter_ld_data_load[];
extern uint32_t otter_ld_data_start[];
extern uint32_t otter_ld_data_end[];
extern uint32_t otter_ld_bss_start[];
extern uint32_t otter_ld_bss_end[];

/* RAM that neither a reset nor any start-up code clears, at the same place for every program. It
 * is no section of the bootloader's ELF file: QEMU zeroes those at each reset. */
struct retained {
    uint8_t handover[OTTER_MPS2_HANDOVER_SIZE];
    uint32_t mark; /* who caused the reset that may come now */
    uint32_t pc;   /* where the program was then */
};

extern struct retained otter_ld_retained;

/* Marks are far from each other and from what RAM holds after power-on. */
#define MARK_RUNNING  0x0753AA11u
#define MARK_SOFTWARE 0x50F73E5Eu
#define MARK_WATCHDOG 0xD06BA4C3u
#define MARK_FAULT    0xFA017A99u

#endif
