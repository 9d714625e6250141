/* SPDX-License-Identifier: Apache-2.0 */

/* FreeRTOS check: proves ports/freertos on the emulated board, one check a run, named and answered as in
 * firmware/board_check (tests/e2e/test_freertos.py). A check runs as a task below the one it tests. */

#include <stdbool.h>
#include <stddef.h>

#include "otter/freertos_task.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/reset.h"
#include "otter/mps2/semihosting.h"
#include "otter/mps2/wake.h"

#define STACK_WORDS    512u
#define A_LONG_WHILE   60000u
#define LOCK_ROUNDS    20000u
#define CHECK_PRIORITY 1

/* The stack comes first: who runs over it does not run into what the kernel needs to notice. */
struct worker {
    StackType_t stack[STACK_WORDS];
    struct otter_freertos_task_config config;
    struct otter_freertos_task task;
    volatile uint32_t steps;
    volatile uint32_t last_ms; /* time of the last step */
    uint32_t wait_ms;          /* what it asks for */
};

static struct worker one;
static struct worker other;

static uint32_t count_step(void *subject, uint32_t now_ms)
{
    struct worker *worker = subject;

    worker->steps++;
    worker->last_ms = now_ms;
    return worker->wait_ms;
}

static void prepare(struct worker *worker, UBaseType_t priority,
                    uint32_t (*step)(void *subject, uint32_t now_ms))
{
    worker->config = (struct otter_freertos_task_config){
        .name = "worker",
        .priority = priority,
        .stack = worker->stack,
        .stack_words = STACK_WORDS,
        .now_ms = otter_mps2_now_ms,
        .step = step,
        .subject = worker,
    };
    otter_freertos_task_init(&worker->task, &worker->config);
}

static void start_counting(struct worker *worker, uint32_t wait_ms)
{
    worker->wait_ms = wait_ms;
    prepare(worker, CHECK_PRIORITY + 1, count_step);
    otter_freertos_task_start(&worker->task);
}

/* It is stepped when it asked to be, no sooner: 20 ms apart, for a fifth of a second. */
static bool check_pace(void)
{
    start_counting(&one, 20);
    vTaskDelay(pdMS_TO_TICKS(210));
    return one.steps >= 8 && one.steps <= 11;
}

/* A wake ends its sleep at once, and one that came before it slept is not lost. */
static bool check_wake(void)
{
    const struct otter_guard guard = otter_freertos_task_guard(&one.task);

    start_counting(&one, A_LONG_WHILE);
    for (uint32_t i = 1; i <= 10; i++) {
        if (one.steps != i) {
            return false;
        }
        vTaskDelay(1);
        guard.wake(guard.context);
    }
    return one.steps == 11;
}

static void wake_one(void)
{
    otter_freertos_task_wake_from_isr(&one.task);
}

/* The handler of the button's interrupt wakes it. The interrupt is made by hand, as a press could come
 * before anybody listens. */
static bool check_interrupt(void)
{
    volatile uint32_t *const enable = (volatile uint32_t *)0xE000E100u;
    volatile uint32_t *const pend = (volatile uint32_t *)0xE000E200u;
    const uint32_t button = 1u << 2;

    start_counting(&one, A_LONG_WHILE);
    otter_mps2_wake_with(wake_one);
    *enable = button;
    *pend = button;
    vTaskDelay(1);
    return one.steps == 2;
}

/* Two tasks of one priority take turns at each tick, in the middle of the guarded lines too. */
static volatile struct {
    uint32_t left;
    uint32_t right;
    bool differed;
} shared;

static uint32_t use_shared(void *subject, uint32_t now_ms)
{
    struct worker *worker = subject;
    const struct otter_guard guard = otter_freertos_task_guard(&one.task);

    (void)now_ms;
    for (uint32_t i = 0; i < LOCK_ROUNDS; i++) {
        guard.enter(guard.context);
        shared.differed = shared.differed || shared.left != shared.right;
        shared.left++;
        for (volatile uint32_t pause = 0; pause < 20; pause++) {
        }
        shared.right++;
        guard.leave(guard.context);
    }
    worker->steps++;
    return A_LONG_WHILE;
}

static bool check_guard(void)
{
    prepare(&one, CHECK_PRIORITY + 1, use_shared);
    prepare(&other, CHECK_PRIORITY + 1, use_shared);
    otter_freertos_task_start(&one.task);
    otter_freertos_task_start(&other.task);
    vTaskDelay(1);
    return one.steps == 1 && other.steps == 1 && !shared.differed && shared.right == 2 * LOCK_ROUNDS
           && shared.left == shared.right;
}

static uint32_t sink;

static uint32_t use_stack(uint32_t depth) // NOLINT(misc-no-recursion)
{
    volatile uint32_t words[32] = { depth };

    sink += words[0];
    vTaskDelay(1);
    return depth == 0 ? 0 : use_stack(depth - 1) + words[0];
}

static uint32_t run_over(void *subject, uint32_t now_ms)
{
    (void)subject;
    (void)now_ms;
    return use_stack(100);
}

/* Ends in a panic, which the test looks for. */
static bool check_overflow(void)
{
    prepare(&one, CHECK_PRIORITY + 1, run_over);
    otter_freertos_task_start(&one.task);
    vTaskDelay(A_LONG_WHILE);
    return false;
}

static const struct {
    const char *name;
    bool (*check)(void);
} checks[] = {
    { "pace", check_pace },   { "wake", check_wake },         { "interrupt", check_interrupt },
    { "guard", check_guard }, { "overflow", check_overflow },
};

static uint32_t run_check(void *subject, uint32_t now_ms)
{
    (void)subject;
    (void)now_ms;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (otter_mps2_host_argument(checks[i].name)) {
            otter_mps2_console_line("check: ", "ready");
            otter_mps2_host_exit(checks[i].check() ? 0 : 1);
        }
    }
    otter_mps2_host_exit(2);
}

int main(void)
{
    static struct worker check;

    otter_mps2_console_start();
    otter_mps2_clock_start();
    if (otter_mps2_reset_take().cause == OTTER_MPS2_FAULT) {
        otter_mps2_host_exit(3);
    }
    prepare(&check, CHECK_PRIORITY, run_check);
    otter_freertos_task_start(&check.task);
    vTaskStartScheduler();
    otter_mps2_host_exit(4);
}
