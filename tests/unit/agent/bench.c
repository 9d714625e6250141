/* SPDX-License-Identifier: Apache-2.0 */

#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "otter/bytes.h"
#include "otter/mbedtls_crypto.h"
#include "otter/tar.h"
#include "suites.h"

#define SECTOR_SIZE     1024u
#define HEADER_SIZE     256u
#define DEPENDENCY_SIZE 12u

#define SECTORS 46u

static const struct otter_sector_run runs[] = { { .size = SECTOR_SIZE, .count = SECTORS } };
static const struct otter_flash_geometry geometry = {
    .name = "internal",
    .size = SECTORS * SECTOR_SIZE,
    .runs = runs,
    .run_count = 1,
    .write_size = 8,
    .erased_byte = 0xFF,
};
static const struct otter_layout_area areas[] = {
    { .name = "primary", .role = OTTER_AREA_PRIMARY, .offset = 0, .size = 10 * SECTOR_SIZE },
    { .name = "secondary",
      .role = OTTER_AREA_SECONDARY,
      .offset = 10 * SECTOR_SIZE,
      .size = 10 * SECTOR_SIZE },
    { .name = "scratch",
      .role = OTTER_AREA_SCRATCH,
      .offset = 20 * SECTOR_SIZE,
      .size = 2 * SECTOR_SIZE },
    { .name = "journal",
      .role = OTTER_AREA_JOURNAL,
      .offset = 24 * SECTOR_SIZE,
      .size = 2 * SECTOR_SIZE },
    { .name = "primary-1",
      .role = OTTER_AREA_PRIMARY,
      .image = 1,
      .offset = 26 * SECTOR_SIZE,
      .size = 10 * SECTOR_SIZE },
    { .name = "secondary-1",
      .role = OTTER_AREA_SECONDARY,
      .image = 1,
      .offset = 36 * SECTOR_SIZE,
      .size = 10 * SECTOR_SIZE },
};
static const struct otter_layout one_image = {
    .board = "bench",
    .name = "small",
    .devices = &geometry,
    .areas = areas,
    .device_count = 1,
    .area_count = 4,
    .image_count = 1,
    .max_align = 8,
    .header_size = HEADER_SIZE,
    .max_sectors = 10,
};
static const struct otter_layout two_images = {
    .board = "bench",
    .name = "two",
    .devices = &geometry,
    .areas = areas,
    .device_count = 1,
    .area_count = 6,
    .image_count = 2,
    .max_align = 8,
    .header_size = HEADER_SIZE,
    .max_sectors = 10,
};

/* A toy at the crypto interface: the "signature" is the digest with the key's byte added. It shows
 * which key signed what; real signatures are tested where they are made. */
static enum otter_verdict toy_verify(const struct otter_public_key *key,
                                     const uint8_t digest[OTTER_SHA256_SIZE],
                                     const uint8_t *signature, size_t signature_size)
{
    if (signature_size != OTTER_SHA256_SIZE) {
        return OTTER_VERDICT_BAD;
    }
    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        if (signature[i] != (uint8_t)(digest[i] + key->der[0])) {
            return OTTER_VERDICT_BAD;
        }
    }
    return OTTER_VERDICT_GOOD;
}

static const struct otter_signature_ops toy = {
    .name = "toy",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = OTTER_SHA256_SIZE,
    .verify = toy_verify,
};
static const struct otter_signature_ops *const toys[] = { &toy, NULL };

static const uint8_t trusted_byte[] = { 11 };
static const uint8_t other_byte[] = { 22 };
static const struct otter_public_key keys[] = {
    { .der = trusted_byte, .der_size = 1 },
    { .der = other_byte, .der_size = 1 },
};

static struct otter_crypto bench_crypto(void)
{
    struct otter_crypto crypto = otter_mbedtls_crypto;

    crypto.signatures = toys;
    return crypto;
}

static struct otter_crypto crypto;

static void sha256(const void *bytes, size_t len, uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;

    assert_int_equal(crypto.sha256_start(&sha), OTTER_OK);
    assert_int_equal(crypto.sha256_update(&sha, bytes, len), OTTER_OK);
    assert_int_equal(crypto.sha256_finish(&sha, digest), OTTER_OK);
}

/* Images ------------------------------------------------------------------------------------- */

static uint32_t append_tlvs(uint8_t *file, uint32_t size, const struct otter_public_key *key)
{
    struct otter_tlv_writer tlvs;
    uint8_t digest[OTTER_SHA256_SIZE];
    uint8_t key_hash[OTTER_SHA256_SIZE];
    uint8_t signature[OTTER_SHA256_SIZE];

    sha256(file, size, digest);
    sha256(key->der, key->der_size, key_hash);
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] = (uint8_t)(digest[i] + key->der[0]);
    }
    otter_tlv_writer_init(&tlvs, file + size, BENCH_FILE_MAX - size);
    otter_tlv_writer_add(&tlvs, OTTER_TLV_SHA256, digest, sizeof digest);
    otter_tlv_writer_add(&tlvs, OTTER_TLV_KEYHASH, key_hash, sizeof key_hash);
    otter_tlv_writer_add(&tlvs, OTTER_TLV_ECDSA_SIG, signature, sizeof signature);
    assert_int_equal(otter_tlv_writer_finish(&tlvs, OTTER_TLV_INFO_MAGIC), OTTER_OK);
    return size + (uint32_t)tlvs.length;
}

static uint32_t append_dependency(uint8_t *file, uint32_t size, const struct bench_image *image)
{
    struct otter_tlv_writer tlvs;
    struct otter_version version;
    uint8_t value[DEPENDENCY_SIZE] = { image->needed };

    assert_int_equal(otter_version_parse(image->needs, &version), OTTER_OK);
    value[4] = version.major;
    value[5] = version.minor;
    otter_store_le16(value + 6, version.revision);
    otter_tlv_writer_init(&tlvs, file + size, BENCH_FILE_MAX - size);
    otter_tlv_writer_add(&tlvs, OTTER_TLV_DEPENDENCY, value, sizeof value);
    assert_int_equal(otter_tlv_writer_finish(&tlvs, OTTER_TLV_PROTECTED_INFO_MAGIC), OTTER_OK);
    return size + (uint32_t)tlvs.length;
}

static uint32_t make_image(uint8_t *file, const struct bench_image *image)
{
    struct otter_image_header header = {
        .header_size = HEADER_SIZE,
        .protected_tlv_size = image->needs != NULL ? 4 + 4 + DEPENDENCY_SIZE : 0,
        .program_size = image->program_size != 0 ? image->program_size : 3000,
    };
    uint32_t size = HEADER_SIZE + header.program_size;

    assert_int_equal(otter_version_parse(image->version, &header.version), OTTER_OK);
    memset(file, 0, HEADER_SIZE);
    otter_image_encode_header(&header, file);
    for (uint32_t i = HEADER_SIZE; i < size; i++) {
        file[i] = (uint8_t)(i * 13 + header.version.minor);
    }
    if (image->needs != NULL) {
        size = append_dependency(file, size, image);
    }
    return append_tlvs(file, size, &keys[image->key]);
}

/* What lies in bench->file. */
static void offer(struct bench *bench, const char *version)
{
    struct otter_job *job = &bench->jobs.job;

    bench->data.file = bench->file;
    bench->data.size = bench->file_size;
    bench->data.total = bench->file_size;
    bench->jobs.answer = OTTER_OK;
    *job = (struct otter_job){ .board = "bench" };
    assert_int_equal(otter_version_parse(version, &job->version), OTTER_OK);
}

void bench_offer(struct bench *bench, const struct bench_image *image)
{
    bench->file_size = make_image(bench->file, image);
    offer(bench, image->version);
}

static void append_file(struct bench *bench, const char *name, const uint8_t *bytes, uint32_t size)
{
    struct otter_tar_member member = { .size = size };
    uint8_t *place = bench->file + bench->file_size;

    assert_true(bench->file_size + 2 * OTTER_TAR_BLOCK_SIZE + size <= BENCH_FILE_MAX);
    (void)snprintf(member.name, sizeof member.name, "%s", name);
    otter_tar_encode(&member, place);
    memcpy(place + OTTER_TAR_BLOCK_SIZE, bytes, size);
    memset(place + OTTER_TAR_BLOCK_SIZE + size, 0, otter_tar_padding(size));
    bench->file_size += OTTER_TAR_BLOCK_SIZE + size + otter_tar_padding(size);
}

void bench_offer_bundle(struct bench *bench, const struct bench_image *first,
                        const struct bench_image *second)
{
    uint8_t app[BENCH_FILE_MAX];
    uint8_t radio[BENCH_FILE_MAX];
    char manifest[512];
    const uint32_t app_size = make_image(app, first);
    const uint32_t radio_size = make_image(radio, second);
    const int len =
        snprintf(manifest, sizeof manifest,
                 "{\"numberOfComponents\":\"3\",\"version\":\"%s\",\"files\":["
                 "{\"fileName\":\"components.json\",\"fileType\":\"component_list\"},"
                 "{\"fileName\":\"app.bin\",\"fileType\":\"NSPE\",\"fileSize\":\"%u\"},"
                 "{\"fileName\":\"radio.bin\",\"fileType\":\"SPE\",\"fileSize\":\"%u\"}]}",
                 first->version, (unsigned)app_size, (unsigned)radio_size);

    bench->file_size = 0;
    append_file(bench, "components.json", (const uint8_t *)manifest, (uint32_t)len);
    append_file(bench, "app.bin", app, app_size);
    append_file(bench, "radio.bin", radio, radio_size);
    memset(bench->file + bench->file_size, 0, 2 * OTTER_TAR_BLOCK_SIZE);
    bench->file_size += 2 * OTTER_TAR_BLOCK_SIZE;
    offer(bench, first->version);
}

void bench_offer_files(struct bench *bench, const struct bench_image *first,
                       const struct bench_image *second)
{
    uint8_t image[BENCH_FILE_MAX];

    bench->files[0] = (struct otter_job_file){ .size = make_image(bench->file, first) };
    bench->files[1] = (struct otter_job_file){ .size = make_image(image, second), .image = 1 };
    bench->file_size = bench->files[0].size + bench->files[1].size;
    assert_true(bench->file_size <= BENCH_FILE_MAX);
    memcpy(bench->file + bench->files[0].size, image, bench->files[1].size);
    offer(bench, first->version);
    bench->jobs.job = (struct otter_job){
        .is_versionless = true,
        .is_unread = true,
        .has_size = true,
        .size = bench->file_size,
        .files = bench->files,
        .file_count = 2,
    };
}

/* The application ----------------------------------------------------------------------------- */

static enum otter_agent_answer on_event(void *context, const struct otter_agent_event *event)
{
    struct bench *bench = context;
    char line[192];
    const size_t used = strlen(bench->log);

    if (bench->watch != NULL) {
        bench->watch(bench, event);
    }
    (void)otter_agent_event_text(event, line, sizeof line);
    if (used + strlen(line) + 2 < BENCH_LOG_MAX) {
        strcat(bench->log, line);
        strcat(bench->log, "\n");
    }
    if (bench->answers > 0 && event->stage == bench->answer_stage
        && event->reason == bench->answer_reason) {
        bench->answers--;
        return bench->answer;
    }
    return OTTER_ANSWER_CONTINUE;
}

static void on_restart(void *context)
{
    struct bench *bench = context;

    bench->restarts++;
}

static uint32_t on_random(void *context)
{
    const struct bench *bench = context;

    return bench->random;
}

static const struct otter_agent_hooks hooks = {
    .event = on_event,
    .restart = on_restart,
    .random = on_random,
};

static struct otter_area open_slot(const struct bench *bench, enum otter_area_role role,
                                   uint8_t image)
{
    struct otter_area area;

    assert_int_equal(otter_layout_open(bench->layout, bench->devices, role, image, &area),
                     OTTER_OK);
    return area;
}

static struct otter_area open_area(const struct bench *bench, enum otter_area_role role)
{
    return open_slot(bench, role, 0);
}

static void accept_bundles(struct bench *bench)
{
    bench->others[0] = (struct otter_agent_slots){
        .primary = open_slot(bench, OTTER_AREA_PRIMARY, 1),
        .secondary = open_slot(bench, OTTER_AREA_SECONDARY, 1),
        .max_image_size =
            otter_strategy_max_image_size(&otter_swap_scratch, bench->layout, 1, NULL),
    };
    bench->bundles = (struct otter_agent_bundles){
        .ops = &otter_agent_bundle_ops,
        .state = &bench->bundle,
        .others = bench->others,
        .other_count = 1,
    };
    bench->config.bundles = &bench->bundles;
}

static void configure(struct bench *bench)
{
    bench->config = (struct otter_agent_config){
        .identity = { .manufacturer = "Otter",
                      .manufacturer_id = "OT",
                      .product = "bench",
                      .serial_number = "1",
                      .board = "bench" },
        .timing = otter_agent_default_timing,
        .layout = bench->layout,
        .primary = open_area(bench, OTTER_AREA_PRIMARY),
        .secondary = open_area(bench, OTTER_AREA_SECONDARY),
        .journal = open_area(bench, OTTER_AREA_JOURNAL),
        .trust = { .crypto = &crypto, .keys = keys, .key_count = 1 },
        .max_image_size =
            otter_strategy_max_image_size(&otter_swap_scratch, bench->layout, 0, NULL),
        .jobs = &bench->job_source,
        .data = &bench->data_source,
        .hooks = &hooks,
        .hooks_context = bench,
        .reboot_upon_completion = true,
        .validate_after_reboot = true,
        .buffer = bench->buffer,
        .buffer_size = sizeof bench->buffer,
    };
}

static void make_device(struct bench *bench, const struct otter_layout *layout)
{
    const struct bench_image first = { .version = "1.0.0" };

    memset(bench, 0, sizeof *bench);
    bench->layout = layout;
    bench->random = 12345;
    crypto = bench_crypto();
    otter_sim_power_init(&bench->power);
    assert_int_equal(otter_sim_flash_init(&bench->device, &bench->power, &geometry), OTTER_OK);
    bench->devices[0] = &bench->device.flash;
    fake_jobs_init(&bench->jobs, &bench->job_source);
    fake_data_init(&bench->data, &bench->data_source);
    configure(bench);
    bench->file_size = make_image(bench->file, &first);
    otter_sim_flash_load(&bench->device, 0, bench->file, bench->file_size);
}

void bench_set_up(struct bench *bench)
{
    make_device(bench, &one_image);
    bench_reset(bench);
    bench_assert_runs(bench, "1.0.0");
}

void bench_set_up_two(struct bench *bench)
{
    make_device(bench, &two_images);
    accept_bundles(bench);
    otter_sim_flash_load(&bench->device, bench->others[0].primary.offset, bench->file,
                         bench->file_size);
    bench_reset(bench);
    bench_assert_runs(bench, "1.0.0");
    bench_assert_other(bench, "1.0.0");
}

void bench_tear_down(struct bench *bench)
{
    otter_sim_flash_free(&bench->device);
}

/* Running ------------------------------------------------------------------------------------ */

void bench_start_agent(struct bench *bench)
{
    bench->config.identity.version = bench->outcome.image.header.version;
    assert_int_equal(otter_agent_init(&bench->agent, &bench->config, bench->now_ms), OTTER_OK);
}

void bench_reset(struct bench *bench)
{
    const struct otter_boot_config boot = {
        .layout = bench->layout,
        .several = bench->layout->image_count > 1 ? &otter_boot_several : NULL,
        .devices = bench->devices,
        .strategy = &otter_swap_scratch,
        .trust = bench->config.trust,
        .hooks = &otter_boot_no_hooks,
        .buffer = bench->boot_buffer,
        .buffer_size = sizeof bench->boot_buffer,
    };

    otter_sim_power_on(&bench->power);
    assert_int_equal(otter_boot_go(&boot, &bench->outcome), OTTER_OK);
    assert_int_equal(bench->outcome.verdict, OTTER_VERDICT_GOOD);
    bench->config.boot_refusal = bench->outcome.refusal;
    otter_sim_power_on(&bench->power);
    bench_start_agent(bench);
}

void bench_run(struct bench *bench, uint32_t limit_ms)
{
    const unsigned restarts = bench->restarts;
    const uint32_t began_ms = bench->now_ms;
    unsigned steps = 0;

    while (bench->restarts == restarts && !bench->power.is_off
           && bench->now_ms - began_ms < limit_ms) {
        const uint32_t wait_ms = otter_agent_step(&bench->agent, bench->now_ms);

        bench->now_ms += wait_ms;
        bench->waited_ms += wait_ms;
        assert_true(++steps < 200000); /* it does not spin */
    }
}

void bench_run_session(struct bench *bench)
{
    const unsigned restarts = bench->restarts;
    unsigned steps = 0;

    otter_agent_check_now(&bench->agent);
    do {
        const uint32_t wait_ms = otter_agent_step(&bench->agent, bench->now_ms);
        const bool is_over = otter_agent_stage(&bench->agent) == OTTER_STAGE_IDLE
                             && wait_ms >= 1000 * bench->config.timing.next_check_interval_s;

        if (is_over || bench->power.is_off || bench->restarts != restarts) {
            return;
        }
        bench->now_ms += wait_ms;
        bench->waited_ms += wait_ms;
    } while (++steps < 200000);
    fail_msg("the session does not end");
}

/* Looking ------------------------------------------------------------------------------------ */

static void assert_version(const struct otter_version *actual, const char *expected)
{
    char text[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(actual, text);
    assert_string_equal(text, expected);
}

void bench_assert_runs(const struct bench *bench, const char *version)
{
    assert_version(&bench->outcome.image.header.version, version);
}

void bench_assert_reported(const struct bench *bench, enum otter_report_stage stage,
                           enum otter_result result, const char *version)
{
    const struct otter_report *last;

    assert_true(bench->jobs.report_count > 0);
    last = &bench->jobs.reports[bench->jobs.report_count - 1];
    assert_string_equal(otter_report_stage_name(last->stage), otter_report_stage_name(stage));
    assert_string_equal(otter_result_name(last->result), otter_result_name(result));
    assert_version(&last->version, version);
}

void bench_assert_logged(const struct bench *bench, const char *text)
{
    if (strstr(bench->log, text) == NULL) {
        fputs(bench->log, stderr);
        fail_msg("\"%s\" is not in the log above", text);
    }
}

void bench_assert_other(const struct bench *bench, const char *version)
{
    assert_version(&bench->outcome.other_versions[0], version);
}

static bool has_request(const struct bench *bench, const struct otter_area *secondary)
{
    const struct otter_trailer_shape shape = otter_trailer_shape(bench->layout);
    struct otter_trailer trailer;

    otter_trailer_read(secondary, &shape, &trailer);
    return trailer.magic == OTTER_FLAG_SET;
}

bool bench_has_request(const struct bench *bench)
{
    return has_request(bench, &bench->config.secondary);
}

bool bench_has_other_request(const struct bench *bench)
{
    return has_request(bench, &bench->others[0].secondary);
}

void bench_bring_both_to_the_end(struct bench *bench)
{
    for (unsigned resets = 0; resets < 4; resets++) {
        bench_reset(bench);
        if (bench->outcome.image.header.version.minor == 1) {
            bench_assert_other(bench, "1.1.0");
            assert_int_equal(otter_agent_confirm(&bench->agent), OTTER_OK);
        } else {
            bench_assert_other(bench, "1.0.0");
        }
        bench_run_session(bench);
    }
    bench_assert_runs(bench, "1.1.0");
    bench_assert_other(bench, "1.1.0");
    assert_false(bench_has_request(bench));
    assert_false(bench_has_other_request(bench));
}
