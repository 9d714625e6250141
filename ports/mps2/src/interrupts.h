/* SPDX-License-Identifier: Apache-2.0 */

/* The handlers that the vector table names. */
#ifndef OTTER_MPS2_INTERRUPTS_H
#define OTTER_MPS2_INTERRUPTS_H

_Noreturn void otter_mps2_on_reset(void);
void otter_mps2_on_nmi(void);
void otter_mps2_on_fault(void);
void otter_mps2_on_service_call(void);
void otter_mps2_on_pendsv(void);
void otter_mps2_on_systick(void);
void otter_mps2_on_ethernet(void);
void otter_mps2_on_button(void);

/* What the handlers of interrupts that end a sleep call (otter/mps2/wake.h). */
void otter_mps2_awaken(void);

#endif
