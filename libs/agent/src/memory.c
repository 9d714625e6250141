/* SPDX-License-Identifier: Apache-2.0 */

/* What the agent remembers over restarts, and what it concludes from it.
 *
 * After a restart the agent compares three witnesses: the journal's record of the last attempt, the
 * trailers, and the version that runs. What they say together is a table. An attempt that did not
 * stay is remembered as rejected before anything else, so that a bad release costs one revert, not
 * one every interval. */

#include <string.h>

#include "internal.h"
#include "otter/bytes.h"

#define ATTEMPT_SIZE (OTTER_AGENT_REMEMBERED_SIZE + 1u)

void otter_agent_encode(const struct otter_remembered *remembered,
                        uint8_t bytes[OTTER_AGENT_REMEMBERED_SIZE])
{
    bytes[0] = remembered->version.major;
    bytes[1] = remembered->version.minor;
    otter_store_le16(bytes + 2, remembered->version.revision);
    otter_store_le32(bytes + 4, remembered->version.build);
    memcpy(bytes + 8, remembered->digest, OTTER_SHA256_SIZE);
}

void otter_agent_decode(const uint8_t bytes[OTTER_AGENT_REMEMBERED_SIZE],
                        struct otter_remembered *remembered)
{
    remembered->version = (struct otter_version){
        .major = bytes[0],
        .minor = bytes[1],
        .revision = otter_load_le16(bytes + 2),
        .build = otter_load_le32(bytes + 4),
    };
    memcpy(remembered->digest, bytes + 8, OTTER_SHA256_SIZE);
}

bool otter_agent_read_record(const struct otter_agent *agent, enum otter_journal_kind kind,
                             uint8_t *bytes, size_t size)
{
    size_t len = size;

    return otter_journal_get(&agent->journal, kind, bytes, &len) == OTTER_OK && len == size;
}

enum otter_result otter_agent_remember_attempt(struct otter_agent *agent, bool requested)
{
    uint8_t bytes[ATTEMPT_SIZE];

    otter_agent_encode(&agent->staged, bytes);
    bytes[OTTER_AGENT_REMEMBERED_SIZE] = requested ? 1 : 0;
    return otter_journal_put(&agent->journal, OTTER_JOURNAL_ATTEMPT, bytes, sizeof bytes);
}

enum otter_result otter_agent_forget_attempt(struct otter_agent *agent)
{
    return otter_journal_put(&agent->journal, OTTER_JOURNAL_ATTEMPT, NULL, 0);
}

bool otter_agent_was_attempted(const struct otter_agent *agent,
                               const uint8_t digest[OTTER_SHA256_SIZE])
{
    uint8_t bytes[ATTEMPT_SIZE];
    struct otter_remembered attempt;

    if (!otter_agent_read_record(agent, OTTER_JOURNAL_ATTEMPT, bytes, sizeof bytes)) {
        return false;
    }
    otter_agent_decode(bytes, &attempt);
    return memcmp(attempt.digest, digest, OTTER_SHA256_SIZE) == 0;
}

static enum otter_result reject(struct otter_agent *agent)
{
    uint8_t bytes[OTTER_AGENT_REMEMBERED_SIZE];

    otter_agent_encode(&agent->staged, bytes);
    return otter_journal_put(&agent->journal, OTTER_JOURNAL_REJECTED, bytes, sizeof bytes);
}

/* The same version is the same image, unless the job says that its bytes differ. */
bool otter_agent_is_rejected(const struct otter_agent *agent, const struct otter_job *job)
{
    uint8_t bytes[OTTER_AGENT_REMEMBERED_SIZE];
    struct otter_remembered rejected;

    if (!otter_agent_read_record(agent, OTTER_JOURNAL_REJECTED, bytes, sizeof bytes)) {
        return false;
    }
    otter_agent_decode(bytes, &rejected);
    return otter_version_compare(&rejected.version, &job->version) == 0
           && (!job->has_sha256 || memcmp(rejected.digest, job->sha256, OTTER_SHA256_SIZE) == 0);
}

/* How the last attempt ended ----------------------------------------------------------------- */

enum answer { NO = 1, YES = 2, ANY = NO | YES };

struct ending {
    unsigned waits;     /* the request is still in the trailer */
    unsigned trial;     /* the running program is on trial */
    unsigned runs;      /* the running program has the attempt's version */
    unsigned reverted;  /* the last trial was undone */
    unsigned requested; /* the request was surely made */
    enum otter_result (*conclude)(struct otter_agent *agent);
};

static enum otter_result report_later(struct otter_agent *agent, enum otter_report_stage stage,
                                      enum otter_result result)
{
    if (agent->config->do_not_send_result) {
        return otter_agent_forget_attempt(agent);
    }
    agent->account = (struct otter_report){
        .stage = stage,
        .result = result,
        .version = agent->staged.version,
    };
    agent->account_is_due = true;
    return OTTER_OK;
}

static enum otter_result it_waits(struct otter_agent *agent)
{
    agent->is_staged = true;
    return OTTER_OK;
}

/* The application's confirmation, or the next boot, will say how it ends. */
static enum otter_result it_is_on_trial(struct otter_agent *agent)
{
    (void)agent;
    return OTTER_OK;
}

static enum otter_result it_stayed(struct otter_agent *agent)
{
    return report_later(agent, OTTER_REPORT_CONFIRMED, OTTER_OK);
}

static enum otter_result it_was_reverted(struct otter_agent *agent)
{
    const enum otter_result result = reject(agent);

    return result == OTTER_OK ? report_later(agent, OTTER_REPORT_REVERTED, OTTER_ERR_NOT_CONFIRMED)
                              : result;
}

/* The bootloader did not want what the agent found good: other keys, another rule. It will not
 * want it the next time either. */
static enum otter_result it_was_refused(struct otter_agent *agent)
{
    const enum otter_result refusal = agent->config->boot_refusal;
    const enum otter_result result = reject(agent);

    return result == OTTER_OK ? report_later(
               agent, OTTER_REPORT_FAILED, refusal == OTTER_OK ? OTTER_ERR_NOT_CONFIRMED : refusal)
                              : result;
}

/* The record stays until the slot is in order again. */
static enum otter_result it_never_was(struct otter_agent *agent)
{
    agent->is_trailer_in_doubt = true;
    return OTTER_OK;
}

/* The first row that matches counts. "reverted" may speak of an attempt before this one: without
 * a request that was surely made, it proves nothing against this image. */
static const struct ending endings[] = {
    /* waits trial runs reverted requested */
    { YES, ANY, ANY, ANY, ANY, it_waits },    { NO, YES, YES, ANY, ANY, it_is_on_trial },
    { NO, NO, YES, ANY, ANY, it_stayed },     { NO, ANY, NO, YES, YES, it_was_reverted },
    { NO, ANY, NO, NO, YES, it_was_refused }, { NO, ANY, NO, ANY, NO, it_never_was },
};

static bool matches(unsigned wanted, bool actual)
{
    return (wanted & (actual ? YES : NO)) != 0;
}

/* Compare the witnesses. */
static enum otter_result conclude(struct otter_agent *agent, bool requested)
{
    const struct otter_agent_config *config = agent->config;
    struct otter_trailer staged;
    enum otter_standing standing = OTTER_STANDING_SETTLED;
    const struct ending *ending = endings;
    const bool runs = otter_version_compare(&agent->staged.version, &config->identity.version) == 0;

    otter_trailer_read(&config->secondary, &agent->shape, &staged);
    (void)otter_bootstate_standing(&config->primary, &agent->shape, &standing);
    /* The rows cover every combination; tests/unit/agent walks them. */
    while (!(matches(ending->waits, staged.magic == OTTER_FLAG_SET)
             && matches(ending->trial, standing == OTTER_STANDING_TRIAL)
             && matches(ending->runs, runs)
             && matches(ending->reverted, standing == OTTER_STANDING_REVERTED)
             && matches(ending->requested, requested))) {
        ending++;
    }
    return ending->conclude(agent);
}

enum otter_result otter_agent_recall(struct otter_agent *agent)
{
    uint8_t bytes[ATTEMPT_SIZE];
    bool requested;
    enum otter_result result = OTTER_OK;

    otter_agent_recall_progress(agent);
    if (!otter_agent_read_record(agent, OTTER_JOURNAL_ATTEMPT, bytes, sizeof bytes)) {
        return OTTER_OK;
    }
    otter_agent_decode(bytes, &agent->staged);
    requested = bytes[OTTER_AGENT_REMEMBERED_SIZE] != 0;
    if (requested) {
        /* The bootloader may have moved what was in the slot. */
        result = otter_agent_forget_progress(agent);
    }
    return result == OTTER_OK ? conclude(agent, requested) : result;
}
