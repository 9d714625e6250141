/* SPDX-License-Identifier: Apache-2.0 */

/* The agent: an interpreter of the table in stages.c, and what a program calls.
 *
 * A step runs the present stage once. What the stage returns, together with its row, says where to
 * go: on when it is done, round again when the connection failed and tries are left, out when it
 * failed for good. The application is asked once each time a stage is entered, and told how it
 * ended. */

#include "internal.h"
#include "otter/log.h"

static bool has_all_hooks(const struct otter_agent_config *config)
{
    const struct otter_agent_hooks *hooks = config->hooks;

    return hooks->event != NULL && hooks->restart != NULL && hooks->random != NULL;
}

static bool buffer_is_usable(const struct otter_agent_config *config)
{
    return config->buffer_size >= 256 && config->buffer != NULL
           && config->buffer_size % otter_area_write_size(&config->secondary) == 0;
}

/* The agent writes the flags of a request; what a strategy keeps below them is the bootloader's. */
static bool leaves_room_for_request(const struct otter_agent *agent, const struct otter_area *slot,
                                    uint32_t limit)
{
    const uint32_t room = otter_trailer_swap_info_offset(&agent->shape, slot->size);
    const uint32_t start = agent->config->layout->staging_offset;

    return limit > 0 && start <= room && limit <= room - start;
}

enum otter_result otter_agent_prepare_writer(const struct otter_agent *agent,
                                             const struct otter_area *slot, uint32_t limit,
                                             struct otter_slotwriter *writer)
{
    const uint32_t unit = otter_area_write_size(slot);
    const struct otter_slotwriter_config config = {
        .slot = *slot,
        .start = agent->config->layout->staging_offset,
        .capacity = limit / unit * unit,
        .buffer = agent->config->buffer,
        .buffer_size = agent->config->buffer_size,
    };

    return leaves_room_for_request(agent, slot, limit) ? otter_slotwriter_init(writer, &config)
                                                       : OTTER_ERR_ARGUMENT;
}

static enum otter_result prepare_slots(struct otter_agent *agent)
{
    const struct otter_agent_config *config = agent->config;
    const enum otter_result result = otter_agent_prepare_writer(
        agent, &config->secondary, config->max_image_size, &agent->writer);

    return result == OTTER_OK && config->bundles != NULL ? config->bundles->ops->check_slots(agent)
                                                         : result;
}

enum otter_result otter_agent_init(struct otter_agent *agent,
                                   const struct otter_agent_config *config, uint32_t now_ms)
{
    enum otter_result result;

    *agent = (struct otter_agent){
        .config = config,
        .shape = otter_trailer_shape(config->layout),
        .stage = OTTER_STAGE_IDLE,
        .detail = "",
        .last_result = OTTER_NO_UPDATE,
    };
    if (!has_all_hooks(config) || !otter_agent_timing_is_valid(&config->timing)
        || !buffer_is_usable(config) || config->trust.crypto == NULL
        || (config->decrypt == NULL && config->trust.decryption_key != NULL)) {
        return OTTER_ERR_ARGUMENT;
    }
    result = prepare_slots(agent);
    if (result == OTTER_OK) {
        result = otter_journal_open(&agent->journal, &config->journal);
    }
    if (result == OTTER_OK) {
        result = otter_agent_recall(agent);
    }
    otter_agent_pause(agent, now_ms, 1000 * config->timing.initial_check_s);
    return result;
}

/* Telling the application -------------------------------------------------------------------- */

uint8_t otter_agent_percent(const struct otter_agent *agent)
{
    const struct otter_agent_extent extent = otter_agent_extent(agent);
    const uint32_t bytes = extent.durable;
    const uint32_t total = extent.total;

    if (total == 0) {
        return 0;
    }
    /* Without 64 bits; for images too big to be multiplied, a hundredth is exact enough. */
    return (uint8_t)(total <= UINT32_MAX / 100 ? bytes * 100 / total : bytes / (total / 100));
}

static const struct otter_report *report_of(const struct otter_agent *agent)
{
    if (agent->stage == OTTER_STAGE_ACCOUNTING) {
        return &agent->account;
    }
    return agent->stage == OTTER_STAGE_REPORTING ? &agent->report : NULL;
}

enum otter_agent_answer otter_agent_tell(struct otter_agent *agent, enum otter_agent_reason reason,
                                         enum otter_result result, uint32_t retry_ms)
{
    const struct otter_agent_config *config = agent->config;
    const struct otter_agent_extent extent = otter_agent_extent(agent);
    const struct otter_agent_event event = {
        .stage = agent->stage,
        .reason = reason,
        .result = result,
        .detail = agent->detail,
        .job = agent->has_job ? &agent->job : NULL,
        .running = config->identity.version,
        .report = report_of(agent),
        .retry_ms = retry_ms,
        .bytes = extent.durable,
        .total = extent.total,
        .percent = otter_agent_percent(agent),
    };

    return config->hooks->event(config->hooks_context, &event);
}

static enum otter_agent_answer tell_unless_silent(struct otter_agent *agent,
                                                  enum otter_agent_reason reason,
                                                  enum otter_result result, uint32_t retry_ms)
{
    if (otter_agent_rows[agent->stage].is_silent) {
        return OTTER_ANSWER_CONTINUE;
    }
    return otter_agent_tell(agent, reason, result, retry_ms);
}

/* The interpreter ---------------------------------------------------------------------------- */

/* Leave the present stage for @p next, and pass over stages that have nothing to do. */
static void enter(struct otter_agent *agent, enum otter_agent_stage next, uint32_t now_ms)
{
    const struct otter_agent_row *row = &otter_agent_rows[agent->stage];

    for (;;) {
        if (row->leave != NULL) {
            row->leave(agent, now_ms);
        }
        agent->stage = next;
        row = &otter_agent_rows[next];
        if (row->wanted == NULL || row->wanted(agent)) {
            break;
        }
        next = row->on_ok;
    }
    otter_log(OTTER_LOG_DEBUG, OTTER_LOG_AGENT, otter_agent_stage_name(next));
    agent->begun = false;
    agent->working = false;
}

static enum otter_result work(struct otter_agent *agent, uint32_t now_ms)
{
    const struct otter_agent_row *row = &otter_agent_rows[agent->stage];

    if (!agent->begun) {
        const enum otter_agent_answer answer =
            tell_unless_silent(agent, OTTER_REASON_BEGIN, OTTER_OK, 0);

        if (answer == OTTER_ANSWER_STOP) {
            return OTTER_ERR_STOPPED;
        }
        if (answer == OTTER_ANSWER_DONE_BY_ME) {
            return OTTER_OK;
        }
        if (answer == OTTER_ANSWER_LATER) {
            agent->wait_ms = OTTER_AGENT_LATER_MS;
            return OTTER_AGAIN;
        }
        agent->begun = true;
        agent->entered_ms = now_ms;
    }
    return row->run(agent, now_ms);
}

bool otter_agent_is_about_the_connection(enum otter_result result)
{
    return result <= OTTER_ERR_HOST && result >= OTTER_ERR_SERVER;
}

bool otter_agent_is_about_a_document(enum otter_result result)
{
    return (result <= OTTER_ERR_JOB_SYNTAX && result >= OTTER_ERR_JOB_REDIRECT)
           || result == OTTER_ERR_JOB_PRODUCT;
}

static bool is_worth_another_try(const struct otter_agent *agent, enum otter_result result)
{
    const struct otter_agent_row *row = &otter_agent_rows[agent->stage];

    return row->tries_again != NULL && row->tries_again(agent, result);
}

/* Whoever offered the job is told why it came to nothing. */
static void make_failure_report(struct otter_agent *agent, enum otter_result result)
{
    const int failure = otter_agent_rows[agent->stage].failure;

    if (failure == OTTER_AGENT_UNREPORTED || result == OTTER_NO_UPDATE
        || result == OTTER_ERR_JOB_CANCELLED || agent->config->do_not_send_result
        || !(agent->has_job || otter_agent_is_about_a_document(result))) {
        return;
    }
    agent->report = (struct otter_report){
        .stage = (enum otter_report_stage)failure,
        .result = result,
        .version = agent->has_job ? agent->job.version : (struct otter_version){ 0 },
    };
    agent->report_is_due = true;
}

static void try_again(struct otter_agent *agent, enum otter_result result, uint32_t now_ms)
{
    uint32_t pause_ms;

    agent->failures++;
    pause_ms = otter_agent_back_off_ms(agent, agent->failures);
    (void)tell_unless_silent(agent, OTTER_REASON_FAILED, result, pause_ms);
    otter_agent_pause(agent, now_ms, pause_ms);
    enter(agent, otter_agent_rows[agent->stage].on_retry, now_ms);
}

static void give_up(struct otter_agent *agent, enum otter_result result, uint32_t now_ms)
{
    const enum otter_agent_reason reason =
        result == OTTER_NO_UPDATE ? OTTER_REASON_DONE : OTTER_REASON_FAILED;

    agent->failures = 0;
    if (result == OTTER_ERR_JOB_CANCELLED && agent->config->service != NULL) {
        agent->config->service->ops->cancel(agent);
    }
    make_failure_report(agent, result);
    (void)tell_unless_silent(agent, reason, result, 0);
    enter(agent, otter_agent_rows[agent->stage].on_error, now_ms);
}

/* What a later look at the status wants to know: not that a failure was well reported. */
static void note_result(struct otter_agent *agent, enum otter_result result)
{
    if (agent->stage >= OTTER_STAGE_ASKING && agent->stage < OTTER_STAGE_REPORTING) {
        agent->last_result = result;
    }
}

static void move_on(struct otter_agent *agent, enum otter_result result, uint32_t now_ms)
{
    note_result(agent, result);
    if (result == OTTER_OK) {
        (void)tell_unless_silent(agent, OTTER_REASON_DONE, OTTER_OK, 0);
        enter(agent, otter_agent_rows[agent->stage].on_ok, now_ms);
    } else if (is_worth_another_try(agent, result)) {
        try_again(agent, result, now_ms);
    } else {
        give_up(agent, result, now_ms);
    }
}

uint32_t otter_agent_step(struct otter_agent *agent, uint32_t now_ms)
{
    const uint32_t left_ms = otter_agent_pause_left(agent, now_ms);
    enum otter_result result;

    if (agent->is_stopped) {
        return UINT32_MAX;
    }
    if (left_ms > 0) {
        return left_ms;
    }
    /* Over is over: a clock that wraps must not bring an old pause back. */
    agent->pause_ms = 0;
    agent->wait_ms = OTTER_AGENT_POLL_MS;
    agent->detail = "";
    result = work(agent, now_ms);
    if (result == OTTER_AGAIN) {
        return agent->wait_ms;
    }
    move_on(agent, result, now_ms);
    return otter_agent_pause_left(agent, now_ms);
}

/* What a program asks and says --------------------------------------------------------------- */

void otter_agent_check_now(struct otter_agent *agent)
{
    agent->pause_ms = 0;
}

void otter_agent_stop(struct otter_agent *agent, uint32_t now_ms)
{
    const struct otter_agent_config *config = agent->config;

    config->data->ops->close(config->data->self);
    config->jobs->ops->close(config->jobs->self);
    otter_agent_end_session(agent, now_ms);
    agent->stage = OTTER_STAGE_IDLE;
    agent->begun = false;
    agent->working = false;
    agent->is_stopped = true;
}

void otter_agent_start(struct otter_agent *agent, uint32_t now_ms)
{
    if (agent->is_stopped) {
        agent->is_stopped = false;
        otter_agent_pause(agent, now_ms, 1000 * agent->config->timing.initial_check_s);
    }
}

void otter_agent_get_status(const struct otter_agent *agent, uint32_t now_ms,
                            struct otter_agent_status *status)
{
    const struct otter_agent_extent extent = otter_agent_extent(agent);

    *status = (struct otter_agent_status){
        .is_stopped = agent->is_stopped,
        .stage = agent->stage,
        .wait_ms = agent->is_stopped ? 0 : otter_agent_pause_left(agent, now_ms),
        .last_result = agent->last_result,
        .running = agent->config->identity.version,
        .offered = agent->has_job ? agent->job.version : (struct otter_version){ 0 },
        .bytes = extent.durable,
        .total = extent.total,
        .percent = otter_agent_percent(agent),
        .is_pending = agent->is_staged,
        .reached_source = agent->reached_source,
    };
}

/* The outcome is due now, and the next session brings it. */
static void schedule_account(struct otter_agent *agent)
{
    agent->account = (struct otter_report){
        .stage = OTTER_REPORT_CONFIRMED,
        .result = OTTER_OK,
        .version = agent->config->identity.version,
    };
    agent->account_is_due = true;
    agent->is_urgent = agent->stage != OTTER_STAGE_IDLE;
    otter_agent_check_now(agent);
}

enum otter_result otter_agent_confirm(struct otter_agent *agent)
{
    const struct otter_agent_config *config = agent->config;
    enum otter_standing standing = OTTER_STANDING_SETTLED;
    enum otter_result result = otter_bootstate_standing(&config->primary, &agent->shape, &standing);

    /* Image 0 comes last: while it is on trial, a cut reverts all of them. */
    if (result == OTTER_OK && config->bundles != NULL) {
        result = config->bundles->ops->confirm_others(agent);
    }
    if (result == OTTER_OK) {
        result = otter_bootstate_confirm(&config->primary, &agent->shape);
    }
    if (result != OTTER_OK || standing != OTTER_STANDING_TRIAL) {
        return result;
    }
    if (config->do_not_send_result) {
        return otter_agent_forget_attempt(agent);
    }
    schedule_account(agent);
    return OTTER_OK;
}

enum otter_agent_stage otter_agent_stage(const struct otter_agent *agent)
{
    return agent->stage;
}

bool otter_agent_has_reached_source(const struct otter_agent *agent)
{
    return agent->reached_source;
}
