/* SPDX-License-Identifier: Apache-2.0 */

/* Flash in a file, and the host's clock and chance. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "otter/posix.h"
#include "otter/posix_flash.h"

#define START 4096u /* another device lies before this one in the file */

static const struct otter_sector_run runs[] = { { .size = 8192, .count = 2 } };
static const struct otter_flash_geometry geometry = {
    .name = "file",
    .size = 16384,
    .runs = runs,
    .run_count = 1,
    .write_size = 8,
    .erased_byte = 0xFF,
};

static char path[] = "/tmp/otter-posix-XXXXXX";

static int make_file(void **state)
{
    const int file = mkstemp(path);

    (void)state;
    if (file < 0 || ftruncate(file, START + 16384) != 0) {
        return -1;
    }
    return close(file);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static struct otter_area open_device(struct otter_posix_flash *device)
{
    assert_int_equal(otter_posix_flash_open(device, path, START, &geometry), OTTER_OK);
    return (struct otter_area){ .flash = &device->flash, .size = geometry.size };
}

static void bytes_survive_closing_the_file(void **state)
{
    struct otter_posix_flash device;
    struct otter_area area = open_device(&device);
    char text[16] = "";

    (void)state;
    assert_int_equal(otter_area_erase(&area, 0, 8192), OTTER_OK);
    assert_int_equal(otter_area_program(&area, 8, "sixteen bytes in", 16), OTTER_OK);
    otter_posix_flash_close(&device);

    area = open_device(&device);
    assert_int_equal(otter_area_read(&area, 8, text, sizeof text), OTTER_OK);
    assert_memory_equal(text, "sixteen bytes in", sizeof text);
    otter_posix_flash_close(&device);
}

static void what_is_not_erased_cannot_be_programmed(void **state)
{
    struct otter_posix_flash device;
    const struct otter_area area = open_device(&device);

    (void)state;
    assert_int_equal(otter_area_erase(&area, 0, 8192), OTTER_OK);
    assert_int_equal(otter_area_program(&area, 0, "12345678", 8), OTTER_OK);
    assert_int_equal(otter_area_program(&area, 0, "12345678", 8), OTTER_ERR_FLASH);
    otter_posix_flash_close(&device);
}

static void an_erase_touches_its_sector_alone(void **state)
{
    struct otter_posix_flash device;
    const struct otter_area area = open_device(&device);
    bool erased;
    char text[8];

    (void)state;
    assert_int_equal(otter_area_erase(&area, 0, 16384), OTTER_OK);
    assert_int_equal(otter_area_program(&area, 8184, "the last", 8), OTTER_OK);
    assert_int_equal(otter_area_program(&area, 8192, "the next", 8), OTTER_OK);
    assert_int_equal(otter_area_erase(&area, 8192, 8192), OTTER_OK);
    assert_int_equal(otter_area_read(&area, 8184, text, sizeof text), OTTER_OK);
    assert_memory_equal(text, "the last", sizeof text);
    assert_int_equal(otter_area_is_erased(&area, 8192, 8192, &erased), OTTER_OK);
    assert_true(erased);
    otter_posix_flash_close(&device);
}

static void a_file_that_is_missing_or_too_short_is_refused(void **state)
{
    struct otter_posix_flash device;

    (void)state;
    assert_int_equal(otter_posix_flash_open(&device, "/nowhere/flash.bin", 0, &geometry),
                     OTTER_ERR_NOT_FOUND);
    assert_int_equal(otter_posix_flash_open(&device, path, START + 1, &geometry), OTTER_ERR_RANGE);
}

static void the_clock_goes_on(void **state)
{
    const uint32_t before_ms = otter_posix_now_ms();

    (void)state;
    otter_posix_sleep_ms(20);
    assert_in_range(otter_posix_now_ms() - before_ms, 20, 5000);
}

static void random_bytes_differ(void **state)
{
    uint8_t first[32] = { 0 };
    uint8_t second[32] = { 0 };

    (void)state;
    assert_int_equal(otter_posix_random(NULL, first, sizeof first), OTTER_OK);
    assert_int_equal(otter_posix_random(NULL, second, sizeof second), OTTER_OK);
    assert_memory_not_equal(first, second, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_survive_closing_the_file),
        cmocka_unit_test(what_is_not_erased_cannot_be_programmed),
        cmocka_unit_test(an_erase_touches_its_sector_alone),
        cmocka_unit_test(a_file_that_is_missing_or_too_short_is_refused),
        cmocka_unit_test(the_clock_goes_on),
        cmocka_unit_test(random_bytes_differ),
    };
    return cmocka_run_group_tests_name("posix", tests, make_file, remove_file);
}
