/* SPDX-License-Identifier: Apache-2.0 */

/* The link is lost, or the peer changes its mind, at every point of a transfer. */

#include <string.h>

#include "bench.h"
#include "suites.h"

#define CHUNK 100u

static const struct otter_ble_variant *const variants[] = {
    &otter_ble_crc_variant,
    &otter_ble_signed_variant,
};

static void reconnect(struct bench *bench)
{
    peer_disconnect(bench);
    bench_run(bench, 1000);
    peer_connect(bench, 3);
}

static void finish_from(struct bench *bench, uint32_t offset)
{
    assert_int_equal(peer_send(bench, offset, bench->size, CHUNK), OTTER_BLE_ATT_OK);
    peer_demands_number(bench, 3, 0, 0);
    bench_assert_installs(bench, "1.1.0");
}

static void lose_link_after(const struct otter_ble_variant *variant, uint32_t sent)
{
    struct bench bench;
    uint32_t offset;

    bench_set_up(&bench, variant);
    assert_int_equal(peer_resume(&bench), 0);
    assert_int_equal(peer_send(&bench, 0, sent, CHUNK), OTTER_BLE_ATT_OK);
    reconnect(&bench);
    offset = peer_resume(&bench);
    assert_in_range(offset, sent > sizeof bench.ring ? sent - sizeof bench.ring : 0, sent);
    finish_from(&bench, offset);
    bench_tear_down(&bench);
}

static void a_transfer_is_gone_on_with_wherever_the_link_was_lost(void **state)
{
    (void)state;
    for (size_t variant = 0; variant < 2; variant++) {
        for (uint32_t sent = 0; sent <= 3000; sent += CHUNK) {
            lose_link_after(variants[variant], sent);
        }
    }
}

/* Commands that were written and not even looked at. */
static void a_link_lost_between_commands_is_as_if_nothing_was_said(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    assert_int_equal(peer_command(&bench, 1), OTTER_BLE_ATT_OK);
    reconnect(&bench);
    assert_int_equal(bench.peer.reply_count, 0);
    peer_demands(&bench, 1, 0);
    assert_int_equal(peer_command_number(&bench, 2, bench.size), OTTER_BLE_ATT_OK);
    reconnect(&bench);
    assert_int_equal(bench.peer.reply_count, 0);
    peer_demands(&bench, 1, 0);
    assert_int_equal(peer_command_number(&bench, 2, bench.size), OTTER_BLE_ATT_OK);
    bench_run(&bench, 1);
    reconnect(&bench);
    assert_int_equal(peer_push(&bench, CHUNK), 0);
    bench_assert_installs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

static void a_host_of_the_old_kind_begins_at_byte_0_after_a_lost_link(void **state)
{
    struct bench bench;

    (void)state;
    for (uint32_t sent = 0; sent <= 3000; sent += 500) {
        bench_set_up(&bench, &otter_ble_crc_variant);
        peer_begin(&bench);
        assert_int_equal(peer_send(&bench, 0, sent, CHUNK), OTTER_BLE_ATT_OK);
        reconnect(&bench);
        assert_int_equal(peer_push(&bench, CHUNK), 0);
        bench_assert_installs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

/* The peer has done its part; the device needs it for nothing more. */
static void a_link_lost_after_verify_does_not_stop_the_update(void **state)
{
    (void)state;
    for (size_t variant = 0; variant < 2; variant++) {
        struct bench bench;

        bench_set_up(&bench, variants[variant]);
        peer_begin(&bench);
        assert_int_equal(peer_send(&bench, 0, bench.size, CHUNK), OTTER_BLE_ATT_OK);
        assert_int_equal(peer_command_number(&bench, 3, peer_crc(&bench)), OTTER_BLE_ATT_OK);
        peer_disconnect(&bench);
        bench_assert_installs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

/* The next peer is not told what was meant for the one before. */
static void a_new_peer_hears_no_outcome_of_another(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    bench.config.reboot_upon_completion = false;
    peer_begin(&bench);
    assert_int_equal(peer_send(&bench, 0, bench.size, CHUNK), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_command_number(&bench, 3, peer_crc(&bench)), OTTER_BLE_ATT_OK);
    peer_disconnect(&bench);
    peer_connect(&bench, 3);
    bench_run(&bench, 10000);
    assert_int_equal(bench.peer.reply_count, 0);
    assert_true(bench_has_request(&bench));
    bench_tear_down(&bench);
}

static void an_abort_right_after_verify_stops_the_update(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    peer_begin(&bench);
    assert_int_equal(peer_send(&bench, 0, bench.size, CHUNK), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_command_number(&bench, 3, peer_crc(&bench)), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_command(&bench, 7), OTTER_BLE_ATT_OK);
    peer_disconnect(&bench);
    bench_run(&bench, 10000);
    assert_int_equal(bench.restarts, 0);
    assert_false(bench_has_request(&bench));
    bench_tear_down(&bench);
}

static void a_held_write_of_a_lost_link_is_not_answered(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    bench.ble_config.buffer_size = OTTER_BLE_VALUE_MAX;
    peer_begin(&bench);
    assert_int_equal(otter_ble_write(&bench.ble, OTTER_BLE_DATA, 0, bench.file, CHUNK),
                     OTTER_BLE_LATER);
    peer_disconnect(&bench);
    bench_run(&bench, 1000);
    assert_false(bench.peer.was_answered);
    peer_connect(&bench, 3);
    assert_int_equal(peer_push(&bench, CHUNK), 0);
    bench_assert_installs(&bench, "1.1.0");
    bench_tear_down(&bench);
}

static void a_held_write_of_a_peer_that_gives_up_is_answered(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    bench.ble_config.buffer_size = OTTER_BLE_VALUE_MAX;
    peer_begin(&bench);
    assert_int_equal(otter_ble_write(&bench.ble, OTTER_BLE_DATA, 0, bench.file, CHUNK),
                     OTTER_BLE_LATER);
    peer_demands(&bench, 1, 0);
    assert_true(bench.peer.was_answered);
    assert_int_equal(bench.peer.answer, OTTER_BLE_ATT_SERVICE + 2);
    peer_demands_number(&bench, 2, bench.size, 0);
    bench_tear_down(&bench);
}

/* Of the same size, but another image: what is here is of no use to it. */
static void what_was_begun_of_one_image_is_not_offered_for_another(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    assert_int_equal(peer_resume(&bench), 0);
    assert_int_equal(peer_send(&bench, 0, 2000, CHUNK), OTTER_BLE_ATT_OK);
    reconnect(&bench);
    bench_make_file(&bench, "1.2.0", 3000);
    assert_int_equal(peer_resume(&bench), 0);
    assert_int_equal(peer_send(&bench, 0, bench.size, CHUNK), OTTER_BLE_ATT_OK);
    peer_demands_number(&bench, 3, 0, 0);
    bench_assert_installs(&bench, "1.2.0");
    bench_tear_down(&bench);
}

/* A file that is not the one whose digest was named is forgotten, and can be sent from its beginning. */
static void a_resumed_file_that_turns_out_wrong_is_forgotten(void **state)
{
    struct bench bench;
    uint32_t offset;

    (void)state;
    bench_set_up(&bench, &otter_ble_crc_variant);
    assert_int_equal(peer_resume(&bench), 0);
    bench.file[1000] ^= 1;
    assert_int_equal(peer_send(&bench, 0, 2000, CHUNK), OTTER_BLE_ATT_OK);
    bench.file[1000] ^= 1;
    reconnect(&bench);
    offset = peer_resume(&bench);
    assert_in_range(offset, 1001, 2000);
    assert_int_equal(peer_send(&bench, offset, bench.size, CHUNK), OTTER_BLE_ATT_OK);
    peer_demands_number(&bench, 3, 0, 3);
    assert_int_equal(bench.last_failure, OTTER_ERR_IMAGE_HASH);
    assert_int_equal(peer_resume(&bench), 0);
    finish_from(&bench, 0);
    bench_tear_down(&bench);
}

static enum otter_agent_answer stop_once(void *context, const struct otter_agent_event *event)
{
    bool *const is_done = context;

    if (event->stage == OTTER_STAGE_VERIFYING && event->reason == OTTER_REASON_BEGIN && !*is_done) {
        *is_done = true;
        return OTTER_ANSWER_STOP;
    }
    return OTTER_ANSWER_CONTINUE;
}

/* All of the image was stored when the device was stopped: the peer sends nothing but the signature. */
static void a_complete_image_is_verified_without_sending_it_again(void **state)
{
    (void)state;
    for (size_t variant = 0; variant < 2; variant++) {
        struct bench bench;
        struct otter_agent_hooks hooks;
        const struct otter_agent_hooks *usual;
        bool is_done = false;
        uint32_t image;

        bench_set_up(&bench, variants[variant]);
        usual = bench.config.hooks;
        hooks = *usual;
        hooks.event = stop_once;
        bench.config.hooks = &hooks;
        bench.config.hooks_context = &is_done;
        image = bench.size - (variant == 1 ? OTTER_BLE_SIGNATURE_SIZE : 0);

        assert_int_equal(peer_resume(&bench), 0);
        assert_int_equal(peer_send(&bench, 0, bench.size, CHUNK), OTTER_BLE_ATT_OK);
        peer_demands_number(&bench, 3, 0, 2);
        bench.config.hooks = usual;
        bench.config.hooks_context = &bench;

        assert_int_equal(peer_resume(&bench), image);
        assert_int_equal(peer_send(&bench, image, bench.size, CHUNK), OTTER_BLE_ATT_OK);
        peer_demands_number(&bench, 3, 0, 0);
        assert_true(bench.peer.replies[BENCH_REPLIES_MAX - 1].is_indication);
        bench_assert_installs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

int run_link_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transfer_is_gone_on_with_wherever_the_link_was_lost),
        cmocka_unit_test(a_link_lost_between_commands_is_as_if_nothing_was_said),
        cmocka_unit_test(a_host_of_the_old_kind_begins_at_byte_0_after_a_lost_link),
        cmocka_unit_test(a_link_lost_after_verify_does_not_stop_the_update),
        cmocka_unit_test(a_new_peer_hears_no_outcome_of_another),
        cmocka_unit_test(an_abort_right_after_verify_stops_the_update),
        cmocka_unit_test(a_held_write_of_a_lost_link_is_not_answered),
        cmocka_unit_test(a_held_write_of_a_peer_that_gives_up_is_answered),
        cmocka_unit_test(what_was_begun_of_one_image_is_not_offered_for_another),
        cmocka_unit_test(a_resumed_file_that_turns_out_wrong_is_forgotten),
        cmocka_unit_test(a_complete_image_is_verified_without_sending_it_again),
    };

    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
