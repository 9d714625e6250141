/* SPDX-License-Identifier: Apache-2.0 */

/* A bundle that a peer pushes over Bluetooth: the agent takes what comes, the transport knows nothing of
 * what is in it. Single images are in tests/unit/ble_transport. */

#include <string.h>

#include "bench.h"
#include "otter/ble_transport.h"
#include "otter/bytes.h"
#include "otter/crc32.h"
#include "suites.h"

#define CHUNK    244u
#define PATIENCE 2000
#define NOTHING  (-1)

static struct {
    struct bench bench;
    uint8_t ring[2 * OTTER_BLE_VALUE_MAX];
    struct otter_ble_config config;
    struct otter_ble ble;
    int status; /* the last one that the peer was told */
    uint32_t offset;
} world;

static const struct bench_image app = { .version = "1.1.0", .needs = "1.1.0", .needed = 1 };
static const struct bench_image radio = { .version = "1.1.0", .needs = "1.1.0", .needed = 0 };

static enum otter_result tell(void *context, const uint8_t *value, size_t len)
{
    (void)context;
    world.status = value[0];
    world.offset = len == 5 ? otter_load_le32(value + 1) : 0;
    return OTTER_OK;
}

static void respond(void *context, uint8_t att)
{
    (void)context;
    assert_int_equal(att, OTTER_BLE_ATT_OK);
}

static const struct otter_ble_stack stack = { .notify = tell,
                                              .indicate = tell,
                                              .respond = respond };

static void connect_peer(void)
{
    otter_ble_connected(&world.ble);
    assert_int_equal(
        otter_ble_write(&world.ble, OTTER_BLE_CONTROL_CCCD, 0, (const uint8_t[]){ 1, 0 }, 2),
        OTTER_BLE_ATT_OK);
}

/* The program starts, and a peer connects. */
static void start(void)
{
    struct bench *bench = &world.bench;

    world.config = (struct otter_ble_config){
        .variant = &otter_ble_crc_variant,
        .stack = &stack,
        .buffer = world.ring,
        .buffer_size = sizeof world.ring,
    };
    assert_int_equal(otter_ble_init(&world.ble, &world.config), OTTER_OK);
    bench->job_source = otter_ble_job_source(&world.ble);
    bench->data_source = otter_ble_data_source(&world.ble);
    bench->config.timing = otter_agent_pushed_timing;
    bench_start_agent(bench);
    connect_peer();
}

static void step(void)
{
    struct bench *bench = &world.bench;

    bench->now_ms += otter_agent_step(&bench->agent, bench->now_ms);
}

static void command(const uint8_t *value, size_t len)
{
    world.status = NOTHING;
    assert_int_equal(otter_ble_write(&world.ble, OTTER_BLE_CONTROL, 0, value, len),
                     OTTER_BLE_ATT_OK);
    for (int i = 0; i < PATIENCE && world.status == NOTHING; i++) {
        step();
    }
    assert_int_equal(world.status, 0);
}

static void command_number(uint8_t number, uint32_t value)
{
    uint8_t bytes[5] = { number };

    otter_store_le32(bytes + 1, value);
    command(bytes, sizeof bytes);
}

static void find_digest(uint8_t digest[OTTER_SHA256_SIZE])
{
    const struct otter_crypto *crypto = world.bench.config.trust.crypto;
    struct otter_sha256 sha;

    assert_int_equal(crypto->sha256_start(&sha), OTTER_OK);
    assert_int_equal(crypto->sha256_update(&sha, world.bench.file, world.bench.file_size),
                     OTTER_OK);
    assert_int_equal(crypto->sha256_finish(&sha, digest), OTTER_OK);
}

/* @return how much of the bundle the device has */
static uint32_t announce(void)
{
    static const uint8_t prepare[] = { 1 };
    uint8_t part[18] = { 0x20 };
    uint8_t digest[OTTER_SHA256_SIZE];

    find_digest(digest);
    command(prepare, sizeof prepare);
    for (uint8_t first = 0; first < sizeof digest; first += 16) {
        part[1] = first;
        memcpy(part + 2, digest + first, 16);
        command(part, sizeof part);
    }
    command_number(0x21, world.bench.file_size);
    return world.offset;
}

static void send(uint32_t from, uint32_t to)
{
    for (uint32_t len; from < to; from += len) {
        uint16_t att;

        len = to - from < CHUNK ? to - from : CHUNK;
        att = otter_ble_write(&world.ble, OTTER_BLE_DATA, 0, world.bench.file + from, len);
        assert_true(att == OTTER_BLE_ATT_OK || att == OTTER_BLE_LATER);
        for (int i = 0; i < 8; i++) {
            step();
        }
    }
}

static void assert_both_install(void)
{
    struct bench *bench = &world.bench;

    bench_run(bench, 60000);
    assert_int_equal(bench->restarts, 1);
    bench_reset(bench);
    bench_assert_runs(bench, "1.1.0");
    bench_assert_other(bench, "1.1.0");
}

static int set_up(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    bench_set_up_two(&world.bench);
    bench_offer_bundle(&world.bench, &app, &radio);
    start();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bench_tear_down(&world.bench);
    return 0;
}

static void a_bundle_is_installed_like_an_image(void **state)
{
    struct bench *bench = &world.bench;

    (void)state;
    command((const uint8_t[]){ 1 }, 1);
    command_number(2, bench->file_size);
    send(0, bench->file_size);
    assert_false(bench_has_request(bench) || bench_has_other_request(bench));
    command_number(3, otter_crc32(0, bench->file, bench->file_size));
    assert_both_install();
}

static void finish(uint32_t offset)
{
    send(offset, world.bench.file_size);
    command_number(3, 0);
    assert_both_install();
}

static void begin_until(uint32_t sent)
{
    tear_down(NULL);
    set_up(NULL);
    assert_int_equal(announce(), 0);
    send(0, sent);
    otter_ble_disconnected(&world.ble);
}

static void a_bundle_is_gone_on_with_where_the_link_was_lost(void **state)
{
    (void)state;
    for (uint32_t sent = 0; sent < world.bench.file_size; sent += 1000) {
        uint32_t offset;

        begin_until(sent);
        step();
        connect_peer();
        offset = announce();
        assert_in_range(offset, sent > sizeof world.ring ? sent - sizeof world.ring : 0, sent);
        finish(offset);
    }
}

/* The manifest is not stored, so all is sent again; what is in the slots is not written again. */
static void a_bundle_is_sent_from_its_beginning_after_a_restart(void **state)
{
    (void)state;
    for (uint32_t sent = 0; sent < world.bench.file_size; sent += 1000) {
        begin_until(sent);
        bench_reset(&world.bench);
        start();
        assert_int_equal(announce(), 0);
        finish(0);
    }
}

int run_pushed_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_bundle_is_installed_like_an_image, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bundle_is_gone_on_with_where_the_link_was_lost, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_bundle_is_sent_from_its_beginning_after_a_restart, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("pushed", tests, NULL, NULL);
}
