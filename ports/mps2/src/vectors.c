/* SPDX-License-Identifier: Apache-2.0 */

/* The vector table. Every entry has a handler: what nobody expects is reported as a fault. */

#include <stddef.h>
#include <stdint.h>

#include "interrupts.h"
#include "memory.h"
#include "registers.h"

union vector {
    uint32_t *stack;
    void (*handler)(void);
};

/* Hand the stacked registers over. Bit 2 of lr tells which stack they are on. The handler of a
 * fault gets a fresh stack, as the old one may be what broke; it never returns. */
__attribute__((naked)) void otter_mps2_on_fault(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "ldr r1, =otter_ld_stack_top\n\t"
                     "msr msp, r1\n\t"
                     "b otter_mps2_report_fault");
}

__attribute__((naked)) void otter_mps2_on_nmi(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "b otter_mps2_note_watchdog");
}

/* Those that an operating system brings (ports/freertos); without one they are as unexpected as any. */
__attribute__((weak, alias("otter_mps2_on_fault"))) void otter_mps2_on_service_call(void);
__attribute__((weak, alias("otter_mps2_on_fault"))) void otter_mps2_on_pendsv(void);

#define FIRST_IRQ 16u
#define UNEXPECTED                                                                                 \
    {                                                                                              \
        .handler = otter_mps2_on_fault                                                             \
    }

extern const union vector otter_mps2_vectors[FIRST_IRQ + IRQ_COUNT];

__attribute__((section(".vectors")))
const union vector otter_mps2_vectors[FIRST_IRQ + IRQ_COUNT] = {
    [0] = { .stack = otter_ld_stack_top },
    [1] = { .handler = otter_mps2_on_reset },
    [2] = { .handler = otter_mps2_on_nmi },
    [3 ... 10] = UNEXPECTED,
    [11] = { .handler = otter_mps2_on_service_call },
    [12 ... 13] = UNEXPECTED,
    [14] = { .handler = otter_mps2_on_pendsv },
    [15] = { .handler = otter_mps2_on_systick },
    [FIRST_IRQ... FIRST_IRQ + IRQ_UART1_RX - 1] = UNEXPECTED,
    [FIRST_IRQ + IRQ_UART1_RX] = { .handler = otter_mps2_on_button },
    [FIRST_IRQ + IRQ_UART1_RX + 1 ... FIRST_IRQ + IRQ_ETHERNET - 1] = UNEXPECTED,
    [FIRST_IRQ + IRQ_ETHERNET] = { .handler = otter_mps2_on_ethernet },
    [FIRST_IRQ + IRQ_ETHERNET + 1 ... FIRST_IRQ + IRQ_COUNT - 1] = UNEXPECTED,
};
