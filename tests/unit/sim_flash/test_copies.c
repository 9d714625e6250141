/* SPDX-License-Identifier: Apache-2.0 */

/* A copy of a device is the device, and its hash changes when, and only when, anything of it does:
 * whatever has happened to it, and to the copy, since the last time. The power-cut search would
 * otherwise take a new state for one that it knows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "otter/sim_flash.h"

#define SECTOR_SIZE  1536u /* no whole number of pages lies in a sector */
#define SECTOR_COUNT 3u
#define SIZE         (SECTOR_SIZE * SECTOR_COUNT)
#define STEPS        5000u

static const struct otter_sector_run run = { .size = SECTOR_SIZE, .count = SECTOR_COUNT };
static struct otter_flash_geometry geometry;
static struct otter_sim_power power;
static struct otter_sim_flash device;
static struct otter_sim_flash copy;
static uint32_t random_state;

static uint32_t draw(uint32_t limit)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % limit;
}

/* All that a device is, but for its wear. */
struct content {
    uint8_t bytes[SIZE];
    uint8_t loose[SIZE];
    uint8_t units[SIZE];
};

static void look_at(const struct otter_sim_flash *flash, struct content *content)
{
    memset(content, 0, sizeof *content);
    memcpy(content->bytes, flash->bytes, SIZE);
    memcpy(content->loose, flash->loose, SIZE);
    memcpy(content->units, flash->units, SIZE / geometry.write_size);
}

static void cut_something(struct otter_sim_flash *flash)
{
    const uint32_t units = SECTOR_SIZE / geometry.write_size;
    const uint32_t sector = draw(SECTOR_COUNT) * SECTOR_SIZE;
    const uint32_t first = draw(units);
    const uint32_t count = 1 + draw(units - first);
    const bool is_erase = draw(3) == 0;
    const struct otter_sim_operation operation = {
        .kind = is_erase ? OTTER_SIM_ERASE : OTTER_SIM_PROGRAM,
        .offset = is_erase ? sector : sector + first * geometry.write_size,
        .len = is_erase ? SECTOR_SIZE : count * geometry.write_size,
    };
    uint8_t src[SECTOR_SIZE];

    memset(src, (int)draw(256), sizeof src);
    otter_sim_flash_interrupt(flash, &operation, is_erase ? NULL : src,
                              (enum otter_sim_damage)draw(OTTER_SIM_ALL_DAMAGES), draw(4));
}

static void read_something(struct otter_sim_flash *flash)
{
    uint8_t bytes[SIZE];
    const uint32_t offset = draw(SIZE);

    (void)flash->flash.ops->read(flash, offset, bytes, 1 + draw(SIZE - offset));
}

static void load_something(struct otter_sim_flash *flash)
{
    const uint32_t units = SIZE / geometry.write_size;
    const uint32_t first = draw(units);
    uint8_t bytes[SIZE];

    memset(bytes, (int)draw(256), sizeof bytes);
    otter_sim_flash_load(flash, first * geometry.write_size, bytes,
                         (1 + draw(units - first)) * geometry.write_size);
}

static void do_something(struct otter_sim_flash *flash)
{
    static void (*const actions[])(struct otter_sim_flash * flash) = { cut_something, cut_something,
                                                                       read_something,
                                                                       load_something };

    actions[draw(sizeof actions / sizeof actions[0])](flash);
}

static void open_devices(uint16_t write_size)
{
    geometry = (struct otter_flash_geometry){ .name = "internal",
                                              .size = SIZE,
                                              .runs = &run,
                                              .run_count = 1,
                                              .write_size = write_size,
                                              .erased_byte = 0xFF };
    random_state = write_size;
    otter_sim_power_init(&power);
    assert_int_equal(otter_sim_flash_init(&device, &power, &geometry), OTTER_OK);
    assert_int_equal(otter_sim_flash_init(&copy, &power, &geometry), OTTER_OK);
}

static void check_copies(void)
{
    struct content one;
    struct content other;

    look_at(&device, &one);
    look_at(&copy, &other);
    assert_memory_equal(&one, &other, sizeof one);
    assert_memory_equal(device.sector_erases, copy.sector_erases,
                        SECTOR_COUNT * sizeof *device.sector_erases);
    assert_true(otter_sim_flash_hash(&device, 0) == otter_sim_flash_hash(&copy, 0));
}

static void a_copy_is_the_device(void **state)
{
    static const uint16_t write_sizes[] = { 1, 8, 512 };

    (void)state;
    for (size_t i = 0; i < sizeof write_sizes / sizeof write_sizes[0]; i++) {
        open_devices(write_sizes[i]);
        for (uint32_t step = 0; step < STEPS; step++) {
            do_something(draw(2) == 0 ? &device : &copy);
            if (draw(3) == 0) {
                otter_sim_flash_copy(&copy, &device);
                check_copies();
            }
        }
        otter_sim_flash_free(&device);
        otter_sim_flash_free(&copy);
    }
}

static void a_hash_tells_every_change(void **state)
{
    static const uint16_t write_sizes[] = { 1, 8, 512 };

    (void)state;
    for (size_t i = 0; i < sizeof write_sizes / sizeof write_sizes[0]; i++) {
        static struct content before;
        static struct content after;

        open_devices(write_sizes[i]);
        for (uint32_t step = 0; step < STEPS; step++) {
            const uint64_t hash = otter_sim_flash_hash(&device, 0);

            look_at(&device, &before);
            do_something(&device);
            look_at(&device, &after);
            assert_int_equal(otter_sim_flash_hash(&device, 0) == hash,
                             memcmp(&before, &after, sizeof before) == 0);
        }
        otter_sim_flash_free(&device);
        otter_sim_flash_free(&copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_the_device),
        cmocka_unit_test(a_hash_tells_every_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
