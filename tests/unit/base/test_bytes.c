/* SPDX-License-Identifier: Apache-2.0 */

/* Integers in bytes, and the CRC over them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/bytes.h"
#include "otter/crc32.h"
#include "suites.h"

static void byte_orders_are_as_their_names_say(void **state)
{
    const uint8_t bytes[] = { 0x81, 0x92, 0xA3, 0xB4 };

    (void)state;
    assert_int_equal(otter_load_le16(bytes), 0x9281);
    assert_int_equal(otter_load_be16(bytes), 0x8192);
    assert_true(otter_load_le32(bytes) == 0xB4A39281u);
}

static void what_is_stored_is_loaded_again_at_any_alignment(void **state)
{
    uint8_t bytes[8];

    (void)state;
    for (size_t at = 0; at < 4; at++) {
        otter_store_le32(bytes + at, 0xFEDCBA98u);
        assert_true(otter_load_le32(bytes + at) == 0xFEDCBA98u);
        otter_store_le16(bytes + at, 0xFEDC);
        assert_int_equal(otter_load_le16(bytes + at), 0xFEDC);
        otter_store_be16(bytes + at, 0xFEDC);
        assert_int_equal(otter_load_be16(bytes + at), 0xFEDC);
    }
}

static void the_crc_has_its_check_value(void **state)
{
    (void)state;
    assert_true(otter_crc32(0, "123456789", 9) == 0xCBF43926u);
    assert_true(otter_crc32(0, "", 0) == 0);
}

static void a_crc_in_pieces_is_the_crc_of_the_whole(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= 9; cut++) {
        const uint32_t first = otter_crc32(0, "123456789", cut);

        assert_true(otter_crc32(first, &"123456789"[cut], 9 - cut) == 0xCBF43926u);
    }
}

int run_bytes_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_orders_are_as_their_names_say),
        cmocka_unit_test(what_is_stored_is_loaded_again_at_any_alignment),
        cmocka_unit_test(the_crc_has_its_check_value),
        cmocka_unit_test(a_crc_in_pieces_is_the_crc_of_the_whole),
    };

    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
