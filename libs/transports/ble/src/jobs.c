/* SPDX-License-Identifier: Apache-2.0 */

/* The job source: a peer's offer becomes a job, and the agent's report the peer's answer.
 *
 * What the agent takes in hand is one transfer, from the job to the report. If the peer gives that up,
 * the agent hears of it when it comes for data; the peer may have announced the next image by then. */

#include <string.h>

#include "ble.h"

enum otter_result otter_ble_init(struct otter_ble *ble, const struct otter_ble_config *config)
{
    *ble = (struct otter_ble){ .config = config, .detail = "" };
    return config->variant != NULL && config->variant->is_configured(config)
                   && config->stack != NULL && config->buffer != NULL
                   && config->buffer_size >= OTTER_BLE_VALUE_MAX
                   && config->buffer_size <= UINT32_MAX
               ? OTTER_OK
               : OTTER_ERR_ARGUMENT;
}

bool otter_ble_has_peer(void *ble)
{
    const struct otter_ble *self = ble;
    bool has_peer;

    otter_ble_enter(self);
    has_peer = self->phase >= PHASE_OFFERED || self->reply.state == REPLY_DUE;
    otter_ble_leave(self);
    return has_peer;
}

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    (void)self;
    (void)identity;
    (void)now_ms;
    return OTTER_OK;
}

static void describe(const struct otter_ble *ble, struct otter_job *job)
{
    *job = (struct otter_job){
        .is_direct = true,
        .is_versionless = true,
        .is_unread = true,
        .is_pushed = true,
        .has_size = true,
        .has_sha256 = ble->is_resumed,
        .connection = OTTER_JOB_CONNECTION_BLUETOOTH,
        .size = otter_ble_image_size(ble),
    };
    memcpy(job->sha256, ble->digest, sizeof job->sha256);
}

static enum otter_result step_job(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct otter_ble *ble = self;
    bool is_offered;

    (void)now_ms;
    otter_ble_enter(ble);
    is_offered = ble->phase == PHASE_OFFERED;
    if (is_offered) {
        describe(ble, job);
        ble->is_in_hand = true;
        ble->is_void = false;
        ble->is_complete = false;
    }
    otter_ble_leave(ble);
    otter_ble_flush(ble);
    return is_offered ? OTTER_OK : OTTER_AGAIN;
}

/* An image that was all here already is known to be good before the peer has asked. */
static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms)
{
    struct otter_ble *ble = self;

    (void)identity;
    ble->farewell_began_ms = now_ms;
    otter_ble_enter(ble);
    ble->is_outcome_known =
        otter_ble_has_transfer(ble) && report->result == OTTER_OK && ble->phase == PHASE_OFFERED;
    if (ble->is_outcome_known) {
        otter_ble_accept(ble, otter_ble_image_size(ble));
    } else if (otter_ble_has_transfer(ble)) {
        otter_ble_conclude(ble, report->result);
    }
    otter_ble_leave(ble);
    return OTTER_OK;
}

static bool is_waited_for(const struct otter_ble *ble)
{
    return ble->is_connected && (ble->reply.state != REPLY_NONE || otter_ble_has_transfer(ble));
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    struct otter_ble *ble = self;
    bool goes_on;

    otter_ble_flush(ble);
    otter_ble_enter(ble);
    if (ble->is_outcome_known && otter_ble_has_transfer(ble) && ble->phase == PHASE_VERIFYING) {
        otter_ble_conclude(ble, OTTER_OK);
    }
    goes_on = is_waited_for(ble) && now_ms - ble->farewell_began_ms < ble->config->farewell_ms;
    otter_ble_leave(ble);
    return goes_on ? OTTER_AGAIN : OTTER_OK;
}

/* The agent lays down what it had in hand. If it has not reported by now, the device cannot take an
 * update: one is pending, or on trial. */
static void close_job(void *self)
{
    struct otter_ble *ble = self;

    otter_ble_enter(ble);
    if (otter_ble_has_transfer(ble)) {
        otter_ble_conclude(ble, OTTER_NO_UPDATE);
    }
    ble->is_in_hand = false;
    ble->is_void = false;
    ble->is_outcome_known = false;
    otter_ble_leave(ble);
    otter_ble_flush(ble);
}

struct otter_job_source otter_ble_job_source(struct otter_ble *ble)
{
    static const struct otter_job_source_ops ops = {
        .ask = ask,
        .step = step_job,
        .report = report,
        .report_step = report_step,
        .close = close_job,
        .explain = otter_ble_explain,
    };

    return (struct otter_job_source){ &ops, ble };
}
