/* SPDX-License-Identifier: Apache-2.0 */

/* Areas: nothing that leaves an area or breaks alignment reaches the device. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/flash.h"
#include "suites.h"

/* Uneven sectors, as on an STM32F4: 4 of 16, 1 of 64, 2 of 128 bytes. */
static const struct otter_sector_run runs[] = { { 16, 4 }, { 64, 1 }, { 128, 2 } };
#define DEVICE_SIZE 384u

static struct {
    uint8_t bytes[DEVICE_SIZE];
    uint32_t erased[8]; /* offsets of erased sectors, in order */
    size_t erases;
    size_t operations;
    size_t fail_at; /* the operation with this number fails */
} device;

static enum otter_result count_operation(void)
{
    return device.operations++ == device.fail_at ? OTTER_ERR_FLASH : OTTER_OK;
}

static enum otter_result device_read(void *port, uint32_t offset, void *dst, size_t len)
{
    assert_ptr_equal(port, &device);
    assert_true(offset <= DEVICE_SIZE && len <= DEVICE_SIZE - offset);
    memcpy(dst, device.bytes + offset, len);
    return count_operation();
}

static enum otter_result device_program(void *port, uint32_t offset, const void *src, size_t len)
{
    assert_ptr_equal(port, &device);
    assert_true(offset <= DEVICE_SIZE && len <= DEVICE_SIZE - offset);
    memcpy(device.bytes + offset, src, len);
    return count_operation();
}

static enum otter_result device_erase(void *port, uint32_t offset)
{
    assert_ptr_equal(port, &device);
    assert_in_range(device.erases, 0, 7);
    device.erased[device.erases++] = offset;
    return count_operation();
}

static const struct otter_flash_ops ops = {
    .read = device_read,
    .program = device_program,
    .erase = device_erase,
};
static const struct otter_flash_geometry geometry = {
    .name = "uneven",
    .size = DEVICE_SIZE,
    .runs = runs,
    .run_count = 3,
    .write_size = 8,
    .erased_byte = 0xFF,
};
static const struct otter_flash flash = { &ops, &device, &geometry };

/* Sectors: 16 at 0, 16 at 16, 64 at 32, 128 at 96. */
static const struct otter_area area = { &flash, 32, 224 };

static int set_up(void **state)
{
    (void)state;
    memset(&device, 0, sizeof device);
    memset(device.bytes, 0xFF, sizeof device.bytes);
    device.fail_at = SIZE_MAX;
    return 0;
}

static void reads_and_programs_are_relative_to_the_area(void **state)
{
    const uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    uint8_t back[3];

    (void)state;
    assert_int_equal(otter_area_program(&area, 216, bytes, 8), OTTER_OK);
    assert_memory_equal(device.bytes + 248, bytes, 8);
    assert_int_equal(otter_area_read(&area, 221, back, 3), OTTER_OK);
    assert_memory_equal(back, bytes + 5, 3);
}

static void what_leaves_the_area_is_refused_before_the_device_sees_it(void **state)
{
    static const struct {
        uint32_t offset;
        size_t len;
    } ranges[] = {
        { 224, 8 },
        { 216, 16 },
        { 0, 232 },
        { 0, SIZE_MAX },
        { UINT32_MAX, 8 },
        { UINT32_MAX - 7, 8 },
        { UINT32_MAX - 31, 40 },
        { 8, UINT32_MAX },
        { 232, 0 },
    };
    uint8_t bytes[8] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const uint32_t offset = ranges[i].offset;
        bool erased = true;

        assert_int_equal(otter_area_read(&area, offset, bytes, ranges[i].len), OTTER_ERR_RANGE);
        assert_int_equal(otter_area_program(&area, offset, bytes, ranges[i].len), OTTER_ERR_RANGE);
        if (ranges[i].len <= UINT32_MAX) {
            const uint32_t len = (uint32_t)ranges[i].len;

            assert_int_equal(otter_area_erase(&area, offset, len), OTTER_ERR_RANGE);
            assert_int_equal(otter_area_is_erased(&area, offset, len, &erased), OTTER_ERR_RANGE);
            assert_false(erased);
        }
    }
    assert_int_equal(device.operations, 0);
}

static const void *device_map(void *port, uint32_t offset, size_t len)
{
    assert_ptr_equal(port, &device);
    assert_true(offset <= DEVICE_SIZE && len <= DEVICE_SIZE - offset);
    return device.bytes + offset;
}

static void a_mapped_device_shows_an_area_and_nothing_beside_it(void **state)
{
    static const struct otter_flash_ops mapped_ops = { .map = device_map };
    static const struct otter_flash mapped = { &mapped_ops, &device, &geometry };
    const struct otter_area in_sight = { &mapped, 32, 224 };

    (void)state;
    assert_ptr_equal(otter_area_map(&in_sight, 0, 224), device.bytes + 32);
    assert_ptr_equal(otter_area_map(&in_sight, 221, 3), device.bytes + 253);
    assert_null(otter_area_map(&in_sight, 221, 4));
    assert_null(otter_area_map(&in_sight, 0, SIZE_MAX));
    assert_null(otter_area_map(&in_sight, UINT32_MAX, 8));
}

static void a_device_that_is_not_mapped_shows_nothing(void **state)
{
    (void)state;
    assert_null(otter_area_map(&area, 0, 8));
}

static void nothing_at_the_very_end_is_inside(void **state)
{
    uint8_t byte;
    bool erased = false;

    (void)state;
    assert_int_equal(otter_area_read(&area, 224, &byte, 0), OTTER_OK);
    assert_int_equal(otter_area_erase(&area, 224, 0), OTTER_OK);
    assert_int_equal(otter_area_is_erased(&area, 224, 0, &erased), OTTER_OK);
    assert_true(erased);
    assert_int_equal(device.erases, 0);
}

static void an_absent_device_has_nothing_inside(void **state)
{
    const struct otter_area absent = { 0 };
    uint8_t byte = 0;

    (void)state;
    assert_int_equal(otter_area_read(&absent, 0, &byte, 1), OTTER_ERR_RANGE);
    assert_int_equal(otter_area_program(&absent, 0, &byte, 1), OTTER_ERR_RANGE);
    assert_int_equal(otter_area_erase(&absent, 0, 1), OTTER_ERR_RANGE);
    assert_int_equal(otter_area_erase(&absent, 0, 0), OTTER_OK);
    assert_null(otter_area_map(&absent, 0, 0));
    assert_int_equal(otter_area_sector_count(&absent), 0);
}

static void programs_must_be_whole_write_units(void **state)
{
    const uint8_t bytes[16] = { 0 };

    (void)state;
    assert_int_equal(otter_area_program(&area, 4, bytes, 8), OTTER_ERR_ALIGNMENT);
    assert_int_equal(otter_area_program(&area, 8, bytes, 7), OTTER_ERR_ALIGNMENT);
    assert_int_equal(otter_area_program(&area, 8, bytes, 12), OTTER_ERR_ALIGNMENT);
    assert_int_equal(device.operations, 0);
    assert_int_equal(otter_area_program(&area, 8, bytes, 16), OTTER_OK);
}

static void erases_walk_uneven_sectors_in_ascending_order(void **state)
{
    static const uint32_t expected[] = { 32, 48, 64, 128 };

    (void)state;
    assert_int_equal(otter_area_erase(&area, 0, 224), OTTER_OK);
    assert_int_equal(device.erases, 4);
    assert_memory_equal(device.erased, expected, sizeof expected);
}

static void erases_must_begin_and_end_on_sector_boundaries(void **state)
{
    static const struct {
        uint32_t offset;
        uint32_t len;
    } ranges[] = { { 8, 24 }, { 0, 8 }, { 16, 32 }, { 32, 128 }, { 223, 1 }, { 8, 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        assert_int_equal(otter_area_erase(&area, ranges[i].offset, ranges[i].len),
                         OTTER_ERR_ALIGNMENT);
    }
    assert_int_equal(device.erases, 0);
}

static void an_erase_stops_at_the_first_sector_that_fails(void **state)
{
    (void)state;
    device.fail_at = 1;
    assert_int_equal(otter_area_erase(&area, 0, 224), OTTER_ERR_FLASH);
    assert_int_equal(device.erases, 2);
}

static void sectors_are_found_from_any_byte_in_them(void **state)
{
    static const struct {
        uint32_t offset;
        uint32_t start;
        uint32_t size;
    } rows[] = {
        { 0, 0, 16 },   { 15, 0, 16 },  { 16, 16, 16 },  { 31, 16, 16 },
        { 32, 32, 64 }, { 95, 32, 64 }, { 96, 96, 128 }, { 223, 96, 128 },
    };
    struct otter_sector sector;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(otter_area_sector(&area, rows[i].offset, &sector), OTTER_OK);
        assert_int_equal(sector.offset, rows[i].start);
        assert_int_equal(sector.size, rows[i].size);
    }
    assert_int_equal(otter_area_sector(&area, 224, &sector), OTTER_ERR_RANGE);
    assert_int_equal(otter_area_sector(&area, UINT32_MAX, &sector), OTTER_ERR_RANGE);
}

static void sectors_are_counted(void **state)
{
    const struct otter_area whole = { &flash, 0, DEVICE_SIZE };
    const struct otter_area nothing = { &flash, 64, 0 };

    (void)state;
    assert_int_equal(otter_area_sector_count(&area), 4);
    assert_int_equal(otter_area_sector_count(&whole), 7);
    assert_int_equal(otter_area_sector_count(&nothing), 0);
}

static void an_area_off_the_sector_boundaries_has_no_sectors(void **state)
{
    static const struct otter_area crooked[] = {
        { &flash, 8, 24 },  { &flash, 0, 24 },           { &flash, 72, 56 },
        { &flash, 0, 400 }, { &flash, DEVICE_SIZE, 16 }, { &flash, UINT32_MAX - 15, 16 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof crooked / sizeof crooked[0]; i++) {
        assert_int_equal(otter_area_sector_count(&crooked[i]), 0);
    }
}

static void an_erase_of_a_crooked_area_never_touches_its_neighbours(void **state)
{
    /* Ends in the middle of the 64-byte sector. */
    const struct otter_area crooked = { &flash, 32, 64 };

    (void)state;
    assert_int_equal(otter_area_erase(&crooked, 0, 64), OTTER_ERR_ALIGNMENT);
    assert_int_equal(otter_area_erase(&crooked, 32, 32), OTTER_ERR_ALIGNMENT);
    assert_int_equal(device.erases, 0);
}

static void one_programmed_byte_anywhere_is_not_erased(void **state)
{
    bool erased = false;

    (void)state;
    assert_int_equal(otter_area_is_erased(&area, 0, 224, &erased), OTTER_OK);
    assert_true(erased);
    for (uint32_t at = 0; at < 224; at++) {
        device.bytes[32 + at] = 0xFE;
        assert_int_equal(otter_area_is_erased(&area, 0, 224, &erased), OTTER_OK);
        assert_false(erased);
        device.bytes[32 + at] = 0xFF;
    }
}

static void the_neighbours_of_a_range_do_not_count_as_programmed(void **state)
{
    bool erased = false;

    (void)state;
    device.bytes[31] = 0;
    device.bytes[32 + 100] = 0;
    assert_int_equal(otter_area_is_erased(&area, 0, 100, &erased), OTTER_OK);
    assert_true(erased);
}

static void a_read_that_fails_is_not_erased(void **state)
{
    bool erased = true;

    (void)state;
    device.fail_at = 1;
    assert_int_equal(otter_area_is_erased(&area, 0, 224, &erased), OTTER_ERR_FLASH);
    assert_false(erased);
}

int run_area_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_and_programs_are_relative_to_the_area, set_up),
        cmocka_unit_test_setup(what_leaves_the_area_is_refused_before_the_device_sees_it, set_up),
        cmocka_unit_test_setup(a_mapped_device_shows_an_area_and_nothing_beside_it, set_up),
        cmocka_unit_test_setup(a_device_that_is_not_mapped_shows_nothing, set_up),
        cmocka_unit_test_setup(nothing_at_the_very_end_is_inside, set_up),
        cmocka_unit_test(an_absent_device_has_nothing_inside),
        cmocka_unit_test_setup(programs_must_be_whole_write_units, set_up),
        cmocka_unit_test_setup(erases_walk_uneven_sectors_in_ascending_order, set_up),
        cmocka_unit_test_setup(erases_must_begin_and_end_on_sector_boundaries, set_up),
        cmocka_unit_test_setup(an_erase_stops_at_the_first_sector_that_fails, set_up),
        cmocka_unit_test_setup(sectors_are_found_from_any_byte_in_them, set_up),
        cmocka_unit_test_setup(sectors_are_counted, set_up),
        cmocka_unit_test_setup(an_area_off_the_sector_boundaries_has_no_sectors, set_up),
        cmocka_unit_test_setup(an_erase_of_a_crooked_area_never_touches_its_neighbours, set_up),
        cmocka_unit_test_setup(one_programmed_byte_anywhere_is_not_erased, set_up),
        cmocka_unit_test_setup(the_neighbours_of_a_range_do_not_count_as_programmed, set_up),
        cmocka_unit_test_setup(a_read_that_fails_is_not_erased, set_up),
    };

    return cmocka_run_group_tests_name("areas", tests, NULL, NULL);
}
