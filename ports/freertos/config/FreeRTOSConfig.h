/* SPDX-License-Identifier: Apache-2.0 */

/* FreeRTOS on the emulated board: static memory alone, a tick of a millisecond, faults reported as the
 * board's other faults are. A product has a configuration of its own; the port needs static allocation,
 * task notifications, mutexes and INCLUDE_vTaskDelay of it. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include "otter/mps2/reset.h"

#define configCPU_CLOCK_HZ            25000000
#define configTICK_RATE_HZ            1000
#define configTICK_TYPE_WIDTH_IN_BITS TICK_TYPE_WIDTH_32_BITS
#define configUSE_PREEMPTION          1
#define configUSE_TIME_SLICING        1
#define configMAX_PRIORITIES          4
#define configMINIMAL_STACK_SIZE      128 /* words; the idle task's */
#define configMAX_TASK_NAME_LEN       12

#define configSUPPORT_STATIC_ALLOCATION     1
#define configSUPPORT_DYNAMIC_ALLOCATION    0
#define configKERNEL_PROVIDED_STATIC_MEMORY 1
#define configUSE_MUTEXES                   1
#define configUSE_TASK_NOTIFICATIONS        1
#define configUSE_TIMERS                    0
#define configUSE_IDLE_HOOK                 1
#define configUSE_TICK_HOOK                 0
#define configCHECK_FOR_STACK_OVERFLOW      2

#define INCLUDE_vTaskDelay 1

/* Interrupts whose handlers call the kernel have a number of this or higher, which is a lower priority;
 * the lowest is the kernel's own. */
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x40
#define configKERNEL_INTERRUPT_PRIORITY      0xFF

#define configASSERT(holds)                                                                        \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            otter_mps2_panic("FreeRTOS: an assertion failed");                                     \
        }                                                                                          \
    } while (0)

/* The handlers, as the board's vector table names them. */
#define vPortSVCHandler     otter_mps2_on_service_call
#define xPortPendSVHandler  otter_mps2_on_pendsv
#define xPortSysTickHandler otter_mps2_on_systick

#endif
