/* SPDX-License-Identifier: Apache-2.0 */

/* The conversation with the job source: asking, holding the job against this device, reporting. */

#include "internal.h"

static void end_conversation(struct otter_agent *agent)
{
    agent->config->jobs->ops->close(agent->config->jobs->self);
}

void otter_agent_end_conversation(struct otter_agent *agent, uint32_t now_ms)
{
    (void)now_ms;
    end_conversation(agent);
}

static void note_contact(struct otter_agent *agent)
{
    /* In direct flow nobody was asked: the first piece of the image will show it. */
    agent->reached_source = agent->reached_source || !agent->job.is_direct;
    agent->failures = 0;
}

/* What the source has to say about a failure; it may forget that when it is closed, but the
 * application is told before. */
static enum otter_result explained(struct otter_agent *agent, enum otter_result result)
{
    if (result != OTTER_OK && result != OTTER_AGAIN && result != OTTER_NO_UPDATE) {
        agent->detail = agent->config->jobs->ops->explain(agent->config->jobs->self);
    }
    return result;
}

/* Asking ------------------------------------------------------------------------------------- */

static bool is_an_answer(enum otter_result result)
{
    return result == OTTER_OK || result == OTTER_NO_UPDATE
           || otter_agent_is_about_a_document(result);
}

enum otter_result otter_agent_ask(struct otter_agent *agent, uint32_t now_ms)
{
    const struct otter_agent_config *config = agent->config;
    const struct otter_job_source *jobs = config->jobs;
    enum otter_result result = OTTER_OK;

    if (!agent->working) {
        result = jobs->ops->ask(jobs->self, &config->identity, now_ms);
    }
    if (result == OTTER_OK) {
        agent->working = true;
        result = jobs->ops->step(jobs->self, now_ms, &agent->job);
    }
    if (is_an_answer(result)) {
        note_contact(agent);
    }
    agent->has_job = result == OTTER_OK;
    if (result == OTTER_AGAIN
        && otter_agent_has_passed(agent->entered_ms, now_ms, config->timing.job_check_time_s)) {
        agent->detail = "no job came";
        return OTTER_ERR_TIMEOUT;
    }
    return explained(agent, result);
}

/* Checking ----------------------------------------------------------------------------------- */

static enum otter_result is_wanted(struct otter_agent *agent)
{
    const struct otter_agent_service *service = agent->config->service;

    return service != NULL ? service->ops->judge(agent) : OTTER_OK;
}

static enum otter_result is_for_this_device(struct otter_agent *agent)
{
    return otter_job_check(&agent->job, &agent->config->identity);
}

static enum otter_result was_not_rejected(struct otter_agent *agent)
{
    return otter_agent_is_rejected(agent, &agent->job) ? OTTER_ERR_JOB_REJECTED : OTTER_OK;
}

static enum otter_result fits_the_slot(struct otter_agent *agent)
{
    /* A bundle is as big as all its images, and says in its manifest how big each is. */
    const bool fits = !agent->job.has_size || agent->job.size <= agent->config->max_image_size
                      || agent->config->bundles != NULL;

    return fits ? OTTER_OK : OTTER_ERR_IMAGE_TOO_BIG;
}

/* Downloading it again would erase what the next restart installs. */
static enum otter_result is_not_staged(struct otter_agent *agent)
{
    if (!agent->is_staged
        || otter_version_compare(&agent->job.version, &agent->staged.version) != 0) {
        return OTTER_OK;
    }
    agent->detail = "it is pending already and is installed at the next restart";
    return OTTER_NO_UPDATE;
}

/* During a trial the secondary slot holds the way back. */
static enum otter_result slot_is_free(struct otter_agent *agent)
{
    enum otter_standing standing = OTTER_STANDING_SETTLED;
    enum otter_result result;

    if (agent->job.is_unread) {
        /* Its first bytes are looked at all the same: they show that the server is reached. */
        return OTTER_OK;
    }
    result = otter_bootstate_standing(&agent->config->primary, &agent->shape, &standing);
    if (result != OTTER_OK || standing != OTTER_STANDING_TRIAL) {
        return result;
    }
    agent->detail = "the running program is on trial and must be confirmed first";
    return OTTER_NO_UPDATE;
}

static enum otter_result (*const checks[])(struct otter_agent *agent) = {
    is_wanted, is_for_this_device, was_not_rejected, fits_the_slot, is_not_staged, slot_is_free,
};

enum otter_result otter_agent_judge_job(struct otter_agent *agent)
{
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        const enum otter_result result = checks[i](agent);

        if (result != OTTER_OK) {
            return result;
        }
    }
    return OTTER_OK;
}

enum otter_result otter_agent_check(struct otter_agent *agent, uint32_t now_ms)
{
    const enum otter_result result = otter_agent_judge_job(agent);

    (void)now_ms;
    agent->download_began = false;
    return result == OTTER_OK ? otter_agent_adopt_progress(agent) : result;
}

/* Reporting ---------------------------------------------------------------------------------- */

static enum otter_result deliver(struct otter_agent *agent, const struct otter_report *report,
                                 uint32_t now_ms)
{
    const struct otter_agent_config *config = agent->config;
    const struct otter_job_source *jobs = config->jobs;
    enum otter_result result = OTTER_OK;

    if (!agent->working) {
        result = jobs->ops->report(jobs->self, &config->identity, report, now_ms);
    }
    if (result == OTTER_OK) {
        agent->working = true;
        result = jobs->ops->report_step(jobs->self, now_ms);
    }
    if (result == OTTER_OK) {
        note_contact(agent);
    }
    return explained(agent, result);
}

enum otter_result otter_agent_report(struct otter_agent *agent, uint32_t now_ms)
{
    return deliver(agent, &agent->report, now_ms);
}

enum otter_result otter_agent_account(struct otter_agent *agent, uint32_t now_ms)
{
    const enum otter_result result = deliver(agent, &agent->account, now_ms);

    if (result != OTTER_OK) {
        return result;
    }
    agent->account_is_due = false;
    return otter_agent_forget_attempt(agent);
}
