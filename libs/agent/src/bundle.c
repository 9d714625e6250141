/* SPDX-License-Identifier: Apache-2.0 */

/* Bundles: the reader walks through the archive, and where it finds a file, a slot writer takes the
 * bytes over until the file is complete.
 *
 * The reader's state is not kept over restarts. The walk begins anew: manifest and headers, some
 * hundred bytes for each file, are fetched again, and files that the journal knows to be in their
 * slots are stepped over. Their bytes enter the archive's digest from the slot, as do those that
 * have just been written: the digest is one of what lies in flash. */

#include "bundle.h"

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The walk ----------------------------------------------------------------------------------- */

/* A job of several files is a bundle without an archive. Its release is what image 0 is. */
static void list_files(struct otter_agent *agent)
{
    const struct otter_job *job = &agent->job;
    struct otter_manifest manifest = { .version = job->version, .file_count = job->file_count };

    for (uint8_t i = 0; i < job->file_count; i++) {
        manifest.files[i].size = job->files[i].size;
        manifest.files[i].image = job->files[i].image;
    }
    otter_bundle_init_listed(&otter_agent_bundle_state(agent)->reader, &manifest);
}

static void begin_reading(struct otter_agent *agent, uint32_t total)
{
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);

    if (agent->job.file_count > 1) {
        list_files(agent);
    } else {
        otter_bundle_init(&bundle->reader, total);
    }
    bundle->is_writing = false;
    /* A provider that fails says so again when it is given bytes. */
    (void)agent->config->trust.crypto->sha256_start(&bundle->sha);
}

static void begin_walk(struct otter_agent *agent, uint32_t total)
{
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);

    agent->is_bundle = true;
    bundle->known = 0;
    bundle->known_crc = 0;
    begin_reading(agent, total);
}

static void resume(struct otter_agent *agent, uint32_t total, uint32_t durable, uint32_t crc)
{
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);

    begin_walk(agent, total);
    bundle->known = durable <= total ? durable : 0;
    bundle->known_crc = crc;
}

static struct otter_agent_extent extent(const struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    const uint32_t at = bundle->reader.position;

    return (struct otter_agent_extent){
        .total = bundle->reader.total,
        .accepted = larger(bundle->known, at + (bundle->is_writing ? bundle->writer.accepted : 0)),
        .durable = larger(bundle->known, at + (bundle->is_writing ? bundle->writer.durable : 0)),
    };
}

static struct otter_agent_checkpoint checkpoint(const struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    uint32_t durable = bundle->known;

    if (bundle->is_writing) {
        durable =
            larger(durable, bundle->reader.position + otter_slotwriter_checkpoint(&bundle->writer));
    }
    return (struct otter_agent_checkpoint){ .durable = durable, .crc = bundle->known_crc };
}

/* Files without an archive have no manifest that tells the version: the first one's header does, unless
 * it was looked at before a restart. */
static bool awaits_version(const struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);

    return bundle->reader.is_listed && bundle->known == 0 && agent->job.is_unread;
}

/* Behind what is known, everything is missing, up to the end; before it, only what lies between the
 * files. */
static struct otter_range missing(const struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    const struct otter_slotwriter *writer = &bundle->writer;
    const struct otter_bundle *reader = &bundle->reader;
    uint32_t begin = reader->position;
    uint32_t end = reader->total;

    if (reader->is_listed && !bundle->is_writing) {
        begin = larger(awaits_version(agent) ? agent->head_len : begin, bundle->known);
    } else if (!bundle->is_writing) {
        end = begin < bundle->known ? begin + otter_bundle_wanted(reader) : end;
    } else {
        begin += writer->accepted;
        if (otter_slotwriter_gap_end(writer) < writer->total) {
            end = reader->position + otter_slotwriter_gap_end(writer);
        }
    }
    return (struct otter_range){ .offset = begin, .length = end - begin };
}

/* Files -------------------------------------------------------------------------------------- */

static enum otter_result begin_file(struct otter_agent *agent)
{
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    const struct otter_manifest_file *file =
        &otter_agent_manifest(agent)->files[bundle->reader.present];
    const uint32_t start = bundle->reader.position;
    const uint32_t here = bundle->known > start ? smaller(bundle->known - start, file->size) : 0;
    enum otter_result result = otter_agent_open_slot(agent, file->image);

    if (result == OTTER_OK
        && otter_slotwriter_resume(&bundle->writer, file->size, here) != OTTER_OK) {
        /* The archive has its files in another order now. */
        bundle->known = start;
        result = otter_slotwriter_resume(&bundle->writer, file->size, 0);
    }
    bundle->is_writing = result == OTTER_OK;
    return result;
}

static enum otter_result end_file(struct otter_agent *agent)
{
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    const enum otter_result result =
        otter_agent_hash(agent, &bundle->writer.config.slot, bundle->writer.total, &bundle->sha);

    bundle->is_writing = false;
    otter_bundle_skip(&bundle->reader);
    bundle->known = larger(bundle->known, bundle->reader.position);
    return result;
}

/* Take what the piece has of the file.
 * @return OTTER_OK: the file is complete; OTTER_AGAIN: it is not; or why it cannot be stored */
static enum otter_result write_file(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    const uint32_t start = bundle->reader.position;
    const uint32_t begin = larger(chunk->offset, start);
    const uint32_t end =
        smaller(chunk->offset + (uint32_t)chunk->len, start + bundle->writer.total);
    enum otter_result result = OTTER_OK;

    if (begin < end) {
        result = otter_slotwriter_write(&bundle->writer, begin - start,
                                        chunk->bytes + (begin - chunk->offset), end - begin);
    }
    if (result != OTTER_OK) {
        return result;
    }
    return bundle->writer.durable == bundle->writer.total ? end_file(agent) : OTTER_AGAIN;
}

/* The archive -------------------------------------------------------------------------------- */

static enum otter_result end_archive(struct otter_agent *agent)
{
    const enum otter_result result = agent->config->trust.crypto->sha256_finish(
        &otter_agent_bundle_state(agent)->sha, agent->staged.digest);

    return result == OTTER_OK ? OTTER_AGAIN : result;
}

static enum otter_result await_more(struct otter_agent *agent)
{
    (void)agent;
    return OTTER_AGAIN;
}

/* What the piece has at the reader's place. @return false: nothing, and something is needed */
static bool find_bytes(const struct otter_bundle *reader, const struct otter_chunk *chunk,
                       const uint8_t **bytes, size_t *len)
{
    const uint32_t known = reader->position - chunk->offset;

    *bytes = chunk->bytes;
    *len = 0;
    if (reader->is_listed) {
        return true; /* nothing lies between the files */
    }
    if (chunk->offset > reader->position || known >= chunk->len) {
        return false;
    }
    *bytes += known;
    *len = chunk->len - known;
    return true;
}

/* Take what the piece has of what lies between the files.
 * @return OTTER_OK: there may be more in the piece; OTTER_AGAIN: there is not; or what is wrong */
static enum otter_result read_archive(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    static enum otter_result (*const follow[])(struct otter_agent * agent) = {
        [OTTER_BUNDLE_MORE] = await_more,
        [OTTER_BUNDLE_MANIFEST] = otter_agent_take_manifest,
        [OTTER_BUNDLE_FILE] = begin_file,
        [OTTER_BUNDLE_END] = end_archive,
    };
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    enum otter_bundle_event event;
    enum otter_result result;
    const uint8_t *bytes;
    size_t len;
    size_t taken;

    if (!find_bytes(&bundle->reader, chunk, &bytes, &len)) {
        return OTTER_AGAIN;
    }
    result = otter_bundle_read(&bundle->reader, bytes, len, &taken, &event);
    if (result != OTTER_OK) {
        agent->detail = bundle->reader.problem;
        return result;
    }
    result = agent->config->trust.crypto->sha256_update(&bundle->sha, bytes, taken);
    return result == OTTER_OK ? follow[event](agent) : result;
}

/* What failed cannot be gone on with, except like after a cut. An archive of which some was here
 * already may have changed meanwhile: it is begun once more before anybody is blamed. */
static enum otter_result clean_up(struct otter_agent *agent, enum otter_result result)
{
    const bool is_pieced = agent->is_pieced;

    if (result == OTTER_ERR_FLASH) {
        otter_agent_recall_progress(agent);
        return result;
    }
    agent->is_pieced = false;
    if (otter_agent_forget_progress(agent) != OTTER_OK) {
        return OTTER_ERR_FLASH;
    }
    return is_pieced && result == OTTER_ERR_BUNDLE ? OTTER_AGAIN : result;
}

/* @return OTTER_AGAIN: the piece is used up; or what is wrong */
static enum otter_result walk(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    enum otter_result result;

    do {
        result = otter_agent_bundle_state(agent)->is_writing ? write_file(agent, chunk)
                                                             : read_archive(agent, chunk);
    } while (result == OTTER_OK);
    return result;
}

/* After a restart, what is here of files that a job lists is walked through without a piece: all of it
 * may be here. */
static enum otter_result adopt(struct otter_agent *agent)
{
    static const uint8_t nothing[1] = { 0 };
    const struct otter_chunk none = { .bytes = nothing };
    struct otter_agent_bundle *bundle = otter_agent_bundle_state(agent);
    enum otter_result result;

    if (agent->job.file_count <= 1 && bundle->known == bundle->reader.total) {
        bundle->known = 0; /* no record of ours: behind its files an archive has an end */
    }
    if (agent->job.file_count <= 1 || bundle->is_writing) {
        return OTTER_OK;
    }
    begin_reading(agent, 0);
    result = walk(agent, &none);
    return result == OTTER_AGAIN ? OTTER_OK : result;
}

/* The header was looked at before anything was erased; now it goes first.
 * @return as walk() */
static enum otter_result take_version(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    const struct otter_chunk head = { .bytes = agent->head, .len = sizeof agent->head };
    enum otter_result result;

    if (!awaits_version(agent)) {
        return OTTER_AGAIN;
    }
    result = otter_agent_take_head(agent, chunk);
    if (result == OTTER_OK) {
        list_files(agent);
        result = walk(agent, &head);
    }
    return result;
}

static enum otter_result take(struct otter_agent *agent, const struct otter_chunk *chunk)
{
    const uint32_t accepted = extent(agent).accepted;
    enum otter_result result = take_version(agent, chunk);

    if (result == OTTER_AGAIN && !awaits_version(agent)) {
        result = walk(agent, chunk);
    }
    if (result != OTTER_AGAIN) {
        return clean_up(agent, result);
    }
    if (extent(agent).accepted != accepted) {
        agent->failures = 0;
    }
    otter_agent_note_progress(agent);
    return OTTER_OK;
}

const struct otter_agent_bundle_ops otter_agent_bundle_ops = {
    .check_slots = otter_agent_check_slots,
    .drop_requests = otter_agent_drop_requests,
    .begin = begin_walk,
    .resume = resume,
    .adopt = adopt,
    .take = take,
    .extent = extent,
    .checkpoint = checkpoint,
    .missing = missing,
    .verify = otter_agent_verify_bundle,
    .request = otter_agent_request_bundle,
    .confirm_others = otter_agent_confirm_others,
};
