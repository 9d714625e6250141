/* SPDX-License-Identifier: Apache-2.0 */

/* Each group of a program as a task of FreeRTOS. The watchdog's hears of the others through a flag that
 * each of them sets whenever it has stepped: one that hangs starves the watchdog, as it would in a loop. */

#include <assert.h>
#include <stdatomic.h>

#include "otter/freertos_task.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/ethernet.h"
#include "otter/mps2/reset.h"
#include "otter/mps2/wake.h"
#include "program.h"

#define STACK_WORDS 2048u

/* The stack comes first: who runs over it does not run into what the kernel needs to notice. */
struct group_task {
    StackType_t stack[STACK_WORDS];
    const struct program_group *group;
    atomic_bool has_stepped;
    struct otter_freertos_task_config config;
    struct otter_freertos_task task;
};

static struct group_task tasks[PROGRAM_GROUPS_MAX];
static size_t task_count;

static uint32_t step_group(void *subject, uint32_t now_ms)
{
    struct group_task *self = subject;

    (void)now_ms;
    const uint32_t wait_ms = program_step_group(self->group);

    atomic_store(&self->has_stepped, true);
    return wait_ms;
}

/* Hear of further frames and presses; what came in since the last look is not slept over. */
static uint32_t step_first(void *subject, uint32_t now_ms)
{
    const uint32_t wait_ms = step_group(subject, now_ms);

    otter_mps2_ethernet_listen();
    return otter_mps2_ethernet_is_waiting() ? 0 : wait_ms;
}

static void wake_first(void)
{
    otter_freertos_task_wake_from_isr(&tasks[0].task);
}

static bool are_all_alive(void)
{
    bool alive = true;

    for (size_t i = 0; i + 1 < task_count; i++) {
        alive = alive && atomic_load(&tasks[i].has_stepped);
    }
    return alive;
}

static void forget_signs_of_life(void)
{
    for (size_t i = 0; i + 1 < task_count; i++) {
        atomic_store(&tasks[i].has_stepped, false);
    }
}

static uint32_t step_last(void *subject, uint32_t now_ms)
{
    if (!are_all_alive()) {
        return PROGRAM_LONGEST_SLEEP_MS / 4;
    }
    forget_signs_of_life();
    return step_group(subject, now_ms);
}

static void start_task(size_t i, const struct program_group *group)
{
    struct group_task *self = &tasks[i];

    self->group = group;
    self->config = (struct otter_freertos_task_config){
        .name = group->name,
        .priority = (UBaseType_t)i + 1, /* above the idle task's */
        .stack = self->stack,
        .stack_words = STACK_WORDS,
        .now_ms = otter_mps2_now_ms,
        .step = i == 0                ? step_first
                : i + 1 == task_count ? step_last
                                      : step_group,
        .subject = self,
    };
    otter_freertos_task_init(&self->task, &self->config);
    otter_freertos_task_start(&self->task);
}

_Noreturn void program_run(const struct program_group groups[], size_t count)
{
    assert(count >= 2 && count <= PROGRAM_GROUPS_MAX);
    task_count = count;
    for (size_t i = 0; i < count; i++) {
        start_task(i, &groups[i]);
    }
    otter_mps2_wake_with(wake_first);
    vTaskStartScheduler();
    otter_mps2_panic("FreeRTOS: the scheduler ended");
}
