/* SPDX-License-Identifier: Apache-2.0 */

/* What a peer may write when, and what it is told. */

#include <string.h>

#include "bench.h"
#include "suites.h"

#define NOT_NOW     (OTTER_BLE_ATT_SERVICE + 2)
#define UNSUPPORTED (OTTER_BLE_ATT_SERVICE + 1)
#define BAD_SIZE    (OTTER_BLE_ATT_SERVICE + 5)
#define MORE_DATA   (OTTER_BLE_ATT_SERVICE + 6)

static void finish(struct bench *bench, uint32_t from)
{
    assert_int_equal(peer_send(bench, from, bench->size, 244), OTTER_BLE_ATT_OK);
    peer_demands_number(bench, 3, peer_crc(bench), 0);
    bench_run(bench, 60000);
    assert_int_equal(bench->restarts, 1);
}

static void the_service_is_the_one_that_hosts_look_for(void **state)
{
    static const uint8_t crc_service[] = { 0xAE, 0x5D, 0x1E, 0x47, 0x5C, 0x13, 0x43, 0xA0,
                                           0x86, 0x35, 0x82, 0xAD, 0x38, 0xA1, 0x38, 0x1F };
    static const uint8_t signed_service[] = { 0xC7, 0x26, 0x11, 0x10, 0xF4, 0x25, 0x44, 0x7A,
                                              0xA1, 0xBD, 0x9D, 0x72, 0x46, 0x76, 0x8B, 0xD8 };
    static const uint8_t control[] = { 0xA3, 0xDD, 0x50, 0xBF, 0xF7, 0xA7, 0x4E, 0x99,
                                       0x83, 0x8E, 0x57, 0x0A, 0x08, 0x6C, 0x66, 0x1B };
    static const uint8_t data[] = { 0xA2, 0xE8, 0x6C, 0x7A, 0xD9, 0x61, 0x40, 0x91,
                                    0xB7, 0x4F, 0x24, 0x09, 0xE7, 0x2E, 0xFE, 0x26 };
    const struct otter_ble_characteristic *rows = otter_ble_crc_service.characteristics;
    const struct {
        const uint8_t *text;
        const struct otter_ble_uuid *uuid;
    } pairs[] = { { crc_service, &otter_ble_crc_service.uuid },
                  { signed_service, &otter_ble_signed_service.uuid },
                  { control, &rows[0].uuid },
                  { data, &rows[1].uuid } };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t at = 0; at < OTTER_BLE_UUID_SIZE; at++) {
            assert_int_equal(pairs[i].uuid->bytes[OTTER_BLE_UUID_SIZE - 1 - at], pairs[i].text[at]);
        }
    }
    assert_ptr_equal(otter_ble_signed_service.characteristics, rows);
    assert_int_equal(rows[0].attribute, OTTER_BLE_CONTROL);
    assert_int_equal(rows[0].properties, 0x38);
    assert_int_equal(rows[0].descriptor->uuid, 0x2902);
    assert_int_equal(rows[0].descriptor->attribute, OTTER_BLE_CONTROL_CCCD);
    assert_int_equal(rows[1].attribute, OTTER_BLE_DATA);
    assert_int_equal(rows[1].properties, 0x08);
    assert_int_equal(rows[1].value_max, 512);
    assert_null(rows[1].descriptor);
}

static void a_command_out_of_turn_is_refused_and_changes_nothing(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(peer_command_number(bench, 2, bench->size), NOT_NOW);
    assert_int_equal(peer_command_number(bench, 3, 0), NOT_NOW);
    assert_int_equal(peer_command_number(bench, 0x21, bench->size), NOT_NOW);
    assert_int_equal(peer_send(bench, 0, 20, 20), NOT_NOW);
    peer_demands(bench, 1, 0);
    assert_int_equal(peer_command_number(bench, 3, 0), NOT_NOW);
    assert_int_equal(peer_send(bench, 0, 20, 20), NOT_NOW);
    peer_demands_number(bench, 2, bench->size, 0);
    assert_int_equal(peer_command_number(bench, 2, bench->size), NOT_NOW);
    assert_int_equal(peer_send(bench, 0, 1000, 244), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_command_number(bench, 3, peer_crc(bench)), MORE_DATA);
    assert_int_equal(peer_command_number(bench, 2, bench->size), NOT_NOW);
    finish(bench, 1000);
}

static void a_command_of_another_length_is_refused(void **state)
{
    struct bench *bench = *state;
    static const struct {
        uint8_t command;
        uint8_t len;
    } rows[] = { { 1, 2 },     { 2, 1 },    { 2, 4 },    { 2, 6 },   { 3, 1 },    { 3, 4 },
                 { 3, 6 },     { 4, 2 },    { 5, 2 },    { 7, 21 },  { 0x20, 1 }, { 0x20, 17 },
                 { 0x20, 19 }, { 0x21, 1 }, { 0x21, 6 }, { 0x22, 2 } };
    uint8_t value[21] = { 0 };

    peer_demands(bench, 1, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        value[0] = rows[i].command;
        assert_int_equal(peer_write(bench, OTTER_BLE_CONTROL, value, rows[i].len),
                         OTTER_BLE_ATT_LENGTH);
    }
    assert_int_equal(peer_write(bench, OTTER_BLE_CONTROL, value, 0), OTTER_BLE_ATT_LENGTH);
}

static void a_command_that_does_not_exist_is_not_supported(void **state)
{
    struct bench *bench = *state;
    static const uint8_t known[] = { 1, 2, 3, 4, 5, 7, 0x20, 0x21, 0x22 };

    for (unsigned command = 0; command <= UINT8_MAX; command++) {
        if (memchr(known, (int)command, sizeof known) == NULL) {
            assert_int_equal(peer_command(bench, (uint8_t)command), UNSUPPORTED);
        }
    }
}

static void nothing_is_taken_from_a_peer_that_cannot_be_answered(void **state)
{
    struct bench *bench = *state;

    peer_connect(bench, 0);
    assert_int_equal(peer_command(bench, 1), OTTER_BLE_ATT_CCCD);
    assert_int_equal(peer_command(bench, 5), OTTER_BLE_ATT_CCCD);
    assert_int_equal(peer_command(bench, 4), OTTER_BLE_ATT_OK);
}

static void nothing_is_taken_from_nobody(void **state)
{
    struct bench *bench = *state;

    peer_disconnect(bench);
    assert_int_equal(peer_command(bench, 1), NOT_NOW);
    assert_int_equal(peer_write(bench, OTTER_BLE_DATA, bench->file, 20), NOT_NOW);
}

static void a_third_part_of_a_digest_is_refused(void **state)
{
    struct bench *bench = *state;
    uint8_t value[18] = { 0x20, 8 };

    peer_demands(bench, 1, 0);
    assert_int_equal(peer_write(bench, OTTER_BLE_CONTROL, value, sizeof value), UNSUPPORTED);
    value[1] = 16;
    assert_int_equal(peer_write(bench, OTTER_BLE_CONTROL, value, sizeof value), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_hear(bench), 0);
    assert_int_equal(peer_command_number(bench, 0x21, bench->size), NOT_NOW);
}

static void pieces_of_long_writes_are_refused(void **state)
{
    struct bench *bench = *state;

    peer_begin(bench);
    assert_int_equal(otter_ble_write(&bench->ble, OTTER_BLE_DATA, 18, bench->file, 18),
                     OTTER_BLE_ATT_OFFSET);
    assert_int_equal(otter_ble_write(&bench->ble, OTTER_BLE_CONTROL, 1, bench->file, 4),
                     OTTER_BLE_ATT_OFFSET);
    finish(bench, 0);
}

static void data_of_an_impossible_length_are_refused(void **state)
{
    struct bench *bench = *state;

    peer_begin(bench);
    assert_int_equal(peer_write(bench, OTTER_BLE_DATA, bench->file, 0), OTTER_BLE_ATT_LENGTH);
    assert_int_equal(peer_write(bench, OTTER_BLE_DATA, bench->file, 513), OTTER_BLE_ATT_LENGTH);
    finish(bench, 0);
}

static void more_bytes_than_announced_are_refused(void **state)
{
    struct bench *bench = *state;

    peer_begin(bench);
    assert_int_equal(peer_send(bench, 0, bench->size - 10, 244), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_write(bench, OTTER_BLE_DATA, bench->file, 11), BAD_SIZE);
    assert_int_equal(peer_send(bench, bench->size - 10, bench->size, 10), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_write(bench, OTTER_BLE_DATA, bench->file, 1), BAD_SIZE);
    finish(bench, bench->size);
}

static void a_size_that_cannot_be_is_refused(void **state)
{
    struct bench *bench = *state;

    peer_demands(bench, 1, 0);
    assert_int_equal(peer_command_number(bench, 2, 0), BAD_SIZE);
    peer_demands_number(bench, 2, bench->config.max_image_size + 1, 5);
    peer_demands(bench, 1, 0);
    peer_demands_number(bench, 2, UINT32_MAX, 5);
    peer_begin(bench);
    finish(bench, 0);
}

/* Hosts of the AnyCloud library and those of BTSDK mean it by different numbers. */
static void an_abort_of_either_kind_ends_the_transfer_without_a_word(void **state)
{
    struct bench *bench = *state;
    static const uint8_t aborts[][5] = { { 4 }, { 7 }, { 7, 0, 0, 0, 0 } };
    static const size_t lengths[] = { 1, 1, 5 };

    for (size_t i = 0; i < 3; i++) {
        peer_begin(bench);
        assert_int_equal(peer_send(bench, 0, 2000, 244), OTTER_BLE_ATT_OK);
        assert_int_equal(peer_write(bench, OTTER_BLE_CONTROL, aborts[i], lengths[i]),
                         OTTER_BLE_ATT_OK);
        assert_int_equal(peer_send(bench, 2000, 2020, 20), NOT_NOW);
        bench_run(bench, 10000);
        assert_int_equal(bench->peer.reply_count, 0);
        assert_int_equal(bench->last_failure, OTTER_ERR_ABANDONED);
        assert_int_equal(otter_agent_stage(&bench->agent), OTTER_STAGE_ASKING);
    }
    peer_begin(bench);
    finish(bench, 0);
}

/* Between any two writes, and before the agent has taken notice of anything. */
static void prepare_begins_anew_at_any_time(void **state)
{
    struct bench *bench = *state;

    for (uint32_t sent = 0; sent <= bench->size; sent += 200) {
        peer_begin(bench);
        assert_int_equal(peer_send(bench, 0, sent, 200), OTTER_BLE_ATT_OK);
    }
    peer_demands(bench, 1, 0);
    assert_int_equal(peer_command_number(bench, 2, bench->size), OTTER_BLE_ATT_OK);
    peer_begin(bench);
    finish(bench, 0);
}

/* What was begun of an old image must not be taken for the beginning of the new one. */
static void another_image_of_the_same_size_begins_at_its_first_byte(void **state)
{
    struct bench *bench = *state;
    const uint32_t size = bench->size;

    peer_begin(bench);
    assert_int_equal(peer_send(bench, 0, 2500, 244), OTTER_BLE_ATT_OK);
    bench_run(bench, 1000);
    bench_make_file(bench, "1.2.0", 3000);
    assert_int_equal(bench->size, size);
    peer_begin(bench);
    finish(bench, 0);
    bench_reset(bench);
    bench_assert_runs(bench, "1.2.0");
}

static void a_second_command_before_the_answer_is_refused(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(peer_command(bench, 1), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_command_number(bench, 2, bench->size), OTTER_BLE_ATT_BUSY);
    assert_int_equal(peer_command(bench, 5), OTTER_BLE_ATT_BUSY);
    assert_int_equal(peer_hear(bench), 0);
    assert_int_equal(peer_command_number(bench, 2, bench->size), OTTER_BLE_ATT_OK);
    assert_int_equal(peer_command(bench, 5), NOT_NOW);
    assert_int_equal(peer_hear(bench), 0);
    finish(bench, 0);
}

static void status_and_details_can_be_asked_for(void **state)
{
    struct bench *bench = *state;
    const uint8_t *last = bench->peer.replies[BENCH_REPLIES_MAX - 1].bytes;

    peer_demands(bench, 5, 0);
    peer_begin(bench);
    assert_int_equal(peer_send(bench, 0, 1000, 100), OTTER_BLE_ATT_OK);
    peer_demands(bench, 0x22, 0);
    assert_int_equal(last[1], 0);
    assert_int_equal(otter_load_le32(last + 4), 1000);
    assert_int_equal(otter_load_le32(last + 8), bench->size);
    assert_int_equal(peer_send(bench, 1000, bench->size, 100), OTTER_BLE_ATT_OK);
    peer_demands_number(bench, 3, peer_crc(bench) + 1, 3);
    peer_demands(bench, 5, 3);
    peer_demands(bench, 0x22, 0);
    assert_int_equal(last[1], 3);
    assert_int_equal((int16_t)otter_load_le16(last + 2), OTTER_ERR_IMAGE_HASH);
    assert_int_equal(otter_load_le32(last + 4), 0);
}

static void the_client_configuration_reads_as_written(void **state)
{
    struct bench *bench = *state;
    uint8_t value[2];
    size_t len;

    assert_int_equal(otter_ble_read(&bench->ble, OTTER_BLE_CONTROL_CCCD, value, &len), 0);
    assert_int_equal(len, 2);
    assert_int_equal(otter_load_le16(value), 3);
    assert_int_equal(peer_write(bench, OTTER_BLE_CONTROL_CCCD, "\xFF\xFF", 2), OTTER_BLE_ATT_OK);
    assert_int_equal(otter_ble_read(&bench->ble, OTTER_BLE_CONTROL_CCCD, value, &len), 0);
    assert_int_equal(otter_load_le16(value), 3);
    assert_int_equal(peer_write(bench, OTTER_BLE_CONTROL_CCCD, "\1", 1), OTTER_BLE_ATT_LENGTH);
    assert_int_equal(otter_ble_read(&bench->ble, OTTER_BLE_DATA, value, &len),
                     OTTER_BLE_ATT_NO_READ);
    assert_int_equal(len, 0);
    peer_disconnect(bench);
    otter_ble_connected(&bench->ble);
    assert_int_equal(otter_ble_read(&bench->ble, OTTER_BLE_CONTROL_CCCD, value, &len), 0);
    assert_int_equal(otter_load_le16(value), 0);
}

static void an_impossible_configuration_is_refused(void **state)
{
    struct bench *bench = *state;
    const struct otter_ble_config good = bench->ble_config;
    struct otter_ble_config bad[5] = { good, good, good, good, good };
    const struct otter_ble_signer no_key = { .crypto = bench->ble_signer.crypto,
                                             .ecdsa = bench->ble_signer.ecdsa };
    struct otter_ble_signer signer = no_key;
    struct otter_ble ble;

    bad[0].variant = NULL;
    bad[1].stack = NULL;
    bad[2].buffer_size = OTTER_BLE_VALUE_MAX - 1;
    bad[3].variant = &otter_ble_signed_variant;
    bad[3].signer = NULL;
    bad[4].variant = &otter_ble_signed_variant;
    bad[4].signer = &signer;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(otter_ble_init(&ble, &bad[i]), OTTER_ERR_ARGUMENT);
    }
    assert_int_equal(otter_ble_init(&ble, &good), OTTER_OK);
}

int run_command_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up_crc, bench_tear_down_state)
    const struct CMUnitTest tests[] = {
        TEST(the_service_is_the_one_that_hosts_look_for),
        TEST(a_command_out_of_turn_is_refused_and_changes_nothing),
        TEST(a_command_of_another_length_is_refused),
        TEST(a_command_that_does_not_exist_is_not_supported),
        TEST(nothing_is_taken_from_a_peer_that_cannot_be_answered),
        TEST(nothing_is_taken_from_nobody),
        TEST(a_third_part_of_a_digest_is_refused),
        TEST(pieces_of_long_writes_are_refused),
        TEST(data_of_an_impossible_length_are_refused),
        TEST(more_bytes_than_announced_are_refused),
        TEST(a_size_that_cannot_be_is_refused),
        TEST(an_abort_of_either_kind_ends_the_transfer_without_a_word),
        TEST(prepare_begins_anew_at_any_time),
        TEST(another_image_of_the_same_size_begins_at_its_first_byte),
        TEST(a_second_command_before_the_answer_is_refused),
        TEST(status_and_details_can_be_asked_for),
        TEST(the_client_configuration_reads_as_written),
        TEST(an_impossible_configuration_is_refused),
    };
#undef TEST

    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
