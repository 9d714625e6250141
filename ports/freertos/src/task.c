/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/freertos_task.h"

/* One tick less than "for ever" for the kernel. */
#define LONGEST_WAIT (portMAX_DELAY - 1)

static void enter(void *context)
{
    struct otter_freertos_task *task = context;

    (void)xSemaphoreTake(task->guard, portMAX_DELAY);
}

static void leave(void *context)
{
    struct otter_freertos_task *task = context;

    (void)xSemaphoreGive(task->guard);
}

static void wake(void *context)
{
    struct otter_freertos_task *task = context;

    if (task->handle != NULL) {
        (void)xTaskNotifyGive(task->handle);
    }
}

/* Rounded up: who wants to wait does not want to be called too early. */
static TickType_t ticks(uint32_t ms)
{
    const uint64_t exact = ((uint64_t)ms * configTICK_RATE_HZ + 999u) / 1000u;

    return exact < LONGEST_WAIT ? (TickType_t)exact : LONGEST_WAIT;
}

static void run(void *context)
{
    const struct otter_freertos_task *task = context;
    const struct otter_freertos_task_config *config = task->config;

    for (;;) {
        const uint32_t wait_ms = config->step(config->subject, config->now_ms());

        (void)ulTaskNotifyTake(pdTRUE, ticks(wait_ms));
    }
}

void otter_freertos_task_init(struct otter_freertos_task *task,
                              const struct otter_freertos_task_config *config)
{
    *task = (struct otter_freertos_task){ .config = config };
    task->guard = xSemaphoreCreateMutexStatic(&task->guard_memory);
}

struct otter_guard otter_freertos_task_guard(struct otter_freertos_task *task)
{
    return (struct otter_guard){ .enter = enter, .leave = leave, .wake = wake, .context = task };
}

void otter_freertos_task_start(struct otter_freertos_task *task)
{
    const struct otter_freertos_task_config *config = task->config;

    task->handle = xTaskCreateStatic(run, config->name, (configSTACK_DEPTH_TYPE)config->stack_words,
                                     task, config->priority, config->stack, &task->memory);
}

void otter_freertos_task_wake_from_isr(struct otter_freertos_task *task)
{
    BaseType_t must_switch = pdFALSE;

    if (task->handle != NULL) {
        vTaskNotifyGiveFromISR(task->handle, &must_switch);
        portYIELD_FROM_ISR(must_switch);
    }
}
