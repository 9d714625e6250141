/* SPDX-License-Identifier: Apache-2.0 */

/* How much of which download lies in the slot (docs/formats/journal.md, "Progress").
 *
 * While the program runs, the slot writer knows; the journal follows it at some distance, so that a
 * download costs a bounded number of records. A record is written after what it speaks of and
 * deleted before that changes: it may say too little, never too much. What it cannot know, that
 * the publisher has changed the image without changing its name, the verification finds out. */

#include <string.h>

#include "internal.h"
#include "otter/bytes.h"
#include "otter/log.h"

/* Records that a download may cost, besides the one when it is complete. */
#define RECORDS_MAX   32u
#define PROGRESS_SIZE (OTTER_AGENT_REMEMBERED_SIZE + 8u)
#define BUNDLE_SIZE   (PROGRESS_SIZE + 4u)

static void forget_in_memory(struct otter_agent *agent)
{
    otter_slotwriter_forget(&agent->writer);
    agent->is_bundle = false;
    agent->recorded = 0;
    agent->is_total_sure = true;
}

bool otter_agent_is_on_trial(const struct otter_agent *agent)
{
    enum otter_standing standing = OTTER_STANDING_SETTLED;

    return otter_bootstate_standing(&agent->config->primary, &agent->shape, &standing) != OTTER_OK
           || standing == OTTER_STANDING_TRIAL;
}

/* A record of another slot, or of none, is as good as none. */
static void resume(struct otter_agent *agent, const uint8_t *bytes, size_t len)
{
    const struct otter_agent_bundles *bundles = agent->config->bundles;
    const uint32_t total = otter_load_le32(bytes + OTTER_AGENT_REMEMBERED_SIZE);
    const uint32_t durable = otter_load_le32(bytes + OTTER_AGENT_REMEMBERED_SIZE + 4);

    if (len == PROGRESS_SIZE) {
        if (otter_slotwriter_resume(&agent->writer, total, durable) == OTTER_OK) {
            agent->recorded = durable;
        }
    } else if (len == BUNDLE_SIZE && bundles != NULL) {
        bundles->ops->resume(agent, total, durable, otter_load_le32(bytes + PROGRESS_SIZE));
        agent->recorded = durable;
    }
}

void otter_agent_recall_progress(struct otter_agent *agent)
{
    uint8_t bytes[BUNDLE_SIZE] = { 0 };
    size_t len = sizeof bytes;

    forget_in_memory(agent);
    /* During a trial the slot holds the way back. */
    if (otter_agent_is_on_trial(agent)
        || otter_journal_get(&agent->journal, OTTER_JOURNAL_PROGRESS, bytes, &len) != OTTER_OK) {
        return;
    }
    otter_agent_decode(bytes, &agent->fetched);
    resume(agent, bytes, len);
}

enum otter_result otter_agent_erase_progress(struct otter_agent *agent)
{
    agent->recorded = 0;
    return otter_journal_put(&agent->journal, OTTER_JOURNAL_PROGRESS, NULL, 0);
}

enum otter_result otter_agent_forget_progress(struct otter_agent *agent)
{
    forget_in_memory(agent);
    return otter_agent_erase_progress(agent);
}

static struct otter_agent_checkpoint checkpoint(const struct otter_agent *agent)
{
    if (agent->is_bundle) {
        return agent->config->bundles->ops->checkpoint(agent);
    }
    return (struct otter_agent_checkpoint){
        .durable = otter_slotwriter_checkpoint(&agent->writer),
    };
}

static enum otter_result record(struct otter_agent *agent,
                                const struct otter_agent_checkpoint *point)
{
    const size_t size = agent->is_bundle ? BUNDLE_SIZE : PROGRESS_SIZE;
    uint8_t bytes[BUNDLE_SIZE];
    enum otter_result result;

    otter_agent_encode(&agent->fetched, bytes);
    otter_store_le32(bytes + OTTER_AGENT_REMEMBERED_SIZE, otter_agent_extent(agent).total);
    otter_store_le32(bytes + OTTER_AGENT_REMEMBERED_SIZE + 4, point->durable);
    otter_store_le32(bytes + PROGRESS_SIZE, point->crc);
    result = otter_journal_put(&agent->journal, OTTER_JOURNAL_PROGRESS, bytes,
                               point->durable > 0 ? size : 0);
    if (result == OTTER_OK) {
        agent->recorded = point->durable;
    }
    return result;
}

void otter_agent_note_progress(struct otter_agent *agent)
{
    const struct otter_agent_checkpoint point = checkpoint(agent);
    const uint32_t total = otter_agent_extent(agent).total;

    if (point.durable > agent->recorded
        && (!otter_agent_lacks_bytes(agent)
            || point.durable - agent->recorded >= total / RECORDS_MAX)) {
        /* Without a record a cut costs more, and nothing else: no reason to give up. */
        (void)record(agent, &point);
    }
}

/* A request that was not completed may have left anything in the trailer, even bits that read
 * differently each time. */
static enum otter_result clean_trailer(struct otter_agent *agent)
{
    const struct otter_agent_checkpoint point = {
        .durable = otter_slotwriter_before_tail(&agent->writer),
    };
    enum otter_result result = record(agent, &point);

    if (result == OTTER_OK) {
        result = otter_slotwriter_renew_tail(&agent->writer);
    }
    if (result == OTTER_OK) {
        result = otter_agent_forget_attempt(agent);
    }
    agent->is_trailer_in_doubt = result != OTTER_OK;
    return result;
}

/* What a job says of its image: zero where it says nothing. */
static struct otter_remembered image_of(const struct otter_agent *agent)
{
    const struct otter_agent_service *service = agent->config->service;
    const struct otter_job *job = &agent->job;
    struct otter_remembered image = { .version = job->version };

    if (job->has_sha256) {
        memcpy(image.digest, job->sha256, sizeof image.digest);
    }
    if (service != NULL) {
        service->ops->stand_for_files(job, image.digest);
    }
    return image;
}

static bool is_in_slot(const struct otter_agent *agent)
{
    const struct otter_remembered wanted = image_of(agent);
    const uint32_t total = otter_agent_extent(agent).total;

    return total != 0 && otter_version_compare(&wanted.version, &agent->fetched.version) == 0
           && memcmp(wanted.digest, agent->fetched.digest, sizeof wanted.digest) == 0
           && (!agent->job.has_size || agent->job.size == total);
}

/* What is pushed without a name may be anything. */
static bool can_go_on(const struct otter_agent *agent)
{
    const struct otter_job *job = &agent->job;

    return is_in_slot(agent) && !(job->is_pushed && !job->has_sha256);
}

/* The record, if it is about something else, stays until the slot is touched: a job that comes to
 * nothing costs nothing. */
enum otter_result otter_agent_adopt_progress(struct otter_agent *agent)
{
    uint32_t accepted;

    if (agent->is_bundle && agent->is_trailer_in_doubt) {
        /* The walk through the archive begins anew: it knows whose trailers to clean. */
        otter_agent_recall_progress(agent);
    }
    if (!can_go_on(agent)) {
        forget_in_memory(agent);
        agent->fetched = image_of(agent);
        return OTTER_OK;
    }
    accepted = otter_agent_extent(agent).accepted;
    otter_log_number(OTTER_LOG_INFO, OTTER_LOG_AGENT, "going on behind byte ", accepted, "");
    agent->is_pieced = accepted > 0;
    agent->is_total_sure = agent->job.has_size;
    if (agent->is_bundle) {
        return agent->config->bundles->ops->adopt(agent);
    }
    return agent->is_trailer_in_doubt ? clean_trailer(agent) : OTTER_OK;
}

struct otter_agent_extent otter_agent_extent(const struct otter_agent *agent)
{
    if (agent->is_bundle) {
        return agent->config->bundles->ops->extent(agent);
    }
    return (struct otter_agent_extent){
        .total = agent->writer.total,
        .accepted = agent->writer.accepted,
        .durable = agent->writer.durable,
    };
}

bool otter_agent_lacks_bytes(const struct otter_agent *agent)
{
    const struct otter_agent_extent extent = otter_agent_extent(agent);

    return extent.total == 0 || extent.accepted < extent.total;
}

bool otter_agent_fits_total(const struct otter_agent *agent, uint32_t total)
{
    const bool is_promised = !agent->job.has_size || total == agent->job.size;
    const uint32_t known = otter_agent_extent(agent).total;

    return total > 0 && is_promised && (known == 0 || total == known || !agent->is_total_sure);
}

/* The first piece of a session tells how big the file is now. */
void otter_agent_settle_total(struct otter_agent *agent, uint32_t total)
{
    if (total != otter_agent_extent(agent).total) {
        forget_in_memory(agent);
        agent->is_pieced = false;
    }
    agent->is_total_sure = true;
}
