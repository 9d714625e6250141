/* SPDX-License-Identifier: Apache-2.0 */

/* Settings: what was written is read back, and damaged bytes are refused whole. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/bytes.h"
#include "otter/crc32.h"
#include "otter/settings.h"
#include "ram_flash.h"

#define FLASH_SIZE 512u

/* The example of docs/formats/settings.md. */
static const uint8_t example[] = {
    0x4f, 0x54, 0x53, 0x54, 0x01, 0x00, 0x02, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x33, 0x33, 0xca,
    0x8c, 0x0b, 0x00, 0x07, 0x00, 0x64, 0x65, 0x76, 0x69, 0x63, 0x65, 0x2e, 0x6e, 0x61, 0x6d,
    0x65, 0x00, 0x6f, 0x74, 0x74, 0x65, 0x72, 0x2d, 0x31, 0x00, 0x09, 0x00, 0x04, 0x00, 0x6d,
    0x71, 0x74, 0x74, 0x2e, 0x70, 0x6f, 0x72, 0x74, 0x00, 0x38, 0x38, 0x38, 0x33, 0x00,
};

struct fixture {
    uint8_t flash[FLASH_SIZE];
    uint8_t buffer[FLASH_SIZE];
    struct ram_flash ram;
    struct otter_area area;
    struct otter_settings settings;
};

static struct fixture fixture;

static int set_up(void **state)
{
    (void)state;
    memset(fixture.flash, 0xFF, sizeof fixture.flash);
    fixture.area = ram_flash_init(&fixture.ram, fixture.flash, 64, FLASH_SIZE / 64);
    return 0;
}

static enum otter_result load(void)
{
    return otter_settings_load(&fixture.area, fixture.buffer, sizeof fixture.buffer,
                               &fixture.settings);
}

static void put_example(void)
{
    memcpy(fixture.flash, example, sizeof example);
}

/* Make the CRC right again, so that a test reaches what lies behind it. */
static void repair_crc(void)
{
    const uint32_t length = otter_load_le32(fixture.flash + 8);
    const uint32_t crc = otter_crc32(otter_crc32(0, fixture.flash, 12),
                                     fixture.flash + OTTER_SETTINGS_HEADER_SIZE, length);

    otter_store_le32(fixture.flash + 12, crc);
}

static void the_documented_example_is_read(void **state)
{
    size_t len = 0;

    (void)state;
    put_example();
    assert_int_equal(load(), OTTER_OK);
    assert_string_equal(otter_settings_get(&fixture.settings, "device.name", &len), "otter-1");
    assert_int_equal(len, 7);
    assert_int_equal(otter_settings_get_u32(&fixture.settings, "mqtt.port", 1), 8883);
}

static void the_documented_example_is_written(void **state)
{
    uint8_t bytes[sizeof example];
    struct otter_settings_writer writer;

    (void)state;
    otter_settings_writer_init(&writer, bytes, sizeof bytes);
    otter_settings_writer_add(&writer, "device.name", "otter-1", 7);
    otter_settings_writer_add(&writer, "mqtt.port", "8883", 4);
    assert_int_equal(otter_settings_writer_finish(&writer), OTTER_OK);
    assert_int_equal(writer.length, sizeof example);
    assert_memory_equal(bytes, example, sizeof example);
}

static void an_erased_area_was_never_provisioned(void **state)
{
    (void)state;
    assert_int_equal(load(), OTTER_ERR_NOT_FOUND);
}

static void every_single_flipped_bit_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof example; bit++) {
        put_example();
        fixture.flash[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(load(), OTTER_ERR_PROTOCOL);
    }
}

static void entries_that_lie_about_themselves_are_refused_although_the_crc_is_right(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } lies[] = {
        { 6, 1 },     /* fewer entries than there are */
        { 6, 3 },     /* more entries than there are */
        { 16, 0 },    /* an empty name */
        { 16, 64 },   /* a name that is too long */
        { 16, 12 },   /* a name that takes its zero along */
        { 17, 1 },    /* a byte that must be zero */
        { 18, 0xFF }, /* a value that leaves the entries */
        { 19, 0xFF }, /* a value that leaves the area */
        { 20, ' ' },  /* a name with a space */
        { 20, 0x80 }, /* a name that is not ASCII */
        { 20, 0 },    /* a name with a zero inside */
        { 31, 'x' },  /* no zero after the name */
        { 39, 'x' },  /* no zero after the value */
        { 58, 'x' },  /* no zero after the last value */
        { 8, 0x2a },  /* one byte short */
        { 8, 0x2c },  /* one byte more, too few for an entry */
        { 4, 2 },     /* a format to come */
    };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        put_example();
        fixture.flash[lies[i].at] = lies[i].value;
        repair_crc();
        assert_int_equal(load(), OTTER_ERR_PROTOCOL);
    }
}

static void a_length_beyond_the_area_is_damage(void **state)
{
    (void)state;
    put_example();
    otter_store_le32(fixture.flash + 8, FLASH_SIZE - OTTER_SETTINGS_HEADER_SIZE + 1);
    assert_int_equal(load(), OTTER_ERR_PROTOCOL);
    otter_store_le32(fixture.flash + 8, UINT32_MAX);
    assert_int_equal(load(), OTTER_ERR_PROTOCOL);
}

static void a_buffer_that_is_too_small_is_said_to_be(void **state)
{
    (void)state;
    put_example();
    assert_int_equal(otter_settings_load(&fixture.area, fixture.buffer, 42, &fixture.settings),
                     OTTER_ERR_NO_SPACE);
    assert_int_equal(otter_settings_load(&fixture.area, fixture.buffer, 43, &fixture.settings),
                     OTTER_OK);
}

static void a_flash_that_fails_is_reported(void **state)
{
    (void)state;
    for (uint32_t reads = 0; reads < 2; reads++) {
        put_example();
        fixture.ram.reads_left = reads;
        assert_int_equal(load(), OTTER_ERR_FLASH);
    }
}

static void an_absent_name_has_no_value(void **state)
{
    (void)state;
    put_example();
    assert_int_equal(load(), OTTER_OK);
    assert_null(otter_settings_get(&fixture.settings, "mqtt.por", NULL));
    assert_null(otter_settings_get(&fixture.settings, "mqtt.port2", NULL));
    assert_int_equal(otter_settings_get_u32(&fixture.settings, "mqtt.prt", 77), 77);
}

static void settings_without_entries_are_legal(void **state)
{
    struct otter_settings_writer writer;

    (void)state;
    otter_settings_writer_init(&writer, fixture.flash, sizeof fixture.flash);
    assert_int_equal(otter_settings_writer_finish(&writer), OTTER_OK);
    assert_int_equal(writer.length, OTTER_SETTINGS_HEADER_SIZE);
    assert_int_equal(load(), OTTER_OK);
    assert_null(otter_settings_get(&fixture.settings, "product", NULL));
}

static void only_whole_decimal_numbers_that_fit_are_numbers(void **state)
{
    static const struct {
        const char *text;
        uint32_t value; /* 7: not a number */
    } rows[] = {
        { "0", 0 },     { "4294967295", UINT32_MAX },
        { "0010", 10 }, { "4294967296", 7 },
        { "", 7 },      { "-1", 7 },
        { "+1", 7 },    { "1 ", 7 },
        { "0x10", 7 },  { "99999999999", 7 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct otter_settings_writer writer;

        otter_settings_writer_init(&writer, fixture.flash, sizeof fixture.flash);
        otter_settings_writer_add(&writer, "n", rows[i].text, strlen(rows[i].text));
        assert_int_equal(otter_settings_writer_finish(&writer), OTTER_OK);
        assert_int_equal(load(), OTTER_OK);
        assert_int_equal(otter_settings_get_u32(&fixture.settings, "n", 7), rows[i].value);
    }
}

static void a_writer_refuses_bad_names_and_says_so_at_the_end(void **state)
{
    static const char *const names[] = {
        "",
        "a b",
        "caf\xC3\xA9",
        "new\nline",
        "0123456789012345678901234567890123456789012345678901234567890123",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct otter_settings_writer writer;

        otter_settings_writer_init(&writer, fixture.flash, sizeof fixture.flash);
        otter_settings_writer_add(&writer, names[i], "v", 1);
        otter_settings_writer_add(&writer, "good", "v", 1);
        assert_int_equal(otter_settings_writer_finish(&writer), OTTER_ERR_ARGUMENT);
    }
}

static void a_writer_refuses_a_name_that_comes_twice(void **state)
{
    struct otter_settings_writer writer;

    (void)state;
    otter_settings_writer_init(&writer, fixture.flash, sizeof fixture.flash);
    otter_settings_writer_add(&writer, "name", "a", 1);
    otter_settings_writer_add(&writer, "name", "b", 1);
    assert_int_equal(otter_settings_writer_finish(&writer), OTTER_ERR_ARGUMENT);
}

static void a_writer_without_room_never_writes_beyond_it(void **state)
{
    (void)state;
    for (size_t room = 0; room < sizeof example; room++) {
        struct otter_settings_writer writer;
        uint8_t bytes[sizeof example + 1];

        memset(bytes, 0xAA, sizeof bytes);
        otter_settings_writer_init(&writer, bytes, room);
        otter_settings_writer_add(&writer, "device.name", "otter-1", 7);
        otter_settings_writer_add(&writer, "mqtt.port", "8883", 4);
        assert_int_equal(otter_settings_writer_finish(&writer), OTTER_ERR_NO_SPACE);
        for (size_t i = room; i < sizeof bytes; i++) {
            assert_int_equal(bytes[i], 0xAA);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_documented_example_is_read, set_up),
        cmocka_unit_test_setup(the_documented_example_is_written, set_up),
        cmocka_unit_test_setup(an_erased_area_was_never_provisioned, set_up),
        cmocka_unit_test_setup(every_single_flipped_bit_is_noticed, set_up),
        cmocka_unit_test_setup(
            entries_that_lie_about_themselves_are_refused_although_the_crc_is_right, set_up),
        cmocka_unit_test_setup(a_length_beyond_the_area_is_damage, set_up),
        cmocka_unit_test_setup(a_buffer_that_is_too_small_is_said_to_be, set_up),
        cmocka_unit_test_setup(a_flash_that_fails_is_reported, set_up),
        cmocka_unit_test_setup(an_absent_name_has_no_value, set_up),
        cmocka_unit_test_setup(settings_without_entries_are_legal, set_up),
        cmocka_unit_test_setup(only_whole_decimal_numbers_that_fit_are_numbers, set_up),
        cmocka_unit_test_setup(a_writer_refuses_bad_names_and_says_so_at_the_end, set_up),
        cmocka_unit_test_setup(a_writer_refuses_a_name_that_comes_twice, set_up),
        cmocka_unit_test_setup(a_writer_without_room_never_writes_beyond_it, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
