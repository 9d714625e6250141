/* SPDX-License-Identifier: Apache-2.0 */

/* The download: pieces from the data source go to the slot writer.
 *
 * Nothing in the slot is touched before the first piece that can be written is here, so a server
 * that cannot be reached, or that sends rubbish, costs no wear. A piece that cannot belong to this
 * image is passed over; only too many of them end the download. When the link is lost the writer
 * keeps what it has, and the next connection goes on behind it; after a restart it goes on behind
 * what the journal knows of (progress.c). */

#include "internal.h"
#include "otter/log.h"

/* A publisher gone mad is not worth the energy; a few strays on a shared topic are nothing. */
#define BAD_CHUNKS_MAX 32u

static const struct otter_data_source *source_of(const struct otter_agent *agent)
{
    return agent->config->data;
}

static void begin_download(struct otter_agent *agent, uint32_t now_ms)
{
    agent->download_began = true;
    agent->download_began_ms = now_ms;
    agent->bad_chunks = 0;
    agent->percent = 0;
    agent->stopped = false;
    agent->failures = 0;
    agent->head_len = 0;
}

enum otter_result otter_agent_open(struct otter_agent *agent, uint32_t now_ms)
{
    const struct otter_data_source *source = source_of(agent);
    enum otter_result result;

    if (!agent->download_began) {
        begin_download(agent, now_ms);
    }
    agent->heard_ms = now_ms;
    result = source->ops->open(source->self, &agent->config->identity, &agent->job, now_ms);
    if (result != OTTER_OK) {
        agent->detail = source->ops->explain(source->self);
    }
    return result;
}

void otter_agent_close_data(struct otter_agent *agent, uint32_t now_ms)
{
    (void)now_ms;
    source_of(agent)->ops->close(source_of(agent)->self);
}

static bool is_too_late(const struct otter_agent *agent, uint32_t now_ms)
{
    return otter_agent_has_passed(agent->download_began_ms, now_ms,
                                  agent->config->timing.data_check_time_s);
}

static bool is_silent(const struct otter_agent *agent, uint32_t now_ms)
{
    return otter_agent_has_passed(agent->heard_ms, now_ms, agent->config->timing.packet_interval_s);
}

static bool is_about_a_chunk(enum otter_result result)
{
    return result == OTTER_ERR_CHUNK_HEADER || result == OTTER_ERR_CHUNK_FOREIGN
           || result == OTTER_ERR_CHUNK_RANGE;
}

static bool is_plausible(const struct otter_agent *agent, const struct otter_chunk *chunk)
{
    return otter_agent_fits_total(agent, chunk->total) && chunk->offset <= chunk->total
           && chunk->len <= chunk->total - chunk->offset;
}

static enum otter_result pass_over_bad_chunk(struct otter_agent *agent, enum otter_result result)
{
    otter_log_number(OTTER_LOG_NOTICE, OTTER_LOG_AGENT, "bad piece: result -", (uint32_t)-result,
                     "");
    agent->bad_chunks++;
    if (agent->bad_chunks > BAD_CHUNKS_MAX) {
        agent->detail = "too many of them";
        return result;
    }
    agent->wait_ms = 0;
    return OTTER_AGAIN;
}

static void tell_progress(struct otter_agent *agent)
{
    const uint8_t before = agent->percent;

    agent->percent = otter_agent_percent(agent);
    if (agent->percent != before
        && otter_agent_tell(agent, OTTER_REASON_PROGRESS, OTTER_OK, 0) == OTTER_ANSWER_STOP) {
        agent->stopped = true;
    }
}

/* The first piece that can be written; from here on the slot's old contents are gone. */
static enum otter_result begin_slot(struct otter_agent *agent, uint32_t total)
{
    const struct otter_agent_bundles *bundles = agent->config->bundles;
    enum otter_result result;

    if (agent->writer.total != 0) {
        return OTTER_OK;
    }
    agent->is_staged = false;
    result = otter_agent_forget_progress(agent);
    if (result == OTTER_OK && agent->is_trailer_in_doubt && bundles != NULL) {
        result = bundles->ops->drop_requests(agent);
    }
    if (result == OTTER_OK) {
        result = otter_slotwriter_begin(&agent->writer, total);
    }
    if (result == OTTER_OK) {
        agent->is_trailer_in_doubt = false;
    }
    return result;
}

/* What a failed write leaves can only be gone on with like what a cut leaves. */
static enum otter_result finish_store(struct otter_agent *agent, enum otter_result result)
{
    if (result == OTTER_OK) {
        otter_agent_note_progress(agent);
    } else {
        otter_agent_recall_progress(agent);
    }
    return result;
}

static enum otter_result store(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    const uint32_t accepted = agent->writer.accepted;
    enum otter_result result = begin_slot(agent, chunk->total);

    if (result == OTTER_OK) {
        result = otter_slotwriter_write(&agent->writer, chunk->offset, chunk->bytes, chunk->len);
    }
    if (agent->writer.accepted != accepted) {
        agent->failures = 0;
    }
    return finish_store(agent, result);
}

/* The header was looked at before anything was erased; now it goes first. */
static enum otter_result store_head(struct otter_agent *agent, uint32_t total)
{
    const struct otter_chunk head = {
        .bytes = agent->head,
        .len = sizeof agent->head < total ? sizeof agent->head : total,
        .total = total,
    };

    return store(agent, &head);
}

/* Its first byte tells what a file is: an image begins with its magic, an archive with a name. Until
 * it is here, nothing of the file can be used. */
static bool is_undecided(const struct otter_agent *agent)
{
    return agent->config->bundles != NULL && !agent->is_bundle && agent->writer.total == 0
           && agent->head_len == 0;
}

static void decide(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    if (chunk->bytes[0] != (OTTER_IMAGE_MAGIC & 0xFFu) || agent->job.file_count > 1) {
        agent->config->bundles->ops->begin(agent, chunk->total);
    }
}

/* @return OTTER_OK, OTTER_AGAIN: more of the header is needed */
static enum otter_result accept_image(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    enum otter_result result = OTTER_OK;

    if (chunk->total > agent->config->max_image_size) {
        return OTTER_ERR_IMAGE_TOO_BIG;
    }
    if (otter_agent_awaits_head(agent)) {
        result = otter_agent_take_head(agent, chunk);
        if (result == OTTER_OK) {
            result = store_head(agent, chunk->total);
        }
    }
    return result == OTTER_OK ? store(agent, chunk) : result;
}

static enum otter_result accept(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    otter_agent_settle_total(agent, chunk->total);
    if (is_undecided(agent)) {
        if (chunk->offset > 0 || chunk->len == 0) {
            return OTTER_AGAIN;
        }
        decide(agent, chunk);
    }
    return agent->is_bundle ? agent->config->bundles->ops->take(agent, chunk)
                            : accept_image(agent, chunk);
}

static enum otter_result use(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    const struct otter_data_source *source = source_of(agent);
    const enum otter_result result = accept(agent, chunk);

    source->ops->take(source->self, chunk->len);
    agent->wait_ms = 0;
    if (result != OTTER_OK) {
        return result;
    }
    tell_progress(agent);
    if (agent->stopped) {
        return OTTER_ERR_STOPPED;
    }
    return otter_agent_lacks_bytes(agent) ? OTTER_AGAIN : OTTER_OK;
}

static struct otter_range missing_range(const struct otter_agent *agent)
{
    const struct otter_slotwriter *writer = &agent->writer;

    if (agent->is_bundle) {
        return agent->config->bundles->ops->missing(agent);
    }
    if (writer->total == 0) {
        return (struct otter_range){ .offset = agent->head_len, .length = UINT32_MAX };
    }
    return (struct otter_range){
        .offset = writer->accepted,
        .length = otter_slotwriter_gap_end(writer) - writer->accepted,
    };
}

static enum otter_result wait_or_explain(struct otter_agent *agent, enum otter_result result,
                                         uint32_t now_ms)
{
    if (result == OTTER_AGAIN && is_silent(agent, now_ms)) {
        agent->detail = "no piece of the image came";
        return OTTER_ERR_TIMEOUT;
    }
    if (result != OTTER_AGAIN) {
        agent->detail = source_of(agent)->ops->explain(source_of(agent)->self);
    }
    return result;
}

/* What lies in the slot is of an image that the server has no more; the new one may be another
 * version, which in direct flow only its header tells. */
static enum otter_result forget_changed(struct otter_agent *agent)
{
    const enum otter_result result = otter_agent_forget_progress(agent);

    agent->is_pieced = false;
    agent->job.is_unread = agent->job.is_versionless;
    agent->head_len = 0;
    return result == OTTER_OK ? OTTER_ERR_IMAGE_CHANGED : result;
}

enum otter_result otter_agent_download(struct otter_agent *agent, uint32_t now_ms)
{
    const struct otter_data_source *source = source_of(agent);
    const struct otter_range missing = missing_range(agent);
    struct otter_chunk chunk = { 0 };
    enum otter_result result;

    if (is_too_late(agent, now_ms)) {
        agent->failures = UINT8_MAX; /* another try would be as late */
        agent->detail = "the time for the whole download is over";
        return OTTER_ERR_TIMEOUT;
    }
    result = source->ops->step(source->self, now_ms, &missing, &chunk);
    if (result == OTTER_OK && is_plausible(agent, &chunk)) {
        agent->reached_source = true;
        agent->heard_ms = now_ms;
        return use(agent, &chunk);
    }
    if (result == OTTER_OK) {
        source->ops->take(source->self, chunk.len);
        result = OTTER_ERR_CHUNK_RANGE;
    }
    if (is_about_a_chunk(result)) {
        return pass_over_bad_chunk(agent, result);
    }
    result = wait_or_explain(agent, result, now_ms);
    return result == OTTER_ERR_IMAGE_CHANGED ? forget_changed(agent) : result;
}
