/* SPDX-License-Identifier: Apache-2.0 */

/* Bundles: the reader walks through the archive, and where it finds a file, a slot writer takes the
 * bytes over until the file is complete.
 *
 * The reader's state is not kept over restarts. The walk begins anew: manifest and headers, some
 * hundred bytes for each file, are fetched again, and files that the journal knows to be in their
 * slots are stepped over. Their bytes enter the archive's digest from the slot, as do those that
 * have just been written: the digest is one of what lies in flash. */

#include "internal.h"
#include "otter/agent_bundle.h"

static struct otter_agent_bundle *state_of(const struct otter_agent *agent)
{
    return agent->config->bundles->state;
}

static const struct otter_manifest *manifest_of(const struct otter_agent *agent)
{
    return &state_of(agent)->reader.manifest;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Slots -------------------------------------------------------------------------------------- */

static bool has_slots(const struct otter_agent *agent, uint8_t image)
{
    return image <= agent->config->bundles->other_count;
}

static struct otter_agent_slots slots_of(const struct otter_agent *agent, uint8_t image)
{
    const struct otter_agent_config *config = agent->config;

    if (image > 0) {
        return config->bundles->others[image - 1];
    }
    return (struct otter_agent_slots){
        .primary = config->primary,
        .secondary = config->secondary,
        .max_image_size = config->max_image_size,
    };
}

static enum otter_result open_slot(struct otter_agent *agent, uint8_t image)
{
    const struct otter_agent_slots slots = slots_of(agent, image);

    return otter_agent_prepare_writer(agent, &slots.secondary, slots.max_image_size,
                                      &state_of(agent)->writer);
}

static enum otter_result check_slots(struct otter_agent *agent)
{
    enum otter_result result = OTTER_OK;

    for (uint8_t image = 1; result == OTTER_OK && has_slots(agent, image); image++) {
        result = open_slot(agent, image);
    }
    return result;
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
    otter_bundle_init_listed(&state_of(agent)->reader, &manifest);
}

static void begin_reading(struct otter_agent *agent, uint32_t total)
{
    struct otter_agent_bundle *bundle = state_of(agent);

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
    struct otter_agent_bundle *bundle = state_of(agent);

    agent->is_bundle = true;
    bundle->known = 0;
    bundle->known_crc = 0;
    begin_reading(agent, total);
}

static void resume(struct otter_agent *agent, uint32_t total, uint32_t durable, uint32_t crc)
{
    struct otter_agent_bundle *bundle = state_of(agent);

    begin_walk(agent, total);
    bundle->known = durable <= total ? durable : 0;
    bundle->known_crc = crc;
}

static struct otter_agent_extent extent(const struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = state_of(agent);
    const uint32_t at = bundle->reader.position;

    return (struct otter_agent_extent){
        .total = bundle->reader.total,
        .accepted = larger(bundle->known, at + (bundle->is_writing ? bundle->writer.accepted : 0)),
        .durable = larger(bundle->known, at + (bundle->is_writing ? bundle->writer.durable : 0)),
    };
}

static struct otter_agent_checkpoint checkpoint(const struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = state_of(agent);
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
    const struct otter_agent_bundle *bundle = state_of(agent);

    return bundle->reader.is_listed && bundle->known == 0 && agent->job.is_unread;
}

/* Behind what is known, everything is missing, up to the end; before it, only what lies between the
 * files. */
static struct otter_range missing(const struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = state_of(agent);
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

/* The manifest ------------------------------------------------------------------------------- */

/* During a trial a secondary slot holds the way back. */
static enum otter_result is_free(struct otter_agent *agent, const struct otter_agent_slots *slots)
{
    enum otter_standing standing = OTTER_STANDING_SETTLED;
    const enum otter_result result =
        otter_bootstate_standing(&slots->primary, &agent->shape, &standing);

    if (result != OTTER_OK || standing != OTTER_STANDING_TRIAL) {
        return result;
    }
    agent->detail = "an image of it is on trial and must be confirmed first";
    return OTTER_NO_UPDATE;
}

static enum otter_result judge_file(struct otter_agent *agent,
                                    const struct otter_manifest_file *file)
{
    struct otter_agent_slots slots;

    if (!has_slots(agent, file->image)) {
        agent->detail = "it has an image for which there is no slot";
        return OTTER_ERR_BUNDLE;
    }
    slots = slots_of(agent, file->image);
    return file->size <= slots.max_image_size ? is_free(agent, &slots) : OTTER_ERR_IMAGE_TOO_BIG;
}

static enum otter_result judge_manifest(struct otter_agent *agent)
{
    const struct otter_manifest *manifest = manifest_of(agent);
    enum otter_result result = OTTER_OK;

    /* Of files that a job lists, the first image's header is the word, or was, before a restart. */
    if (!state_of(agent)->reader.is_listed) {
        result = otter_agent_judge_version(agent, &manifest->version);
    }
    for (uint8_t i = 0; result == OTTER_OK && i < manifest->file_count; i++) {
        result = judge_file(agent, &manifest->files[i]);
    }
    return result;
}

/* Nothing left in any of the slots may be taken for a request while they are filled. */
static enum otter_result begin_slots(struct otter_agent *agent)
{
    const struct otter_manifest *manifest = manifest_of(agent);
    struct otter_agent_bundle *bundle = state_of(agent);
    enum otter_result result = otter_agent_erase_progress(agent);

    agent->is_staged = false;
    for (uint8_t i = 0; result == OTTER_OK && i < manifest->file_count; i++) {
        result = open_slot(agent, manifest->files[i].image);
        if (result == OTTER_OK) {
            result = otter_slotwriter_begin(&bundle->writer, manifest->files[i].size);
        }
    }
    if (result == OTTER_OK && agent->is_trailer_in_doubt) {
        result = otter_agent_forget_attempt(agent);
    }
    agent->is_trailer_in_doubt = agent->is_trailer_in_doubt && result != OTTER_OK;
    bundle->known = bundle->reader.position;
    bundle->known_crc = bundle->reader.manifest_crc;
    return result;
}

/* A cut may have parted the requests of an earlier bundle. An image that comes alone now must not bring
 * those that were left along. */
static enum otter_result drop_requests(struct otter_agent *agent)
{
    enum otter_result result = OTTER_OK;

    for (uint8_t image = 1; result == OTTER_OK && has_slots(agent, image); image++) {
        result = open_slot(agent, image);
        if (result == OTTER_OK) {
            result = otter_slotwriter_begin(&state_of(agent)->writer, 1);
        }
    }
    return result;
}

/* @return OTTER_OK, OTTER_ERR_RANGE: the image shares sectors with its trailer; OTTER_ERR_FLASH */
static enum otter_result renew_trailer(struct otter_agent *agent,
                                       const struct otter_manifest_file *file)
{
    struct otter_slotwriter *writer = &state_of(agent)->writer;
    enum otter_result result = open_slot(agent, file->image);

    if (result == OTTER_OK) {
        result = otter_slotwriter_resume(writer, file->size, file->size);
    }
    if (result == OTTER_OK && otter_slotwriter_before_tail(writer) < file->size) {
        result = OTTER_ERR_RANGE;
    }
    return result == OTTER_OK ? otter_slotwriter_renew_tail(writer) : result;
}

/* A cut in the middle of the requests leaves some of them, and of one of them anything. All are dropped,
 * to be made again. */
static enum otter_result renew_trailers(struct otter_agent *agent)
{
    const struct otter_manifest *manifest = manifest_of(agent);
    enum otter_result result = OTTER_OK;

    for (uint8_t i = 0; result == OTTER_OK && i < manifest->file_count; i++) {
        result = renew_trailer(agent, &manifest->files[i]);
    }
    return result;
}

/* What is known is known of an archive with this manifest, or of none. */
static enum otter_result take_manifest(struct otter_agent *agent)
{
    const struct otter_agent_bundle *bundle = state_of(agent);
    enum otter_result result = judge_manifest(agent);

    if (result != OTTER_OK) {
        return result;
    }
    if (bundle->known > 0 && bundle->known_crc == bundle->reader.manifest_crc) {
        result = agent->is_trailer_in_doubt ? renew_trailers(agent) : OTTER_OK;
        if (result != OTTER_ERR_RANGE) {
            return result;
        }
    }
    return begin_slots(agent);
}

/* Files -------------------------------------------------------------------------------------- */

static enum otter_result begin_file(struct otter_agent *agent)
{
    struct otter_agent_bundle *bundle = state_of(agent);
    const struct otter_manifest_file *file = &manifest_of(agent)->files[bundle->reader.present];
    const uint32_t start = bundle->reader.position;
    const uint32_t here = bundle->known > start ? smaller(bundle->known - start, file->size) : 0;
    enum otter_result result = open_slot(agent, file->image);

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
    struct otter_agent_bundle *bundle = state_of(agent);
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
    struct otter_agent_bundle *bundle = state_of(agent);
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
    const enum otter_result result =
        agent->config->trust.crypto->sha256_finish(&state_of(agent)->sha, agent->staged.digest);

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
        [OTTER_BUNDLE_MANIFEST] = take_manifest,
        [OTTER_BUNDLE_FILE] = begin_file,
        [OTTER_BUNDLE_END] = end_archive,
    };
    struct otter_agent_bundle *bundle = state_of(agent);
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
        result =
            state_of(agent)->is_writing ? write_file(agent, chunk) : read_archive(agent, chunk);
    } while (result == OTTER_OK);
    return result;
}

/* After a restart, what is here of files that a job lists is walked through without a piece: all of it
 * may be here. */
static enum otter_result adopt(struct otter_agent *agent)
{
    static const uint8_t nothing[1] = { 0 };
    const struct otter_chunk none = { .bytes = nothing };
    struct otter_agent_bundle *bundle = state_of(agent);
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

/* Installation ------------------------------------------------------------------------------- */

static bool has_image(const struct otter_manifest *manifest, uint8_t image)
{
    for (uint8_t i = 0; i < manifest->file_count; i++) {
        if (manifest->files[i].image == image) {
            return true;
        }
    }
    return false;
}

/* Of the program that will run: the bundle's, or the one that is there. */
static enum otter_result read_version(const struct otter_agent *agent, uint8_t number,
                                      struct otter_version *version)
{
    const struct otter_agent_slots slots = slots_of(agent, number);
    const bool is_new = has_image(manifest_of(agent), number);
    const struct otter_area *slot = is_new ? &slots.secondary : &slots.primary;
    struct otter_image image;
    const enum otter_result result = otter_image_open(
        slot, is_new ? agent->config->layout->staging_offset : 0, slot->size, &image);

    if (result == OTTER_OK) {
        *version = image.header.version;
    }
    return result;
}

static bool is_met(const struct otter_agent *agent, const struct otter_dependency *dependency)
{
    struct otter_version version;

    return has_slots(agent, dependency->image)
           && read_version(agent, dependency->image, &version) == OTTER_OK
           && otter_version_compare(&version, &dependency->at_least) >= 0;
}

/* The bootloader would hold the whole bundle for ever. */
static enum otter_result check_needs(const struct otter_agent *agent,
                                     const struct otter_image *image)
{
    struct otter_tlv_iterator iterator;
    struct otter_dependency dependency;
    enum otter_result result;

    otter_tlv_begin(&iterator, image);
    while ((result = otter_dependency_next(&iterator, &dependency)) == OTTER_OK) {
        if (!is_met(agent, &dependency)) {
            return OTTER_ERR_DEPENDENCY;
        }
    }
    return result == OTTER_ERR_NOT_FOUND ? OTTER_OK : result;
}

static enum otter_result verify_file(struct otter_agent *agent,
                                     const struct otter_manifest_file *file)
{
    const struct otter_agent_slots slots = slots_of(agent, file->image);
    struct otter_image image;
    enum otter_result result =
        otter_agent_open_image(agent, &slots.secondary, slots.max_image_size, file->size, &image);

    if (result == OTTER_OK && file->image == 0) {
        result = otter_agent_judge_version(agent, &image.header.version);
    }
    if (result == OTTER_OK) {
        result = otter_agent_verify_image(agent, image);
    }
    return result == OTTER_OK ? check_needs(agent, &image) : result;
}

/* Images that do without each other may have been moved while only some of them were requested. The
 * digest is one of what lies in the slots now, so it tells. */
static enum otter_result check_unmoved(struct otter_agent *agent)
{
    if (!agent->is_trailer_in_doubt || otter_agent_was_attempted(agent, agent->staged.digest)) {
        return OTTER_OK;
    }
    agent->detail = "its slots are not as they were when it was requested";
    return OTTER_ERR_IMAGE_HASH;
}

/* A job that lists its files has a signature of each; one of an archive has it of the archive. */
static enum otter_result check_signature(struct otter_agent *agent, uint8_t index)
{
    const struct otter_manifest_file *file = &manifest_of(agent)->files[index];
    const struct otter_agent_slots slots = slots_of(agent, file->image);
    uint8_t digest[OTTER_SHA256_SIZE];
    enum otter_result result;

    if (!state_of(agent)->reader.is_listed) {
        return OTTER_OK;
    }
    result = otter_agent_hash_file(agent, &slots.secondary, file->size, digest);
    return result == OTTER_OK ? otter_agent_check_signature(agent, index, digest) : result;
}

static enum otter_result check_archive(struct otter_agent *agent)
{
    enum otter_result result = otter_agent_check_digest(agent, agent->staged.digest);

    if (result == OTTER_OK && !state_of(agent)->reader.is_listed) {
        result = otter_agent_check_signature(agent, 0, agent->staged.digest);
    }
    return result == OTTER_OK ? check_unmoved(agent) : result;
}

static enum otter_result verify(struct otter_agent *agent)
{
    const struct otter_manifest *manifest = manifest_of(agent);
    enum otter_result result = check_archive(agent);

    for (uint8_t i = 0; result == OTTER_OK && i < manifest->file_count; i++) {
        result = verify_file(agent, &manifest->files[i]);
        if (result == OTTER_OK) {
            result = check_signature(agent, i);
        }
        if (result != OTTER_OK && agent->detail[0] == '\0') {
            agent->detail = otter_manifest_type(manifest->files[i].image);
        }
    }
    return result;
}

/* Image 0 comes last: its request, and its version when it runs, stand for all of them when the
 * agent asks how the update ended. */
static enum otter_result request(struct otter_agent *agent)
{
    const struct otter_agent_config *config = agent->config;
    enum otter_result result = OTTER_OK;

    for (uint8_t image = config->bundles->other_count + 1u; result == OTTER_OK && image-- > 0;) {
        const struct otter_agent_slots slots = slots_of(agent, image);

        if (has_image(manifest_of(agent), image)) {
            result = otter_bootstate_request(&slots.secondary, &agent->shape, image,
                                             !config->validate_after_reboot);
        }
    }
    return result;
}

static enum otter_result confirm_others(const struct otter_agent *agent)
{
    const struct otter_agent_bundles *bundles = agent->config->bundles;
    enum otter_result result = OTTER_OK;

    for (uint8_t i = 0; result == OTTER_OK && i < bundles->other_count; i++) {
        result = otter_bootstate_confirm(&bundles->others[i].primary, &agent->shape);
    }
    return result;
}

const struct otter_agent_bundle_ops otter_agent_bundle_ops = {
    .check_slots = check_slots,
    .drop_requests = drop_requests,
    .begin = begin_walk,
    .resume = resume,
    .adopt = adopt,
    .take = take,
    .extent = extent,
    .checkpoint = checkpoint,
    .missing = missing,
    .verify = verify,
    .request = request,
    .confirm_others = confirm_others,
};
