/* SPDX-License-Identifier: Apache-2.0 */

#include "trial.h"

void trial_init(struct trial *trial, bool on_trial, uint32_t limit_ms, uint32_t now_ms)
{
    *trial = (struct trial){
        .is_running = on_trial,
        .started_ms = now_ms,
        .limit_ms = limit_ms,
    };
}

void trial_pass(struct trial *trial)
{
    trial->is_running = false;
}

bool trial_step(struct trial *trial, uint32_t now_ms)
{
    if (!trial->is_running || now_ms - trial->started_ms < trial->limit_ms) {
        return false;
    }
    trial->is_running = false;
    trial->has_failed = true;
    return true;
}
