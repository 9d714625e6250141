/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "otter/agent_task.h"

void otter_agent_task_init(struct otter_agent_task *task, struct otter_agent *agent,
                           struct otter_guard guard, uint32_t now_ms)
{
    *task = (struct otter_agent_task){ .agent = agent, .guard = guard };
    otter_agent_get_status(agent, now_ms, &task->status);
}

static uint8_t take_wishes(struct otter_agent_task *task)
{
    uint8_t wishes;

    task->guard.enter(task->guard.context);
    wishes = task->wishes;
    task->wishes = 0;
    task->guard.leave(task->guard.context);
    return wishes;
}

static void carry_out(struct otter_agent_task *task, uint8_t wishes, uint32_t now_ms)
{
    if ((wishes & OTTER_WISH_STOP) != 0) {
        otter_agent_stop(task->agent, now_ms);
    }
    if ((wishes & OTTER_WISH_START) != 0) {
        otter_agent_start(task->agent, now_ms);
    }
    if ((wishes & OTTER_WISH_CHECK_NOW) != 0) {
        otter_agent_check_now(task->agent);
    }
}

static void publish(struct otter_agent_task *task, uint32_t now_ms,
                    const enum otter_result *confirm)
{
    struct otter_agent_status status;

    otter_agent_get_status(task->agent, now_ms, &status);
    task->guard.enter(task->guard.context);
    task->status = status;
    if (confirm != NULL) {
        task->confirm_result = *confirm;
    }
    task->guard.leave(task->guard.context);
}

uint32_t otter_agent_task_step(struct otter_agent_task *task, uint32_t now_ms)
{
    const uint8_t wishes = take_wishes(task);
    uint32_t wait_ms;

    carry_out(task, wishes, now_ms);
    if ((wishes & OTTER_WISH_CONFIRM) != 0) {
        const enum otter_result result = otter_agent_confirm(task->agent);

        publish(task, now_ms, &result);
    }
    wait_ms = otter_agent_step(task->agent, now_ms);
    publish(task, now_ms, NULL);
    return wait_ms;
}

void otter_agent_task_wish(struct otter_agent_task *task, enum otter_agent_wish wish)
{
    unsigned taken_back = 0;

    if (wish == OTTER_WISH_START) {
        taken_back = OTTER_WISH_STOP;
    } else if (wish == OTTER_WISH_STOP) {
        taken_back = OTTER_WISH_START;
    }
    task->guard.enter(task->guard.context);
    task->wishes = (uint8_t)((task->wishes & ~taken_back) | (unsigned)wish);
    if (wish == OTTER_WISH_CONFIRM) {
        task->confirm_result = OTTER_AGAIN;
    }
    task->guard.leave(task->guard.context);
    task->guard.wake(task->guard.context);
}

void otter_agent_task_get_status(struct otter_agent_task *task, struct otter_agent_status *status,
                                 enum otter_result *confirm_result)
{
    task->guard.enter(task->guard.context);
    *status = task->status;
    if (confirm_result != NULL) {
        *confirm_result = task->confirm_result;
    }
    task->guard.leave(task->guard.context);
}
