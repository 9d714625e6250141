/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/mps2/wake.h"

#include <stddef.h>

#include "interrupts.h"
#include "registers.h"

#define LOWEST_PRIORITY_OF_FOUR 0xFFFFFFFFu

static void (*hook)(void);

void otter_mps2_wake_with(void (*new_hook)(void))
{
    hook = new_hook;
    for (uint32_t line = 0; line < IRQ_COUNT; line += 4) {
        put(NVIC_PRIORITY + line, LOWEST_PRIORITY_OF_FOUR);
    }
}

void otter_mps2_awaken(void)
{
    if (hook != NULL) {
        hook();
    }
}
