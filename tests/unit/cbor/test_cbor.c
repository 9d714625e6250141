/* SPDX-License-Identifier: Apache-2.0 */

/* The CBOR reader and writer, with the examples of RFC 8949, appendix A, where one fits. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/cbor.h"
#include "test_hex.h"

static struct otter_cbor_reader reader;
static struct otter_cbor_map map;
static struct otter_cbor_item key;
static struct otter_cbor_item value;

static bool begin(const char *hex)
{
    static uint8_t bytes[4200];

    return otter_cbor_read_map(&reader, bytes, test_from_hex(hex, bytes, sizeof bytes), &map);
}

static enum otter_cbor_step next(void)
{
    return otter_cbor_read_pair(&reader, &map, &key, &value);
}

/* The value under the one key of {"a": value}. */
static enum otter_cbor_step read_value(const char *hex)
{
    char message[8400] = "a16161";

    strcat(message, hex);
    assert_true(begin(message));
    return next();
}

static void a_map_is_read_pair_by_pair(void **state)
{
    (void)state;
    /* {"a": 1, "b": [2, 3]} */
    assert_true(begin("a26161016162820203"));
    assert_int_equal(next(), OTTER_CBOR_PAIR);
    assert_true(otter_cbor_is_text(&key, "a"));
    assert_int_equal(value.kind, OTTER_CBOR_UNSIGNED);
    assert_int_equal(value.value, 1);
    assert_int_equal(next(), OTTER_CBOR_PAIR);
    assert_true(otter_cbor_is_text(&key, "b"));
    assert_int_equal(value.kind, OTTER_CBOR_ARRAY);
    assert_int_equal(value.value, 2);
    assert_int_equal(next(), OTTER_CBOR_END);
    assert_int_equal(reader.left, 0);
}

static void a_map_without_a_length_ends_with_a_break(void **state)
{
    (void)state;
    /* {_ "Fun": true, "Amt": -2} */
    assert_true(begin("bf6346756ef563416d7421ff"));
    assert_int_equal(next(), OTTER_CBOR_PAIR);
    assert_true(otter_cbor_is_text(&key, "Fun"));
    assert_int_equal(value.kind, OTTER_CBOR_OTHER);
    assert_int_equal(next(), OTTER_CBOR_PAIR);
    assert_int_equal(value.kind, OTTER_CBOR_NEGATIVE);
    assert_int_equal(next(), OTTER_CBOR_END);
    assert_int_equal(reader.left, 0);
}

static void numbers_have_up_to_eight_bytes(void **state)
{
    static const struct {
        const char *hex;
        uint64_t number;
    } numbers[] = {
        { "00", 0 },
        { "17", 23 },
        { "1818", 24 },
        { "1903e8", 1000 },
        { "1a000f4240", 1000000 },
        { "1b000000e8d4a51000", 1000000000000 },
        { "1bffffffffffffffff", UINT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_int_equal(read_value(numbers[i].hex), OTTER_CBOR_PAIR);
        assert_int_equal(value.kind, OTTER_CBOR_UNSIGNED);
        assert_true(value.value == numbers[i].number);
    }
}

static void strings_are_pointed_to_where_they_lie(void **state)
{
    (void)state;
    assert_int_equal(read_value("4401020304"), OTTER_CBOR_PAIR);
    assert_int_equal(value.kind, OTTER_CBOR_BYTES);
    assert_int_equal(value.value, 4);
    assert_memory_equal(value.bytes, "\1\2\3\4", 4);
    assert_int_equal(next(), OTTER_CBOR_END);
}

static void anything_can_stand_under_a_key(void **state)
{
    static const char *const values[] = {
        "80",                         /* [] */
        "9fff",                       /* [_ ] */
        "bfff",                       /* {_ } */
        "826161bf61626163ff",         /* ["a", {_ "b": "c"}] */
        "9f018202039f0405ffff",       /* [_ 1, [2, 3], [_ 4, 5]] */
        "c11a514b67b0",               /* a time */
        "d9d9f7a10102",               /* a tag of two bytes, with a map */
        "c1c1c101",                   /* tags of tags */
        "fb3ff199999999999a",         /* 1.1 */
        "f97e00",                     /* not a number */
        "f6",                         /* null */
        "f818",                       /* simple(24) */
        "5f42010243030405ff",         /* bytes in parts */
        "7f657374726561646d696e67ff", /* text in parts */
        "3bffffffffffffffff",         /* the smallest integer */
        "818181818181818101",         /* as deep as it may be */
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(read_value(values[i]), OTTER_CBOR_PAIR);
        assert_int_equal(next(), OTTER_CBOR_END);
        assert_int_equal(reader.left, 0);
    }
}

static void what_is_malformed_is_refused(void **state)
{
    static const char *const values[] = {
        "",                 /* no value */
        "18",               /* a number without its byte */
        "1b00000000000000", /* one of eight bytes with seven */
        "1c",
        "1d",
        "1e",                   /* reserved */
        "1f",                   /* a number cannot be open */
        "ff",                   /* a break for a value */
        "4401",                 /* shorter than announced */
        "5affffffff00",         /* much shorter */
        "5bffffffffffffffff00", /* so much that sums would wrap */
        "8201",                 /* an array with an item too few */
        "9f01",                 /* one that does not end */
        "9bffffffffffffffff01", /* one of more items than can be */
        "bbffffffffffffffff01", /* a map of more pairs than can be */
        "bb7fffffffffffffff01",
        "5f4201",               /* a part that is cut short */
        "c1",                   /* a tag of nothing */
        "8281ff",               /* a break in an array that has a length */
        "81818181818181818101", /* too deep */
        "c1c1c1c1c1c1c1c1c101",
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_int_equal(read_value(values[i]), OTTER_CBOR_BAD);
    }
}

static void a_thousand_arrays_in_each_other_are_refused(void **state)
{
    char hex[2003] = "";

    (void)state;
    memset(hex, '8', 2000);
    for (size_t i = 1; i < 2000; i += 2) {
        hex[i] = '1';
    }
    strcat(hex, "01");
    assert_int_equal(read_value(hex), OTTER_CBOR_BAD);
    for (size_t i = 0; i < 2000; i += 2) {
        memcpy(&hex[i], "9f", 2);
    }
    assert_int_equal(read_value(hex), OTTER_CBOR_BAD);
}

static void a_map_cut_short_anywhere_is_refused(void **state)
{
    /* {_ "a": [_ 1, h'0203', {"b": 1.1}], "c": "dd"} */
    static const char whole[] = "bf61619f01420203a16162fb3ff199999999999aff6163626464ff";
    char cut[sizeof whole];

    (void)state;
    for (size_t len = 2; len < sizeof whole - 1; len += 2) {
        enum otter_cbor_step step;

        memcpy(cut, whole, len);
        cut[len] = '\0';
        assert_true(begin(cut));
        do {
            step = next();
        } while (step == OTTER_CBOR_PAIR);
        assert_int_equal(step, OTTER_CBOR_BAD);
    }
}

static void what_is_no_map_is_refused(void **state)
{
    (void)state;
    assert_false(begin(""));
    assert_false(begin("00"));
    assert_false(begin("80"));
    assert_false(begin("6161"));
    assert_false(begin("f6"));
    assert_false(begin("b8"));
    assert_false(begin("7b226122"));
}

static void a_text_in_parts_is_no_known_key(void **state)
{
    (void)state;
    assert_true(begin("a17f6161ff01"));
    assert_int_equal(next(), OTTER_CBOR_PAIR);
    assert_false(otter_cbor_is_text(&key, "a"));
    assert_false(otter_cbor_is_text(&value, "a"));
}

/* ---- writing ---- */

static void assert_written(const struct otter_cbor_writer *writer, const char *hex)
{
    uint8_t expected[300];
    const size_t len = test_from_hex(hex, expected, sizeof expected);

    assert_false(writer->truncated);
    assert_int_equal(writer->len, len);
    assert_memory_equal(writer->bytes, expected, len);
}

static void numbers_are_written_in_their_shortest_form(void **state)
{
    static const struct {
        uint32_t number;
        const char *hex;
    } numbers[] = {
        { 0, "00" },
        { 23, "17" },
        { 24, "1818" },
        { 255, "18ff" },
        { 256, "190100" },
        { 65535, "19ffff" },
        { 65536, "1a00010000" },
        { UINT32_MAX, "1affffffff" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint8_t bytes[8];
        struct otter_cbor_writer writer;

        otter_cbor_write_init(&writer, bytes, sizeof bytes);
        otter_cbor_write_unsigned(&writer, numbers[i].number);
        assert_written(&writer, numbers[i].hex);
    }
}

static void a_map_is_written(void **state)
{
    uint8_t bytes[16];
    struct otter_cbor_writer writer;

    (void)state;
    otter_cbor_write_init(&writer, bytes, sizeof bytes);
    otter_cbor_write_map(&writer, 2);
    otter_cbor_write_text(&writer, "c");
    otter_cbor_write_text(&writer, "rdy");
    otter_cbor_write_text(&writer, "b");
    otter_cbor_write_bytes(&writer, (const uint8_t *)"\xff\x03", 2);
    assert_written(&writer, "a2616363726479616242ff03");
}

static void a_map_without_a_length_is_written(void **state)
{
    uint8_t bytes[16];
    struct otter_cbor_writer writer;

    (void)state;
    otter_cbor_write_init(&writer, bytes, sizeof bytes);
    otter_cbor_write_open_map(&writer);
    otter_cbor_write_text(&writer, "r");
    otter_cbor_write_array(&writer, 2);
    otter_cbor_write_unsigned(&writer, 1);
    otter_cbor_write_unsigned(&writer, 24);
    otter_cbor_write_break(&writer);
    assert_written(&writer, "bf617282011818ff");
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
    uint8_t bytes[5] = { 0 };
    struct otter_cbor_writer writer;

    (void)state;
    otter_cbor_write_init(&writer, bytes, 4);
    otter_cbor_write_text(&writer, "ab");
    otter_cbor_write_text(&writer, "c");
    assert_true(writer.truncated);
    otter_cbor_write_unsigned(&writer, 1);
    assert_true(writer.len <= 4);
    assert_int_equal(bytes[4], 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_is_read_pair_by_pair),
        cmocka_unit_test(a_map_without_a_length_ends_with_a_break),
        cmocka_unit_test(numbers_have_up_to_eight_bytes),
        cmocka_unit_test(strings_are_pointed_to_where_they_lie),
        cmocka_unit_test(anything_can_stand_under_a_key),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(a_thousand_arrays_in_each_other_are_refused),
        cmocka_unit_test(a_map_cut_short_anywhere_is_refused),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(a_text_in_parts_is_no_known_key),
        cmocka_unit_test(numbers_are_written_in_their_shortest_form),
        cmocka_unit_test(a_map_is_written),
        cmocka_unit_test(a_map_without_a_length_is_written),
        cmocka_unit_test(what_does_not_fit_is_left_out_whole),
    };

    return cmocka_run_group_tests_name("cbor", tests, NULL, NULL);
}
