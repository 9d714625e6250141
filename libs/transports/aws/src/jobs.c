/* SPDX-License-Identifier: Apache-2.0 */

/* The job source: the next execution is asked for, and what becomes of it is told until the service has
 * accepted it.
 *
 * What is told first after a restart is told about the execution in progress, which comes before all that
 * are queued: there is one at most, the one that was begun before the restart. If there is none, it was
 * cancelled, and nobody waits for a word. */

#include <stddef.h>

#include "connection.h"
#include "exchange.h"
#include "otter/log.h"
#include "topics.h"

/* The connection failed: end it, so that the next call begins with a new one. */
static enum otter_result give_up(struct otter_aws_transport *transport, enum otter_result result)
{
    if (result != OTTER_AGAIN) {
        otter_aws_disconnect(transport);
    }
    return result;
}

/* Asking ------------------------------------------------------------------------------------- */

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    struct otter_aws_transport *transport = self;

    transport->identity = identity;
    transport->is_announced = transport->is_announced && transport->is_fresh;
    otter_aws_rest(transport);
    otter_aws_ask(transport);
    return otter_aws_connect(transport, now_ms);
}

static void describe(const struct otter_aws_transport *transport, struct otter_job *job)
{
    const struct otter_aws_execution *execution = &transport->execution;

    *job = (struct otter_job){
        .is_versionless = true,
        .is_unread = true,
        .has_size = true,
        .files = execution->files,
        .file_count = execution->file_count,
        .is_installed = execution->has_self_test,
    };
    for (uint8_t i = 0; i < execution->file_count; i++) {
        job->size += execution->files[i].size;
    }
}

static bool is_on_trial(const struct otter_aws_transport *transport)
{
    const struct otter_aws_transport_config *config = transport->config;

    return config->is_on_trial != NULL && config->is_on_trial(config->context);
}

/* The execution in progress is that of the program on trial, also if the message before the restart did
 * not come through. Without one, that program must not stay.
 * @return OTTER_OK: there is nothing more to tell; OTTER_AGAIN: its start is being told */
static enum otter_result judge_trial(struct otter_aws_transport *transport)
{
    struct otter_aws_execution *execution = &transport->execution;

    if (!execution->exists || !execution->is_in_progress) {
        otter_aws_set_detail(transport, "the job of the program on trial is gone", "");
        return OTTER_ERR_JOB_CANCELLED;
    }
    execution->has_self_test = true;
    execution->is_update = true;
    transport->document = OTTER_OK; /* whatever it says, it was followed */
    if (transport->is_announced) {
        return OTTER_OK;
    }
    transport->is_announced = true;
    otter_aws_tell(transport, AWS_MOMENT_ACTIVE);
    return OTTER_AGAIN;
}

static enum otter_result judge(struct otter_aws_transport *transport, struct otter_job *job)
{
    const struct otter_aws_execution *execution = &transport->execution;

    if (is_on_trial(transport)) {
        const enum otter_result result = judge_trial(transport);

        if (result != OTTER_OK) {
            return result;
        }
    }
    if (!execution->exists) {
        return OTTER_NO_UPDATE;
    }
    if (transport->document != OTTER_OK) {
        return transport->document;
    }
    if (!execution->is_update) {
        otter_log(OTTER_LOG_NOTICE, OTTER_LOG_TRANSPORT, "the next job is no OTA update");
        return OTTER_NO_UPDATE;
    }
    describe(transport, job);
    return OTTER_OK;
}

static enum otter_result converse(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const enum otter_result result = otter_aws_converse(transport, now_ms);

    return result == OTTER_OK ? otter_aws_pursue(transport, now_ms) : result;
}

static enum otter_result step(void *self, uint32_t now_ms, struct otter_job *job)
{
    struct otter_aws_transport *transport = self;
    const enum otter_result result = converse(transport, now_ms);

    if (result == OTTER_OK) {
        return judge(transport, job);
    }
    return result == OTTER_ERR_JOB_CANCELLED ? result : give_up(transport, result);
}

/* Reporting ----------------------------------------------------------------------------------- */

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *report, uint32_t now_ms)
{
    struct otter_aws_transport *transport = self;

    transport->identity = identity;
    transport->report = *report;
    transport->is_known = transport->execution.exists;
    otter_aws_rest(transport);
    if (transport->is_fresh && transport->execution.exists) {
        otter_aws_tell(transport, AWS_MOMENT_REPORT);
    } else {
        otter_aws_ask(transport);
    }
    return otter_aws_connect(transport, now_ms);
}

/* Is the execution that was found the one that the report is about? */
static bool is_reported(const struct otter_aws_transport *transport)
{
    const struct otter_aws_execution *execution = &transport->execution;

    return transport->is_known ? execution->exists && transport->is_same
                               : execution->exists && execution->is_in_progress;
}

/* Nobody waits for it any more. What is pending must not be installed then. */
static enum otter_result drop_report(const struct otter_aws_transport *transport)
{
    return transport->report.stage == OTTER_REPORT_PENDING ? OTTER_ERR_JOB_CANCELLED : OTTER_OK;
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    struct otter_aws_transport *transport = self;
    const bool was_asking = otter_aws_is_asking(transport);
    const enum otter_result result = converse(transport, now_ms);

    if (result == OTTER_ERR_JOB_CANCELLED) {
        return drop_report(transport);
    }
    if (result != OTTER_OK || !was_asking) {
        return result == OTTER_OK ? OTTER_OK : give_up(transport, result);
    }
    if (!is_reported(transport)) {
        return drop_report(transport);
    }
    otter_aws_tell(transport, AWS_MOMENT_REPORT);
    return OTTER_AGAIN;
}

static void close(void *self)
{
    struct otter_aws_transport *transport = self;

    otter_aws_forget_question(transport);
    otter_aws_rest(transport);
    if (!transport->config->stay_connected) {
        otter_aws_disconnect(transport);
    }
}

struct otter_job_source otter_aws_job_source(struct otter_aws_transport *transport)
{
    static const struct otter_job_source_ops ops = {
        .ask = ask,
        .step = step,
        .report = report,
        .report_step = report_step,
        .close = close,
        .explain = otter_aws_explain,
    };

    return (struct otter_job_source){ &ops, transport };
}

/* Listening ----------------------------------------------------------------------------------- */

#define LISTEN_PAUSE_MS     5000u
#define LISTEN_PAUSE_MAX_MS 300000u

static uint32_t pause_of(const struct otter_aws_transport *transport)
{
    uint32_t pause_ms = LISTEN_PAUSE_MS;

    for (uint8_t i = 1; i < transport->failures && pause_ms < LISTEN_PAUSE_MAX_MS; i++) {
        pause_ms *= 2;
    }
    return pause_ms / 2 + transport->nonce % (pause_ms / 2);
}

/* While there was no session, anything may have been announced. */
static void listen_anew(struct otter_aws_transport *transport, uint32_t now_ms)
{
    if (transport->failures != 0 && now_ms - transport->listen_ms < pause_of(transport)) {
        return;
    }
    transport->listen_ms = now_ms;
    if (transport->failures < UINT8_MAX) {
        transport->failures++;
    }
    transport->has_news = otter_aws_connect(transport, now_ms) == OTTER_OK;
}

bool otter_aws_transport_listen(struct otter_aws_transport *transport, uint32_t now_ms)
{
    if (!transport->config->stay_connected) {
        return false;
    }
    if (!otter_aws_is_online(transport)) {
        listen_anew(transport, now_ms);
        return false;
    }
    if (otter_aws_converse(transport, now_ms) != OTTER_OK) {
        return false;
    }
    transport->failures = 0;
    return transport->has_news;
}

void otter_aws_transport_close(struct otter_aws_transport *transport)
{
    otter_aws_disconnect(transport);
}
