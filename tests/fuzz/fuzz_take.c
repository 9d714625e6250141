/* SPDX-License-Identifier: Apache-2.0 */

/* A data source that hands the agent pieces of an image or of a bundle as it likes: at any offset, of any
 * length, of any total, with changed bytes, after lost links and restarts. The flash is the simulated
 * one, which aborts where a rule of NOR flash is broken; nothing but slots for updates and journal may
 * be touched; and as no key is trusted, nothing may ever be requested.
 *
 * The first byte says what is fetched, and how. Then each 10 bytes are one piece. */

#include <stdlib.h>
#include <string.h>

#include "otter/agent.h"
#include "otter/agent_bundle.h"
#include "otter/bytes.h"
#include "otter/direct.h"
#include "otter/sim_flash.h"
#include "otter/tar.h"

#define SECTOR_SIZE  1024u
#define SLOT_SIZE    (4 * SECTOR_SIZE)
#define IMAGES       2u
#define JOURNAL_SIZE (2 * SECTOR_SIZE)
#define FLASH_SIZE   (IMAGES * 2 * SLOT_SIZE + JOURNAL_SIZE)
#define MAX_IMAGE    (3 * SECTOR_SIZE)
#define PROGRAM_SIZE 1500u
#define PIECE_SIZE   10u   /* in the script */
#define PIECE_MAX    2048u /* of the file */
#define STEPS_MAX    20000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* The files ---------------------------------------------------------------------------------- */

enum file { IMAGE, BUNDLE, FILES };

struct file_bytes {
    uint8_t bytes[8 * 1024];
    uint32_t size;
};

static struct file_bytes files[FILES];

static void append(struct file_bytes *file, const void *bytes, uint32_t size)
{
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

static void make_image(struct file_bytes *file)
{
    const struct otter_image_header header = { .header_size = OTTER_IMAGE_HEADER_SIZE,
                                               .program_size = PROGRAM_SIZE,
                                               .version = { .major = 2 } };
    uint8_t bytes[OTTER_IMAGE_HEADER_SIZE];
    static const uint8_t tlvs[] = { 0x07, 0x69, 4, 0 };

    otter_image_encode_header(&header, bytes);
    append(file, bytes, sizeof bytes);
    memset(file->bytes + file->size, 0x5A, PROGRAM_SIZE);
    file->size += PROGRAM_SIZE;
    append(file, tlvs, sizeof tlvs);
}

static void append_member(struct file_bytes *file, const char *name, const void *bytes,
                          uint32_t size)
{
    struct otter_tar_member member = { .size = size };
    uint8_t block[OTTER_TAR_BLOCK_SIZE];

    (void)strcpy(member.name, name);
    otter_tar_encode(&member, block);
    append(file, block, sizeof block);
    append(file, bytes, size);
    file->size += otter_tar_padding(size);
}

static void make_bundle(struct file_bytes *file, const struct file_bytes *image)
{
    static const char manifest[] =
        "{\"numberOfComponents\":3,\"version\":\"2.0.0\",\"files\":["
        "{\"fileName\":\"components.json\",\"fileType\":\"component_list\"},"
        "{\"fileName\":\"a\",\"fileType\":\"NSPE\",\"fileSize\":1536},"
        "{\"fileName\":\"b\",\"fileType\":\"SPE\",\"fileSize\":1536}]}";

    demand(image->size == 1536);
    append_member(file, "components.json", manifest, sizeof manifest - 1);
    append_member(file, "a", image->bytes, image->size);
    append_member(file, "b", image->bytes, image->size);
    file->size += 2 * OTTER_TAR_BLOCK_SIZE;
}

static void make_files(void)
{
    if (files[IMAGE].size == 0) {
        make_image(&files[IMAGE]);
        make_bundle(&files[BUNDLE], &files[IMAGE]);
    }
}

/* The sources: the fuzzer's bytes ------------------------------------------------------------- */

struct script {
    const uint8_t *bytes;
    size_t left;
    enum file file;
    bool restarts; /* the device is to be reset */
    struct otter_job job;
    uint8_t
        *piece; /* exactly as large as the piece, so that the sanitizer sees each byte too many */
};

static enum otter_result ask(void *self, const struct otter_identity *identity, uint32_t now_ms)
{
    (void)self;
    (void)identity;
    (void)now_ms;
    return OTTER_OK;
}

static enum otter_result answer(void *self, uint32_t now_ms, struct otter_job *job)
{
    (void)now_ms;
    *job = ((const struct script *)self)->job;
    return OTTER_OK;
}

static enum otter_result report(void *self, const struct otter_identity *identity,
                                const struct otter_report *content, uint32_t now_ms)
{
    (void)self;
    (void)identity;
    (void)now_ms;
    demand(content->stage == OTTER_REPORT_REFUSED || content->stage == OTTER_REPORT_FAILED);
    return OTTER_OK;
}

static enum otter_result report_step(void *self, uint32_t now_ms)
{
    (void)self;
    (void)now_ms;
    return OTTER_OK;
}

static void close_source(void *self)
{
    (void)self;
}

static const char *explain(void *self)
{
    (void)self;
    return "";
}

static const struct otter_job_source_ops job_ops = { .ask = ask,
                                                     .step = answer,
                                                     .report = report,
                                                     .report_step = report_step,
                                                     .close = close_source,
                                                     .explain = explain };

static enum otter_result open_data(void *self, const struct otter_identity *identity,
                                   const struct otter_job *job, uint32_t now_ms)
{
    (void)self;
    (void)identity;
    (void)job;
    (void)now_ms;
    return OTTER_OK;
}

/* What is behind a file is zeros. */
static void fill(struct script *script, struct otter_chunk *chunk, const uint8_t *change)
{
    const struct file_bytes *file = &files[script->file];

    free(script->piece);
    script->piece = calloc(1, chunk->len > 0 ? chunk->len : 1);
    demand(script->piece != NULL);
    chunk->bytes = script->piece;
    for (size_t i = 0; i < chunk->len && i + chunk->offset < file->size; i++) {
        script->piece[i] = file->bytes[chunk->offset + i];
    }
    if (chunk->len > 0) {
        script->piece[change[0] * chunk->len / 256] ^= change[1];
    }
}

/* A byte of kind, one of total, four of offset, two of length, two that change a byte. */
static enum otter_result next_piece(struct script *script, const struct otter_range *missing,
                                    struct otter_chunk *chunk)
{
    static const uint32_t far[] = { 0, 1, UINT32_MAX, UINT32_MAX / 2 };
    const uint8_t *bytes = script->bytes;
    const uint32_t offset = otter_load_le32(bytes + 2);

    chunk->len = otter_load_le16(bytes + 6) % (PIECE_MAX + 1);
    chunk->offset =
        (bytes[0] & 1) != 0 ? (uint32_t)(missing->offset + (int64_t)(int8_t)bytes[2]) : offset;
    chunk->total = bytes[1] < 8 ? far[bytes[1] % 4] : files[script->file].size + bytes[1] % 2;
    fill(script, chunk, bytes + 8);
    script->restarts = bytes[0] >= 0xF0;
    script->bytes += PIECE_SIZE;
    script->left -= PIECE_SIZE;
    return bytes[0] >= 0xE0 && bytes[0] < 0xF0 ? OTTER_ERR_LINK : OTTER_OK;
}

/* When the fuzzer has no more, what is missing comes as it should. */
static enum otter_result step_data(void *self, uint32_t now_ms, const struct otter_range *missing,
                                   struct otter_chunk *chunk)
{
    static const uint8_t no_change[2] = { 0 };
    struct script *script = self;

    (void)now_ms;
    if (script->left >= PIECE_SIZE) {
        return next_piece(script, missing, chunk);
    }
    chunk->offset = missing->offset;
    chunk->total = files[script->file].size;
    if (chunk->offset >= chunk->total) {
        return OTTER_AGAIN;
    }
    chunk->len = chunk->total - chunk->offset < 512 ? chunk->total - chunk->offset : 512;
    fill(script, chunk, no_change);
    return OTTER_OK;
}

static void take(void *self, size_t len)
{
    (void)self;
    (void)len;
}

static const struct otter_data_source_ops data_ops = {
    .open = open_data, .step = step_data, .take = take, .close = close_source, .explain = explain
};

/* The device --------------------------------------------------------------------------------- */

static const struct otter_sector_run run = { .size = SECTOR_SIZE,
                                             .count = FLASH_SIZE / SECTOR_SIZE };
static const struct otter_flash_geometry geometry = { .name = "flash",
                                                      .size = FLASH_SIZE,
                                                      .runs = &run,
                                                      .run_count = 1,
                                                      .write_size = 8,
                                                      .erased_byte = 0xFF };
static const struct otter_layout layout = { .board = "board",
                                            .name = "small",
                                            .devices = &geometry,
                                            .device_count = 1,
                                            .image_count = IMAGES,
                                            .max_align = 8,
                                            .header_size = OTTER_IMAGE_HEADER_SIZE,
                                            .max_sectors = SLOT_SIZE / SECTOR_SIZE };

static enum otter_agent_answer on_event(void *context, const struct otter_agent_event *event)
{
    (void)context;
    (void)event;
    return OTTER_ANSWER_CONTINUE;
}

static void on_restart(void *context)
{
    (void)context;
    abort(); /* for an update that nobody signed */
}

static uint32_t on_random(void *context)
{
    (void)context;
    return 0;
}

static const struct otter_agent_hooks hooks = { .event = on_event,
                                                .restart = on_restart,
                                                .random = on_random };

/* A sum is enough to tell one file from another. */
static enum otter_result start_digest(struct otter_sha256 *sha)
{
    memset(sha, 0, sizeof *sha);
    return OTTER_OK;
}

static enum otter_result update_digest(struct otter_sha256 *sha, const void *bytes, size_t len)
{
    uint8_t *sum = (uint8_t *)sha;

    for (size_t i = 0; i < len; i++) {
        sum[i % OTTER_SHA256_SIZE] =
            (uint8_t)(sum[i % OTTER_SHA256_SIZE] * 31 + ((const uint8_t *)bytes)[i]);
    }
    return OTTER_OK;
}

static enum otter_result finish_digest(struct otter_sha256 *sha, uint8_t digest[OTTER_SHA256_SIZE])
{
    memcpy(digest, sha, OTTER_SHA256_SIZE);
    return OTTER_OK;
}

static const struct otter_crypto crypto = { .sha256_start = start_digest,
                                            .sha256_update = update_digest,
                                            .sha256_finish = finish_digest };

static struct otter_area slot(const struct otter_flash *flash, unsigned number)
{
    return (struct otter_area){ .flash = flash, .offset = number * SLOT_SIZE, .size = SLOT_SIZE };
}

static bool is_untouched(const struct otter_sim_flash *device, const struct otter_area *area)
{
    for (uint32_t i = 0; i < area->size; i++) {
        if (device->bytes[area->offset + i] != 0xFF) {
            return false;
        }
    }
    return true;
}

static void check(const struct otter_agent *agent, const struct otter_sim_flash *device)
{
    const struct otter_agent_config *config = agent->config;
    const struct otter_agent_slots *other = &config->bundles->others[0];
    struct otter_agent_status status;
    struct otter_trailer trailer;

    otter_agent_get_status(agent, 0, &status);
    demand(status.percent <= 100 && status.bytes <= status.total && !status.is_pending);
    demand(is_untouched(device, &config->primary) && is_untouched(device, &other->primary));
    otter_trailer_read(&config->secondary, &agent->shape, &trailer);
    demand(trailer.magic != OTTER_FLAG_SET);
    otter_trailer_read(&other->secondary, &agent->shape, &trailer);
    demand(trailer.magic != OTTER_FLAG_SET);
}

/* Until the script is read and some sessions have ended. */
static void use(struct script *script, const struct otter_agent_config *config,
                const struct otter_sim_flash *device)
{
    struct otter_agent agent;
    uint32_t now_ms = 0;

    demand(otter_agent_init(&agent, config, now_ms) == OTTER_OK);
    otter_agent_check_now(&agent);
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        const uint32_t wait_ms = otter_agent_step(&agent, now_ms);

        now_ms += wait_ms;
        if (script->restarts) {
            script->restarts = false;
            check(&agent, device);
            demand(otter_agent_init(&agent, config, now_ms) == OTTER_OK);
            otter_agent_check_now(&agent);
        }
        if (script->left < PIECE_SIZE && otter_agent_stage(&agent) == OTTER_STAGE_IDLE) {
            break;
        }
    }
    demand(otter_agent_stage(&agent) == OTTER_STAGE_IDLE);
    check(&agent, device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct otter_agent_bundle bundle;
    static uint8_t buffer[256];
    struct script script = { .bytes = data + 1, .left = size - 1 };
    struct otter_job_source jobs = { .ops = &job_ops, .self = &script };
    const struct otter_data_source source = { .ops = &data_ops, .self = &script };
    struct otter_sim_power power;
    struct otter_sim_flash device;

    if (size < 1) {
        return 0;
    }
    make_files();
    script.file = (data[0] & 1) != 0 ? BUNDLE : IMAGE;
    script.job = (struct otter_job){ .board = "board",
                                     .version = { .major = 2 },
                                     .is_direct = (data[0] & 2) != 0,
                                     .is_unread = (data[0] & 2) != 0,
                                     .has_size = (data[0] & 4) != 0,
                                     .size = files[script.file].size };
    otter_sim_power_init(&power);
    demand(otter_sim_flash_init(&device, &power, &geometry) == OTTER_OK);
    {
        const struct otter_agent_slots others[] = { { .primary = slot(&device.flash, 2),
                                                      .secondary = slot(&device.flash, 3),
                                                      .max_image_size = MAX_IMAGE } };
        const struct otter_agent_bundles bundles = {
            .ops = &otter_agent_bundle_ops, .state = &bundle, .others = others, .other_count = 1
        };
        const struct otter_agent_config config = {
            .identity = { .board = "board", .version = { .major = 1 } },
            .timing = otter_agent_default_timing,
            .layout = &layout,
            .primary = slot(&device.flash, 0),
            .secondary = slot(&device.flash, 1),
            .journal = { .flash = &device.flash,
                         .offset = IMAGES * 2 * SLOT_SIZE,
                         .size = JOURNAL_SIZE },
            .trust = { .crypto = &crypto },
            .max_image_size = MAX_IMAGE,
            .jobs = &jobs,
            .data = &source,
            .bundles = &bundles,
            .hooks = &hooks,
            .buffer = buffer,
            .buffer_size = sizeof buffer,
        };

        use(&script, &config, &device);
    }
    free(script.piece);
    otter_sim_flash_free(&device);
    return 0;
}
