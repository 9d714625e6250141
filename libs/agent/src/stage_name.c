/* SPDX-License-Identifier: Apache-2.0 */

/* Apart from text.c, so that a program which says nothing to people does not hold its phrases. */

#include "otter/agent.h"

const char *otter_agent_stage_name(enum otter_agent_stage stage)
{
    static const char *const names[OTTER_STAGES] = {
        [OTTER_STAGE_IDLE] = "idle",           [OTTER_STAGE_ACCOUNTING] = "accounting",
        [OTTER_STAGE_ASKING] = "asking",       [OTTER_STAGE_CHECKING] = "checking",
        [OTTER_STAGE_OPENING] = "opening",     [OTTER_STAGE_DOWNLOADING] = "downloading",
        [OTTER_STAGE_VERIFYING] = "verifying", [OTTER_STAGE_PENDING] = "pending",
        [OTTER_STAGE_REPORTING] = "reporting", [OTTER_STAGE_RESTARTING] = "restarting",
    };
    return names[stage];
}
