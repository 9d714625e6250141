/* SPDX-License-Identifier: Apache-2.0 */

/* The stages of an update, as a table. docs/DESIGN.md shows it as a picture.
 *
 * Every road ends in REPORTING, RESTARTING, IDLE; those who have nothing to do there are passed
 * over. That is why a failed report cannot prevent a restart, and no failure can prevent the next
 * session. */

#include "internal.h"

static enum otter_result go_on(struct otter_agent *agent, uint32_t now_ms)
{
    (void)agent;
    (void)now_ms;
    return OTTER_OK;
}

static enum otter_result restart(struct otter_agent *agent, uint32_t now_ms)
{
    (void)now_ms;
    agent->config->hooks->restart(agent->config->hooks_context);
    return OTTER_OK;
}

static bool has_account(const struct otter_agent *agent)
{
    return agent->account_is_due;
}

static bool has_report(const struct otter_agent *agent)
{
    return agent->report_is_due;
}

static bool has_to_restart(const struct otter_agent *agent)
{
    return agent->restart_is_due;
}

static bool to_connect(const struct otter_agent *agent, enum otter_result result)
{
    return otter_agent_is_about_the_connection(result)
           && agent->failures + 1u < agent->config->timing.connect_retries;
}

static bool to_download(const struct otter_agent *agent, enum otter_result result)
{
    return (otter_agent_is_about_the_connection(result) || result == OTTER_ERR_IMAGE_CHANGED)
           && agent->failures + 1u < agent->config->timing.max_download_tries;
}

/* A file from more than one session may be of more than one image: it is fetched once more, in one
 * piece, before anybody is blamed. Who pushes it must begin anew himself. */
static bool from_one_piece(const struct otter_agent *agent, enum otter_result result)
{
    return result != OTTER_ERR_STOPPED && agent->is_pieced && agent->failures == 0
           && !agent->job.is_pushed;
}

void otter_agent_end_session(struct otter_agent *agent, uint32_t now_ms)
{
    const uint32_t interval_s = agent->is_urgent ? 0 : agent->config->timing.next_check_interval_s;

    agent->is_urgent = false;
    agent->has_job = false;
    agent->report_is_due = false;
    agent->restart_is_due = false;
    agent->failures = 0;
    otter_agent_pause(agent, now_ms, 1000 * interval_s);
}

/* clang-format off */
const struct otter_agent_row otter_agent_rows[OTTER_STAGES] = {
    [OTTER_STAGE_IDLE] = {
        .run = go_on, .is_silent = true,
        .on_ok = OTTER_STAGE_ACCOUNTING, .on_retry = OTTER_STAGE_IDLE, .on_error = OTTER_STAGE_IDLE,
        .failure = OTTER_AGENT_UNREPORTED },
    [OTTER_STAGE_ACCOUNTING] = {
        .run = otter_agent_account, .wanted = has_account, .tries_again = to_connect,
        .on_ok = OTTER_STAGE_ASKING, .on_retry = OTTER_STAGE_ACCOUNTING, .on_error = OTTER_STAGE_ASKING,
        .failure = OTTER_AGENT_UNREPORTED },
    [OTTER_STAGE_ASKING] = {
        .run = otter_agent_ask, .tries_again = to_connect,
        .on_ok = OTTER_STAGE_CHECKING, .on_retry = OTTER_STAGE_ASKING, .on_error = OTTER_STAGE_REPORTING,
        .failure = OTTER_REPORT_REFUSED },
    [OTTER_STAGE_CHECKING] = {
        .run = otter_agent_check,
        .on_ok = OTTER_STAGE_OPENING, .on_retry = OTTER_STAGE_IDLE, .on_error = OTTER_STAGE_REPORTING,
        .failure = OTTER_REPORT_REFUSED },
    [OTTER_STAGE_OPENING] = {
        .run = otter_agent_open, .wanted = otter_agent_lacks_bytes, .tries_again = to_download,
        .on_ok = OTTER_STAGE_DOWNLOADING, .on_retry = OTTER_STAGE_OPENING, .on_error = OTTER_STAGE_REPORTING,
        .failure = OTTER_REPORT_FAILED },
    [OTTER_STAGE_DOWNLOADING] = {
        .run = otter_agent_download, .wanted = otter_agent_lacks_bytes, .leave = otter_agent_close_data,
        .tries_again = to_download,
        .on_ok = OTTER_STAGE_VERIFYING, .on_retry = OTTER_STAGE_OPENING, .on_error = OTTER_STAGE_REPORTING,
        .failure = OTTER_REPORT_FAILED },
    [OTTER_STAGE_VERIFYING] = {
        .run = otter_agent_verify, .tries_again = from_one_piece,
        .on_ok = OTTER_STAGE_PENDING, .on_retry = OTTER_STAGE_OPENING, .on_error = OTTER_STAGE_REPORTING,
        .failure = OTTER_REPORT_FAILED },
    [OTTER_STAGE_PENDING] = {
        .run = otter_agent_make_pending,
        .on_ok = OTTER_STAGE_REPORTING, .on_retry = OTTER_STAGE_IDLE, .on_error = OTTER_STAGE_REPORTING,
        .failure = OTTER_REPORT_FAILED },
    [OTTER_STAGE_REPORTING] = {
        .run = otter_agent_report, .wanted = has_report, .leave = otter_agent_end_conversation, .tries_again = to_connect,
        .on_ok = OTTER_STAGE_RESTARTING, .on_retry = OTTER_STAGE_REPORTING, .on_error = OTTER_STAGE_RESTARTING,
        .failure = OTTER_AGENT_UNREPORTED },
    [OTTER_STAGE_RESTARTING] = {
        .run = restart, .wanted = has_to_restart, .leave = otter_agent_end_session,
        .on_ok = OTTER_STAGE_IDLE, .on_retry = OTTER_STAGE_IDLE, .on_error = OTTER_STAGE_IDLE,
        .failure = OTTER_AGENT_UNREPORTED },
};
/* clang-format on */
