/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "otter/handover.h"
#include "tests.h"

static const struct otter_handover sample = {
    .layout_digest = { 1, 2, 3 },
    .layout_name = "swap-internal",
    .reset_cause = OTTER_RESET_WATCHDOG,
    .swap_done = OTTER_SWAP_REVERT,
    .refusal = OTTER_ERR_IMAGE_SIGNATURE,
    .refused_version = { 1, 2, 3, 4 },
    .booted_version = { 1, 1, 0, 0 },
    .refused_image = 2,
    .moved_images = 0x5,
    .other_versions = { { 2, 0, 0, 0 }, { 3, 0, 0, 0 }, { 4, 5, 6, 7 } },
};

static void a_record_survives_the_jump(void **state)
{
    uint8_t bytes[OTTER_HANDOVER_SIZE];
    struct otter_handover read = { 0 };

    (void)state;
    otter_handover_encode(&sample, bytes);
    assert_int_equal(otter_handover_decode(bytes, &read), OTTER_OK);
    assert_memory_equal(read.layout_digest, sample.layout_digest, OTTER_LAYOUT_DIGEST_SIZE);
    assert_string_equal(read.layout_name, sample.layout_name);
    assert_int_equal(read.reset_cause, sample.reset_cause);
    assert_int_equal(read.swap_done, sample.swap_done);
    assert_int_equal(read.refusal, sample.refusal);
    assert_int_equal(otter_version_compare(&read.refused_version, &sample.refused_version), 0);
    assert_int_equal(read.refused_version.build, 4);
    assert_int_equal(otter_version_compare(&read.booted_version, &sample.booted_version), 0);
    assert_int_equal(read.refused_image, 2);
    assert_int_equal(read.moved_images, 0x5);
    assert_int_equal(read.other_versions[0].major, 2);
    assert_int_equal(read.other_versions[2].build, 7);
}

static void the_bytes_are_as_specified(void **state)
{
    static const uint8_t start[] = { 'O', 'T', 'H', 'R', 1, 0, 128, 0, 1, 2, 3, 0 };
    uint8_t bytes[OTTER_HANDOVER_SIZE];

    (void)state;
    otter_handover_encode(&sample, bytes);
    assert_memory_equal(bytes, start, sizeof start);
    assert_memory_equal(bytes + 40, "swap-internal", 14);
    assert_int_equal(bytes[72], OTTER_RESET_WATCHDOG);
    assert_int_equal(bytes[73], OTTER_SWAP_REVERT);
    assert_int_equal(bytes[76], 0x100 - 28);
    assert_int_equal(bytes[79], 0xFF);
    assert_memory_equal(bytes + 80, "\x01\x02\x03\x00\x04\x00\x00\x00", 8);
    assert_memory_equal(bytes + 96, "\x02\x05\x00\x00\x02", 5);
    assert_memory_equal(bytes + 116, "\x04\x05\x06\x00\x07\x00\x00\x00", 8);
}

static void one_flipped_bit_makes_it_no_record(void **state)
{
    uint8_t bytes[OTTER_HANDOVER_SIZE];
    struct otter_handover read;

    (void)state;
    otter_handover_encode(&sample, bytes);
    for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(otter_handover_decode(bytes, &read), OTTER_ERR_NOT_FOUND);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void memory_after_power_on_is_no_record(void **state)
{
    uint8_t bytes[OTTER_HANDOVER_SIZE];
    struct otter_handover read;

    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        memset(bytes, (int)value, sizeof bytes);
        assert_int_equal(otter_handover_decode(bytes, &read), OTTER_ERR_NOT_FOUND);
    }
}

int test_handover(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_survives_the_jump),
        cmocka_unit_test(the_bytes_are_as_specified),
        cmocka_unit_test(one_flipped_bit_makes_it_no_record),
        cmocka_unit_test(memory_after_power_on_is_no_record),
    };

    return cmocka_run_group_tests_name("bootstate: handover", tests, NULL, NULL);
}
