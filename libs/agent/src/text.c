/* SPDX-License-Identifier: Apache-2.0 */

/* Events as lines for people, built without printf. */

#include "otter/text.h"
#include "internal.h"

/* What is said of each stage; "update 1.1.0: " goes before it where a job is known, or "update: " where
 * its version is not. */
struct phrases {
    const char *begin;
    const char *done;
    const char *doing; /* "... failed while <doing>" */
};

static const struct phrases phrases[OTTER_STAGES] = {
    [OTTER_STAGE_IDLE] = { "waiting", "a check is due", "waiting" },
    [OTTER_STAGE_ACCOUNTING] = { "reporting how the last update ended", "reported", "reporting" },
    [OTTER_STAGE_ASKING] = { "asking for an update", "offered", "asking for an update" },
    [OTTER_STAGE_CHECKING] = { "checking the job", "accepted", "checking the job" },
    [OTTER_STAGE_OPENING] = { "opening the data source", "data source open",
                              "opening the data source" },
    [OTTER_STAGE_DOWNLOADING] = { "downloading", "downloaded", "downloading" },
    [OTTER_STAGE_VERIFYING] = { "verifying in place", "hash and signature are good", "verifying" },
    [OTTER_STAGE_PENDING] = { "making it pending", "pending, installed at the next restart",
                              "making it pending" },
    [OTTER_STAGE_REPORTING] = { "reporting", "reported", "reporting" },
    [OTTER_STAGE_RESTARTING] = { "restarting to install it", "restart requested", "restarting" },
};

/* 98304 as "98,304". */
static void append_grouped(struct otter_text *text, uint32_t value)
{
    if (value >= 1000) {
        const uint32_t rest = value % 1000;

        append_grouped(text, value / 1000);
        otter_text_append(text, rest < 10 ? ",00" : rest < 100 ? ",0" : ",");
        otter_text_append_u32(text, rest);
        return;
    }
    otter_text_append_u32(text, value);
}

/* Which version it is about; NULL: none, or one that only the image itself knows, which was not read. */
static const struct otter_version *version_of(const struct otter_agent_event *event)
{
    if (event->job != NULL && event->job->is_unread) {
        return NULL;
    }
    if (event->report != NULL) {
        return &event->report->version;
    }
    return event->job != NULL ? &event->job->version : NULL;
}

static void append_subject(struct otter_text *text, const struct otter_agent_event *event)
{
    const struct otter_version *version = version_of(event);

    if (event->report == NULL && event->job == NULL) {
        return;
    }
    otter_text_append(text, "update");
    if (version != NULL) {
        otter_text_append(text, " ");
        otter_text_append_version(text, version);
    }
    otter_text_append(text, ": ");
}

/* What a report says: "reporting (reverted)". */
static void append_report(struct otter_text *text, const struct otter_agent_event *event)
{
    if (event->report != NULL) {
        otter_text_append(text, " (");
        otter_text_append(text, otter_report_stage_name(event->report->stage));
        otter_text_append(text, ")");
    }
}

static void append_detail(struct otter_text *text, const struct otter_agent_event *event)
{
    if (event->detail[0] != '\0') {
        otter_text_append(text, " (");
        otter_text_append(text, event->detail);
        otter_text_append(text, ")");
    }
}

static void append_bytes(struct otter_text *text, const struct otter_agent_event *event)
{
    append_grouped(text, event->bytes);
    otter_text_append(text, " of ");
    append_grouped(text, event->total);
    otter_text_append(text, " bytes");
}

static void tell_begin(struct otter_text *text, const struct otter_agent_event *event)
{
    append_subject(text, event);
    otter_text_append(text, phrases[event->stage].begin);
    if (event->stage == OTTER_STAGE_DOWNLOADING && event->bytes > 0) {
        otter_text_append(text, ", ");
        append_bytes(text, event);
        otter_text_append(text, " are here already");
    }
    append_report(text, event);
}

static void tell_progress(struct otter_text *text, const struct otter_agent_event *event)
{
    append_subject(text, event);
    otter_text_append_u32(text, event->percent);
    otter_text_append(text, " % (");
    append_bytes(text, event);
    otter_text_append(text, ")");
}

/* Nothing to install is no failure, whoever found it out. */
static void tell_no_update(struct otter_text *text, const struct otter_agent_event *event)
{
    const struct otter_version *offered = version_of(event);

    otter_text_append(text, "no update: running ");
    otter_text_append_version(text, &event->running);
    if (offered != NULL) {
        otter_text_append(text, ", offered ");
        otter_text_append_version(text, offered);
    }
    append_detail(text, event);
}

static void tell_done(struct otter_text *text, const struct otter_agent_event *event)
{
    if (event->result == OTTER_NO_UPDATE) {
        tell_no_update(text, event);
        return;
    }
    append_subject(text, event);
    otter_text_append(text, phrases[event->stage].done);
    append_report(text, event);
}

static void tell_refused(struct otter_text *text, const struct otter_agent_event *event)
{
    const struct otter_version *version = version_of(event);

    otter_text_append(text, "refused ");
    if (version != NULL) {
        otter_text_append_version(text, version);
    } else {
        otter_text_append(text, "the job");
    }
    otter_text_append(text, ": ");
    otter_text_append(text, otter_result_meaning(event->result));
    append_detail(text, event);
}

static void append_what_next(struct otter_text *text, const struct otter_agent_event *event)
{
    const char *hint = otter_result_hint(event->result);

    if (event->retry_ms > 0) {
        otter_text_append(text, "; next try in ");
        otter_text_append_u32(text, (event->retry_ms + 999) / 1000);
        otter_text_append(text, " s");
    } else if (hint[0] != '\0') {
        otter_text_append(text, "; ");
        otter_text_append(text, hint);
    }
}

static void tell_failed(struct otter_text *text, const struct otter_agent_event *event)
{
    if (event->result == OTTER_ERR_JOB_NOT_NEWER) {
        tell_no_update(text, event);
        return;
    }
    if (otter_agent_is_about_a_document(event->result)) {
        tell_refused(text, event);
        return;
    }
    append_subject(text, event);
    otter_text_append(text, "failed while ");
    otter_text_append(text, phrases[event->stage].doing);
    otter_text_append(text, ": ");
    otter_text_append(text, otter_result_meaning(event->result));
    append_detail(text, event);
    append_what_next(text, event);
}

const char *otter_agent_event_text(const struct otter_agent_event *event, char *text, size_t size)
{
    static void (*const tell[])(struct otter_text *, const struct otter_agent_event *) = {
        [OTTER_REASON_BEGIN] = tell_begin,
        [OTTER_REASON_PROGRESS] = tell_progress,
        [OTTER_REASON_DONE] = tell_done,
        [OTTER_REASON_FAILED] = tell_failed,
    };
    struct otter_text line;

    otter_text_init(&line, text, size);
    tell[event->reason](&line, event);
    return text;
}

bool otter_agent_event_is_news(const struct otter_agent_event *event, uint8_t *said_percent)
{
    if (event->reason != OTTER_REASON_PROGRESS) {
        *said_percent = 0;
        return true;
    }
    if (event->percent < *said_percent + 10) {
        return false;
    }
    *said_percent = (uint8_t)(event->percent / 10 * 10);
    return true;
}
