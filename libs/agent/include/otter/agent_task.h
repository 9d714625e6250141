/* SPDX-License-Identifier: Apache-2.0 */

/** An agent in a thread or task of its own.
 *
 * The agent itself knows no thread: one of them steps it, and nobody else may touch it. This is the
 * hatch between that thread and all others. Wishes are left here and carried out before the next
 * step; the status is a copy made after the last one. So nobody waits for a flash erase or a
 * handshake, and the application's callback may use everything here too.
 *
 * A thread of ports/posix runs it like this, and an RTOS task in the same way (docs/agent.md):
 *
 *     otter_agent_task_init(&task, &agent, otter_posix_thread_guard(&thread), now_ms);
 *     otter_posix_thread_start(&thread, step, &task);   (step calls otter_agent_task_step)
 */
#ifndef OTTER_AGENT_TASK_H
#define OTTER_AGENT_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/agent.h"
#include "otter/guard.h"

/** What any thread may ask for. */
enum otter_agent_wish {
    OTTER_WISH_START = 1,     /**< otter_agent_start() */
    OTTER_WISH_STOP = 2,      /**< otter_agent_stop() */
    OTTER_WISH_CHECK_NOW = 4, /**< otter_agent_check_now() */
    OTTER_WISH_CONFIRM = 8,   /**< otter_agent_confirm() */
};

/** Allocate it anywhere; the fields are its own. */
struct otter_agent_task {
    struct otter_agent *agent;
    struct otter_guard guard;
    uint8_t wishes; /* guarded, as all below */
    struct otter_agent_status status;
    enum otter_result confirm_result;
};

/** @param agent  initialized; from here on only the working thread touches it */
void otter_agent_task_init(struct otter_agent_task *task, struct otter_agent *agent,
                           struct otter_guard guard, uint32_t now_ms);

/** The working thread's: carry wishes out, step the agent, publish its status.
 *  @return as otter_agent_step() */
uint32_t otter_agent_task_step(struct otter_agent_task *task, uint32_t now_ms);

/** Any thread's: leave a wish and wake the working thread. A stop takes back a start that was not
 * carried out yet, and the other way round. */
void otter_agent_task_wish(struct otter_agent_task *task, enum otter_agent_wish wish);

/** Any thread's: how things were after the last step.
 *
 *  @param confirm_result  NULL, or set to what the last OTTER_WISH_CONFIRM came to; OTTER_AGAIN if
 *                         it was not carried out yet, OTTER_OK if there was none */
void otter_agent_task_get_status(struct otter_agent_task *task, struct otter_agent_status *status,
                                 enum otter_result *confirm_result);

#endif
