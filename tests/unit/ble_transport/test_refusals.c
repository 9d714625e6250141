/* SPDX-License-Identifier: Apache-2.0 */

/* Images that the device does not want: the peer hears why, the program stays, the next one is taken. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static void assert_good_one_installs(struct bench *bench)
{
    bench_make_file(bench, "1.3.0", 3000);
    assert_int_equal(peer_push(bench, 244), 0);
    bench_run(bench, 60000);
    bench_reset(bench);
    bench_assert_runs(bench, "1.3.0");
}

/* Push until a write is answered with an error. @return it */
static uint16_t push_until_refused(struct bench *bench)
{
    peer_begin(bench);
    return peer_send(bench, 0, bench->size, 20);
}

static uint32_t operations(const struct bench *bench)
{
    return bench->device.counters.programs + bench->device.counters.erases;
}

/* By its header: the first two writes at the smallest MTU. */
static void an_image_that_is_not_newer_is_refused_before_anything_is_erased(void **state)
{
    static const char *const versions[] = { "1.0.0", "0.9.9" };
    struct bench *bench = *state;

    for (size_t i = 0; i < 2; i++) {
        const uint32_t before = operations(bench);

        bench_make_file(bench, versions[i], 3000);
        assert_int_equal(push_until_refused(bench), OTTER_BLE_ATT_SERVICE + 8);
        assert_int_equal(peer_hear(bench), 8);
        assert_int_equal(bench->last_failure, OTTER_ERR_JOB_NOT_NEWER);
        assert_int_equal(operations(bench), before);
    }
    assert_good_one_installs(bench);
}

static void bytes_that_are_no_image_are_refused_before_anything_is_erased(void **state)
{
    struct bench *bench = *state;
    const uint32_t before = operations(bench);

    bench->file[0] ^= 1;
    assert_int_equal(push_until_refused(bench), OTTER_BLE_ATT_SERVICE + 4);
    assert_int_equal(peer_hear(bench), 4);
    assert_int_equal(operations(bench), before);
    assert_good_one_installs(bench);
}

static void assert_outcome(struct bench *bench, int outcome)
{
    assert_int_equal(peer_push(bench, 244), outcome);
    assert_true(bench->peer.replies[BENCH_REPLIES_MAX - 1].is_indication);
    assert_false(bench_has_request(bench));
    bench_run(bench, 60000);
    assert_int_equal(bench->restarts, 0);
    assert_good_one_installs(bench);
}

static void an_image_with_a_wrong_hash_is_not_verified(void **state)
{
    struct bench *bench = *state;

    bench->file[1000] ^= 1; /* the CRC is right: it was so before it was sent */
    assert_outcome(bench, 3);
}

static void an_image_signed_by_a_stranger_is_not_verified(void **state)
{
    struct bench *bench = *state;
    struct otter_test_signer maker = bench->signer;

    otter_test_signer_fake(&bench->signer, "stranger");
    bench_make_file(bench, "1.1.0", 3000);
    otter_test_signer_free(&bench->signer);
    bench->signer = maker;
    assert_outcome(bench, 3);
}

static void an_image_that_is_cut_short_is_no_image(void **state)
{
    struct bench *bench = *state;

    bench->size -= 10;
    assert_outcome(bench, 4);
}

/* One bit on its way, anywhere: in the header, the program, the last byte. */
static void a_damaged_file_never_becomes_complete(void **state)
{
    struct bench *bench = *state;
    const uint32_t places[] = { 30, 1500, bench->size - 2, bench->size - 1 };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const uint32_t crc = peer_crc(bench);
        uint8_t last;

        bench->file[places[i]] ^= 0x10;
        peer_begin(bench);
        assert_int_equal(peer_send(bench, 0, bench->size, 244), OTTER_BLE_ATT_OK);
        peer_demands_number(bench, 3, crc, 3);
        assert_true(bench->peer.replies[BENCH_REPLIES_MAX - 1].is_indication);
        assert_int_equal(otter_area_read(&bench->config.secondary, bench->size - 1, &last, 1),
                         OTTER_OK);
        assert_int_equal(last, 0xFF);
        assert_false(bench_has_request(bench));
        bench->file[places[i]] ^= 0x10;
    }
    assert_good_one_installs(bench);
}

static void nothing_is_taken_while_the_program_is_on_trial(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(peer_push(bench, 244), 0);
    bench_run(bench, 60000);
    bench_reset(bench);
    peer_connect(bench, 3);
    bench_make_file(bench, "1.2.0", 3000);
    assert_int_equal(push_until_refused(bench), OTTER_BLE_ATT_SERVICE + 2);
    assert_int_equal(peer_hear(bench), 2);
    assert_int_equal(otter_agent_confirm(&bench->agent), OTTER_OK);
    assert_good_one_installs(bench);
}

static void what_was_reverted_is_not_taken_again(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(peer_push(bench, 244), 0);
    bench_run(bench, 60000);
    bench_reset(bench);
    bench_reset(bench);
    bench_assert_runs(bench, "1.0.0");
    peer_connect(bench, 3);
    assert_int_equal(push_until_refused(bench), OTTER_BLE_ATT_SERVICE + 8);
    assert_int_equal(peer_hear(bench), 8);
    assert_int_equal(bench->last_failure, OTTER_ERR_JOB_REJECTED);
    assert_good_one_installs(bench);
}

static void what_is_pending_is_not_taken_again(void **state)
{
    struct bench *bench = *state;

    bench->config.reboot_upon_completion = false;
    assert_int_equal(peer_push(bench, 244), 0);
    assert_int_equal(push_until_refused(bench), OTTER_BLE_ATT_SERVICE + 2);
    assert_int_equal(peer_hear(bench), 2);
    assert_true(bench_has_request(bench));
    bench_reset(bench);
    bench_assert_runs(bench, "1.1.0");
}

static void a_flash_that_fails_is_told(void **state)
{
    struct bench *bench = *state;

    peer_begin(bench);
    assert_int_equal(peer_send(bench, 0, 1000, 244), OTTER_BLE_ATT_OK);
    bench->device.programs_fail = true;
    assert_int_equal(peer_send(bench, 1000, bench->size, 244), OTTER_BLE_ATT_SERVICE + 1);
    assert_int_equal(peer_hear(bench), 1);
    assert_int_equal(bench->last_failure, OTTER_ERR_FLASH);
    bench->device.programs_fail = false;
    assert_good_one_installs(bench);
}

static void a_peer_that_falls_silent_is_not_waited_for(void **state)
{
    struct bench *bench = *state;

    peer_begin(bench);
    assert_int_equal(peer_send(bench, 0, 1000, 244), OTTER_BLE_ATT_OK);
    bench_run(bench, 1000 * bench->config.timing.packet_interval_s - 1000);
    assert_int_equal(bench->peer.reply_count, 0);
    bench_run(bench, 2000);
    assert_int_equal(peer_hear(bench), 1);
    assert_int_equal(bench->last_failure, OTTER_ERR_TIMEOUT);
    assert_good_one_installs(bench);
}

/* With the timing of a device that asks, the agent would open the transfer again after a pause; there
 * is nothing to open. */
static void a_transfer_is_not_begun_twice(void **state)
{
    struct bench *bench = *state;

    bench->config.timing.max_download_tries = 3;
    bench->config.timing.packet_interval_s = 5;
    peer_begin(bench);
    assert_int_equal(peer_send(bench, 0, 1000, 244), OTTER_BLE_ATT_OK);
    bench_run(bench, 20000);
    assert_int_equal(peer_hear(bench), 1);
    assert_good_one_installs(bench);
}

int run_refusal_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up_crc, bench_tear_down_state)
    const struct CMUnitTest tests[] = {
        TEST(an_image_that_is_not_newer_is_refused_before_anything_is_erased),
        TEST(bytes_that_are_no_image_are_refused_before_anything_is_erased),
        TEST(an_image_with_a_wrong_hash_is_not_verified),
        TEST(an_image_signed_by_a_stranger_is_not_verified),
        TEST(an_image_that_is_cut_short_is_no_image),
        TEST(a_damaged_file_never_becomes_complete),
        TEST(nothing_is_taken_while_the_program_is_on_trial),
        TEST(what_was_reverted_is_not_taken_again),
        TEST(what_is_pending_is_not_taken_again),
        TEST(a_flash_that_fails_is_told),
        TEST(a_peer_that_falls_silent_is_not_waited_for),
        TEST(a_transfer_is_not_begun_twice),
    };
#undef TEST

    return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
