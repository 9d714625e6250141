/* SPDX-License-Identifier: Apache-2.0 */

/** A FreeRTOS task that steps something, and sleeps in between for as long as that says: the place of
 * an agent in a program with tasks (docs/agent.md, "Threads and tasks"). No kernel memory is allocated.
 *
 * A step that is busy asks to be called again at once, so that a task at work leaves nothing to those
 * below it. Give it a lower priority than whatever must go on during a download. */
#ifndef OTTER_FREERTOS_TASK_H
#define OTTER_FREERTOS_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "otter/guard.h"
#include "semphr.h"
#include "task.h"

/** What a task is made of. Constant while it runs; all of it is borrowed. */
struct otter_freertos_task_config {
    const char *name;
    UBaseType_t priority;
    StackType_t *stack;
    size_t stack_words;
    uint32_t (*now_ms)(void); /**< monotonic milliseconds; may start anywhere and wrap */
    /** Does what is due. @return milliseconds until it wants to be called again; 0: at once */
    uint32_t (*step)(void *subject, uint32_t now_ms);
    void *subject;
};

/** Do not move it once its guard was given away. The fields are its own. */
struct otter_freertos_task {
    const struct otter_freertos_task_config *config;
    TaskHandle_t handle; /* NULL: it does not run yet */
    SemaphoreHandle_t guard;
    StaticSemaphore_t guard_memory;
    StaticTask_t memory;
};

/** Make it ready; no task runs yet. Not from an interrupt handler. */
void otter_freertos_task_init(struct otter_freertos_task *task,
                              const struct otter_freertos_task_config *config);

/** Its lock, a mutex with priority inheritance, and its alarm. For tasks only. */
struct otter_guard otter_freertos_task_guard(struct otter_freertos_task *task);

/** Start it, before or after the scheduler. It never ends. */
void otter_freertos_task_start(struct otter_freertos_task *task);

/** The alarm for interrupt handlers: let it step now. Harmless before it was started. */
void otter_freertos_task_wake_from_isr(struct otter_freertos_task *task);

#endif
