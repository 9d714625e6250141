/* SPDX-License-Identifier: Apache-2.0 */

/* Whole transfers, as the hosts of the AnyCloud library do them, with the real agent behind. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static const struct otter_ble_variant *const variants[] = {
    &otter_ble_crc_variant,
    &otter_ble_signed_variant,
};

/* The bytes of a write at an MTU of 23, 185, 247 and 515; Android's; and odd ones. */
static void an_image_is_installed_at_every_mtu(void **state)
{
    static const uint32_t chunks[] = { 20, 182, 244, 512, 256, 1, 33, 511 };

    (void)state;
    for (size_t variant = 0; variant < 2; variant++) {
        for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
            struct bench bench;

            bench_set_up(&bench, variants[variant]);
            assert_int_equal(peer_push(&bench, chunks[i]), 0);
            assert_true(bench.peer.replies[BENCH_REPLIES_MAX - 1].is_indication);
            bench_assert_installs(&bench, "1.1.0");
            bench_tear_down(&bench);
        }
    }
}

static void so_it_is_where_stack_and_agent_are_one_loop(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    bench.ble_config.guard = NULL;
    assert_int_equal(peer_push(&bench, 244), 0);
    bench_assert_installs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

/* With room for one write each waits for the flash; with room for two the flash may lag behind. */
static void a_write_is_answered_when_there_is_room_for_the_next(void **state)
{
    static const struct {
        size_t buffer_size;
        uint32_t chunk;
        bool is_held;
    } rows[] = {
        { OTTER_BLE_VALUE_MAX, 1, true },
        { OTTER_BLE_VALUE_MAX, OTTER_BLE_VALUE_MAX, true },
        { OTTER_BLE_VALUE_MAX + 1, 1, false },
        { (size_t)2 * OTTER_BLE_VALUE_MAX, OTTER_BLE_VALUE_MAX, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench bench;

        bench_set_up(&bench, &otter_ble_crc_variant);
        bench.ble_config.buffer_size = rows[i].buffer_size;
        peer_begin(&bench);
        assert_int_equal(otter_ble_write(&bench.ble, OTTER_BLE_DATA, 0, bench.file, rows[i].chunk),
                         rows[i].is_held ? OTTER_BLE_LATER : OTTER_BLE_ATT_OK);
        bench_tear_down(&bench);
    }
}

static void a_peer_that_does_not_wait_for_its_answer_loses_nothing_else(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    bench.ble_config.buffer_size = OTTER_BLE_VALUE_MAX;
    peer_begin(&bench);
    assert_int_equal(otter_ble_write(&bench.ble, OTTER_BLE_DATA, 0, bench.file, 100),
                     OTTER_BLE_LATER);
    assert_int_equal(otter_ble_write(&bench.ble, OTTER_BLE_DATA, 0, bench.file + 100, 100),
                     OTTER_BLE_ATT_RESOURCES);
    bench_run(&bench, 1);
    assert_true(bench.peer.was_answered);
    assert_int_equal(bench.peer.answer, OTTER_BLE_ATT_OK);
    assert_int_equal(peer_send(&bench, 100, bench.size, 100), OTTER_BLE_ATT_OK);
    peer_demands_number(&bench, 3, peer_crc(&bench), 0);
    bench_assert_installs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

/* Section 8.4 of the old protocol, by the bits of the CCCD. */
static void answers_come_as_the_peer_has_configured(void **state)
{
    static const struct {
        uint16_t cccd;
        bool status_is_indicated;
        bool outcome_is_indicated;
    } rows[] = { { 1, false, false }, { 2, true, true }, { 3, false, true } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench bench;
        const struct bench_reply *last = &bench.peer.replies[BENCH_REPLIES_MAX - 1];

        bench_set_up(&bench, &otter_ble_crc_variant);
        peer_connect(&bench, rows[i].cccd);
        peer_demands(&bench, 1, 0);
        assert_int_equal(last->is_indication, rows[i].status_is_indicated);
        assert_int_equal(peer_push(&bench, 244), 0);
        assert_int_equal(last->is_indication, rows[i].outcome_is_indicated);
        bench_assert_installs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

static void an_answer_waits_for_room_in_the_stack(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    bench.peer.stack_is_full = 5;
    assert_int_equal(peer_push(&bench, 244), 0);
    assert_int_equal(bench.peer.stack_is_full, 0);
    bench_assert_installs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

/* The device does not hang on a peer that is satisfied and gone. */
static void the_restart_waits_for_the_confirmation_but_not_for_ever(void **state)
{
    struct bench bench;
    uint32_t told_ms;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    bench.peer.never_confirms = true;
    assert_int_equal(peer_push(&bench, 244), 0);
    told_ms = bench.now_ms;
    bench_run(&bench, bench.ble_config.farewell_ms - 1000);
    assert_int_equal(bench.restarts, 0);
    bench_run(&bench, 60000);
    assert_int_equal(bench.restarts, 1);
    assert_in_range(bench.now_ms - told_ms, bench.ble_config.farewell_ms - 200,
                    bench.ble_config.farewell_ms + 200);
    bench_tear_down(&bench);
}

/* A notification has left the stack, not the antenna: no restart may overtake it. */
static void the_restart_waits_for_who_is_only_notified_to_disconnect(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    peer_connect(&bench, 1);
    peer_demands(&bench, 1, 0);
    assert_int_equal(peer_push(&bench, 244), 0);
    bench_run(&bench, bench.ble_config.farewell_ms - 1000);
    assert_int_equal(bench.restarts, 0);
    peer_disconnect(&bench);
    bench_run(&bench, 100);
    assert_int_equal(bench.restarts, 1);
    bench_tear_down(&bench);
}

static void a_stack_that_cannot_send_does_not_stop_the_update(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    peer_begin(&bench);
    assert_int_equal(peer_send(&bench, 0, bench.size, 244), OTTER_BLE_ATT_OK);
    bench.peer.is_deaf = true;
    assert_int_equal(peer_command_number(&bench, 3, peer_crc(&bench)), OTTER_BLE_ATT_OK);
    bench_assert_installs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

/* And reverted, if nobody confirms it. */
static void a_trial_is_confirmed_and_the_next_update_taken(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    assert_int_equal(peer_push(&bench, 244), 0);
    bench_assert_installs(&bench, "1.1.0");
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    peer_connect(&bench, 3);
    bench_make_file(&bench, "1.2.0", 2500);
    assert_int_equal(peer_push(&bench, 20), 0);
    bench_assert_installs(&bench, "1.2.0");
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

int run_push_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_installed_at_every_mtu),
        cmocka_unit_test(so_it_is_where_stack_and_agent_are_one_loop),
        cmocka_unit_test(a_write_is_answered_when_there_is_room_for_the_next),
        cmocka_unit_test(a_peer_that_does_not_wait_for_its_answer_loses_nothing_else),
        cmocka_unit_test(answers_come_as_the_peer_has_configured),
        cmocka_unit_test(an_answer_waits_for_room_in_the_stack),
        cmocka_unit_test(the_restart_waits_for_the_confirmation_but_not_for_ever),
        cmocka_unit_test(the_restart_waits_for_who_is_only_notified_to_disconnect),
        cmocka_unit_test(a_stack_that_cannot_send_does_not_stop_the_update),
        cmocka_unit_test(a_trial_is_confirmed_and_the_next_update_taken),
    };

    return cmocka_run_group_tests_name("push", tests, NULL, NULL);
}
