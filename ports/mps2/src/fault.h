/* SPDX-License-Identifier: Apache-2.0 */

#ifndef OTTER_MPS2_FAULT_H
#define OTTER_MPS2_FAULT_H

#include <stdint.h>

/* What the CPU pushes when it takes an exception. */
struct stacked_registers {
    uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};

/* Called by the entry stubs of vectors.c. */
void otter_mps2_note_watchdog(const struct stacked_registers *registers);
_Noreturn void otter_mps2_report_fault(const struct stacked_registers *registers);

#endif
