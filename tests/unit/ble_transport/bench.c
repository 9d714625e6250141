/* SPDX-License-Identifier: Apache-2.0 */

#include "bench.h"

#include <string.h>

#include "otter/crc32.h"
#include "otter/mbedtls_crypto.h"
#include "suites.h"

#define SECTOR_SIZE 1024u
#define HEADER_SIZE 256u
#define SECTORS     24u
#define AGENT_TURNS 400u

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
      .offset = 22 * SECTOR_SIZE,
      .size = 2 * SECTOR_SIZE },
};
static const struct otter_layout layout = {
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

/* The stack ------------------------------------------------------------------------------------ */

static enum otter_result hear(struct bench *bench, const uint8_t *value, size_t len,
                              bool is_indication)
{
    struct bench_peer *peer = &bench->peer;
    struct bench_reply *reply = &peer->replies[peer->reply_count];

    assert_int_equal(bench->guarded, 0);
    assert_in_range(len, 1, OTTER_BLE_REPLY_MAX);
    if (peer->is_deaf) {
        return OTTER_ERR_LINK;
    }
    if (peer->stack_is_full > 0) {
        peer->stack_is_full--;
        return OTTER_AGAIN;
    }
    assert_true(peer->reply_count < BENCH_REPLIES_MAX);
    *reply = (struct bench_reply){ .is_indication = is_indication, .len = len };
    memcpy(reply->bytes, value, len);
    peer->reply_count++;
    return OTTER_OK;
}

static enum otter_result on_notify(void *context, const uint8_t *value, size_t len)
{
    return hear(context, value, len, false);
}

static enum otter_result on_indicate(void *context, const uint8_t *value, size_t len)
{
    return hear(context, value, len, true);
}

static void on_respond(void *context, uint8_t att)
{
    struct bench *bench = context;

    assert_int_equal(bench->guarded, 0);
    assert_false(bench->peer.was_answered);
    bench->peer.was_answered = true;
    bench->peer.answer = att;
}

static const struct otter_ble_stack stack = {
    .notify = on_notify,
    .indicate = on_indicate,
    .respond = on_respond,
};

static void enter(void *context)
{
    struct bench *bench = context;

    assert_int_equal(bench->guarded++, 0);
}

static void leave(void *context)
{
    struct bench *bench = context;

    assert_int_equal(--bench->guarded, 0);
}

static void wake(void *context)
{
    const struct bench *bench = context;

    assert_int_equal(bench->guarded, 0);
}

/* The device ----------------------------------------------------------------------------------- */

static enum otter_agent_answer on_event(void *context, const struct otter_agent_event *event)
{
    struct bench *bench = context;

    if (event->reason == OTTER_REASON_FAILED) {
        bench->last_failure = event->result;
        bench->last_detail = event->detail;
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
    (void)context;
    return 1;
}

static const struct otter_agent_hooks hooks = {
    .event = on_event,
    .restart = on_restart,
    .random = on_random,
};

static struct otter_area open_area(const struct bench *bench, enum otter_area_role role)
{
    struct otter_area area;

    assert_int_equal(otter_layout_open(&layout, bench->devices, role, 0, &area), OTTER_OK);
    return area;
}

static void configure(struct bench *bench, const struct otter_ble_variant *variant)
{
    bench->guard = (struct otter_guard){ enter, leave, wake, bench };
    bench->ble_signer = (struct otter_ble_signer){
        .crypto = &otter_mbedtls_crypto,
        .ecdsa = &otter_mbedtls_ecdsa_p256,
        .key = bench->author.key,
    };
    bench->ble_config = (struct otter_ble_config){
        .variant = variant,
        .signer = &bench->ble_signer,
        .stack = &stack,
        .stack_context = bench,
        .guard = &bench->guard,
        .buffer = bench->ring,
        .buffer_size = sizeof bench->ring,
        .farewell_ms = 5000,
    };
    bench->config = (struct otter_agent_config){
        .identity = { .board = "bench" },
        .timing = otter_agent_pushed_timing,
        .layout = &layout,
        .primary = open_area(bench, OTTER_AREA_PRIMARY),
        .secondary = open_area(bench, OTTER_AREA_SECONDARY),
        .journal = open_area(bench, OTTER_AREA_JOURNAL),
        .trust = { .crypto = bench->signer.crypto, .keys = &bench->signer.key, .key_count = 1 },
        .max_image_size = otter_strategy_max_image_size(&otter_swap_scratch, &layout, 0, NULL),
        .jobs = &bench->jobs,
        .data = &bench->data,
        .hooks = &hooks,
        .hooks_context = bench,
        .reboot_upon_completion = true,
        .validate_after_reboot = true,
        .buffer = bench->buffer,
        .buffer_size = sizeof bench->buffer,
    };
}

static uint32_t make_image(struct bench *bench, const char *version, uint32_t program_size)
{
    struct otter_test_image image = {
        .header_size = HEADER_SIZE,
        .program_size = program_size,
        .signer = &bench->signer,
    };

    assert_int_equal(otter_version_parse(version, &image.version), OTTER_OK);
    image.seed = image.version.minor;
    return otter_test_image_make(&image, bench->file, BENCH_FILE_MAX);
}

void bench_set_up(struct bench *bench, const struct otter_ble_variant *variant)
{
    memset(bench, 0, sizeof *bench);
    otter_test_signer_fake(&bench->signer, "maker");
    otter_test_signer_ecdsa(&bench->author);
    otter_sim_power_init(&bench->power);
    assert_int_equal(otter_sim_flash_init(&bench->device, &bench->power, &geometry), OTTER_OK);
    bench->devices[0] = &bench->device.flash;
    configure(bench, variant);
    otter_sim_flash_load(&bench->device, 0, bench->file, make_image(bench, "1.0.0", 3000));
    bench_reset(bench);
    bench_assert_runs(bench, "1.0.0");
    bench_make_file(bench, "1.1.0", 3000);
    peer_connect(bench, 3);
}

int bench_set_up_crc(void **state)
{
    static struct bench bench;

    bench_set_up(&bench, &otter_ble_crc_variant);
    *state = &bench;
    return 0;
}

int bench_set_up_signed(void **state)
{
    static struct bench bench;

    bench_set_up(&bench, &otter_ble_signed_variant);
    *state = &bench;
    return 0;
}

int bench_tear_down_state(void **state)
{
    bench_tear_down(*state);
    return 0;
}

void bench_tear_down(struct bench *bench)
{
    otter_sim_flash_free(&bench->device);
    otter_test_signer_free(&bench->author);
    otter_test_signer_free(&bench->signer);
}

static bool is_signed(const struct bench *bench)
{
    return bench->ble_config.variant == &otter_ble_signed_variant;
}

static uint32_t image_size(const struct bench *bench)
{
    return is_signed(bench) ? bench->size - OTTER_BLE_SIGNATURE_SIZE : bench->size;
}

static void digest_of(const uint8_t *bytes, uint32_t size, uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;

    assert_int_equal(otter_mbedtls_sha256_start(&sha), OTTER_OK);
    assert_int_equal(otter_mbedtls_sha256_update(&sha, bytes, size), OTTER_OK);
    assert_int_equal(otter_mbedtls_sha256_finish(&sha, digest), OTTER_OK);
}

void bench_sign_file(struct bench *bench, const struct otter_test_signer *author)
{
    uint8_t digest[OTTER_SHA256_SIZE];
    uint8_t signature[OTTER_TEST_SIGNATURE_MAX];
    size_t size;

    digest_of(bench->file, image_size(bench), digest);
    size = author->sign(author, digest, signature);
    assert_true(otter_p256_signature_numbers(signature, size, bench->file + image_size(bench)));
}

void bench_make_file(struct bench *bench, const char *version, uint32_t program_size)
{
    bench->size = make_image(bench, version, program_size);
    if (is_signed(bench)) {
        bench->size += OTTER_BLE_SIGNATURE_SIZE;
        bench_sign_file(bench, &bench->author);
    }
}

void bench_reset(struct bench *bench)
{
    const struct otter_boot_config boot = {
        .layout = &layout,
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
    otter_sim_power_on(&bench->power);
    bench->config.boot_refusal = bench->outcome.refusal;
    bench->config.identity.version = bench->outcome.image.header.version;
    bench->restarts = 0;
    memset(&bench->peer, 0, sizeof bench->peer);
    assert_int_equal(otter_ble_init(&bench->ble, &bench->ble_config), OTTER_OK);
    bench->jobs = otter_ble_job_source(&bench->ble);
    bench->data = otter_ble_data_source(&bench->ble);
    assert_int_equal(otter_agent_init(&bench->agent, &bench->config, bench->now_ms), OTTER_OK);
}

void bench_run(struct bench *bench, uint32_t limit_ms)
{
    uint32_t left_ms = limit_ms;
    unsigned steps = 0;

    while (bench->restarts == 0 && !bench->power.is_off && left_ms > 0) {
        const uint32_t wait_ms = otter_agent_step(&bench->agent, bench->now_ms);
        const uint32_t passed_ms = wait_ms < left_ms ? wait_ms : left_ms;

        bench->now_ms += passed_ms;
        left_ms -= passed_ms;
        assert_true(++steps < 100000); /* it does not spin */
    }
}

void bench_assert_installs(struct bench *bench, const char *version)
{
    bench_run(bench, 60000);
    assert_int_equal(bench->restarts, 1);
    bench_reset(bench);
    bench_assert_runs(bench, version);
}

void bench_assert_runs(const struct bench *bench, const char *version)
{
    char text[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&bench->outcome.image.header.version, text);
    assert_string_equal(text, version);
}

bool bench_has_request(const struct bench *bench)
{
    const struct otter_trailer_shape shape = otter_trailer_shape(&layout);
    struct otter_trailer trailer;

    otter_trailer_read(&bench->config.secondary, &shape, &trailer);
    return trailer.magic == OTTER_FLAG_SET;
}

/* The peer ------------------------------------------------------------------------------------- */

void peer_connect(struct bench *bench, uint16_t cccd)
{
    uint8_t value[2];

    memset(&bench->peer, 0, sizeof bench->peer);
    otter_ble_connected(&bench->ble);
    otter_store_le16(value, cccd);
    assert_int_equal(otter_ble_write(&bench->ble, OTTER_BLE_CONTROL_CCCD, 0, value, 2), 0);
}

void peer_disconnect(struct bench *bench)
{
    otter_ble_disconnected(&bench->ble);
}

/* @return false: the device did not get so far */
static bool step_until(struct bench *bench, bool (*is_reached)(const struct bench *bench))
{
    for (unsigned i = 0; i < AGENT_TURNS && !is_reached(bench); i++) {
        if (bench->power.is_off) {
            return false;
        }
        bench->now_ms += otter_agent_step(&bench->agent, bench->now_ms);
    }
    return is_reached(bench);
}

static bool was_answered(const struct bench *bench)
{
    return bench->peer.was_answered;
}

static bool was_told(const struct bench *bench)
{
    return bench->peer.reply_count > 0;
}

uint16_t peer_write(struct bench *bench, enum otter_ble_attribute attribute, const void *value,
                    size_t len)
{
    struct bench_peer *peer = &bench->peer;
    uint16_t answer;

    peer->was_answered = false;
    answer = otter_ble_write(&bench->ble, attribute, 0, value, len);
    if (answer != OTTER_BLE_LATER) {
        return answer;
    }
    peer->held++;
    return step_until(bench, was_answered) ? peer->answer : OTTER_BLE_LATER;
}

uint16_t peer_command(struct bench *bench, uint8_t command)
{
    return peer_write(bench, OTTER_BLE_CONTROL, &command, 1);
}

uint16_t peer_command_number(struct bench *bench, uint8_t command, uint32_t number)
{
    uint8_t value[5] = { command };

    otter_store_le32(value + 1, number);
    return peer_write(bench, OTTER_BLE_CONTROL, value, sizeof value);
}

int peer_hear(struct bench *bench)
{
    struct bench_peer *peer = &bench->peer;

    if (!step_until(bench, was_told)) {
        return -1;
    }
    peer->reply_count--;
    if (peer->replies[0].is_indication && !peer->never_confirms) {
        otter_ble_indication_confirmed(&bench->ble);
    }
    /* The oldest stays readable behind those that are left. */
    const struct bench_reply first = peer->replies[0];

    memmove(&peer->replies[0], &peer->replies[1],
            (BENCH_REPLIES_MAX - 1) * sizeof peer->replies[0]);
    peer->replies[BENCH_REPLIES_MAX - 1] = first;
    return first.bytes[0];
}

void peer_demands(struct bench *bench, uint8_t command, int status)
{
    assert_int_equal(peer_command(bench, command), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_hear(bench), status);
}

void peer_demands_number(struct bench *bench, uint8_t command, uint32_t number, int status)
{
    assert_int_equal(peer_command_number(bench, command, number), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_hear(bench), status);
}

uint16_t peer_send(struct bench *bench, uint32_t from, uint32_t to, uint32_t chunk)
{
    uint16_t answer = OTTER_BLE_ATT_OK;

    while (answer == OTTER_BLE_ATT_OK && from < to) {
        const uint32_t len = to - from < chunk ? to - from : chunk;

        answer = peer_write(bench, OTTER_BLE_DATA, bench->file + from, len);
        from += len;
    }
    return answer;
}

static void send_digest(struct bench *bench, uint8_t first, const uint8_t *digest)
{
    uint8_t value[18] = { 0x20, first };

    memcpy(value + 2, digest + first, 16);
    assert_int_equal(peer_write(bench, OTTER_BLE_CONTROL, value, sizeof value), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_hear(bench), 0);
}

uint32_t peer_resume(struct bench *bench)
{
    const struct bench_reply *last = &bench->peer.replies[BENCH_REPLIES_MAX - 1];
    uint8_t digest[OTTER_SHA256_SIZE];

    digest_of(bench->file, image_size(bench), digest);
    peer_demands(bench, 1, 0);
    send_digest(bench, 0, digest);
    send_digest(bench, 16, digest);
    peer_demands_number(bench, 0x21, bench->size, 0);
    assert_int_equal(last->len, 5);
    return otter_load_le32(last->bytes + 1);
}

uint32_t peer_crc(const struct bench *bench)
{
    return otter_crc32(0, bench->file, bench->size);
}

void peer_begin(struct bench *bench)
{
    peer_demands(bench, 1, 0);
    peer_demands_number(bench, 2, bench->size, 0);
}

int peer_push(struct bench *bench, uint32_t chunk)
{
    peer_begin(bench);
    assert_int_equal(peer_send(bench, 0, bench->size, chunk), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_command_number(bench, 3, peer_crc(bench)), OTTER_BLE_ATT_OK);
    return peer_hear(bench);
}
