/* SPDX-License-Identifier: Apache-2.0 */

/* What the kernel calls, on the emulated board. */

#include "FreeRTOS.h"
#include "otter/mps2/console.h"
#include "otter/mps2/reset.h"
#include "task.h"

void vApplicationIdleHook(void);

void vApplicationIdleHook(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

void vApplicationStackOverflowHook(TaskHandle_t task, char *name)
{
    (void)task;
    otter_mps2_console_line("FreeRTOS: out of stack: task ", name);
    otter_mps2_panic("a task ran over its stack");
}
