/* SPDX-License-Identifier: Apache-2.0 */

/* The recovery record: what is written is read back, and a cut leaves the old one or the new one. */

#include "otter/recovery.h"
#include "otter/sim_flash.h"
#include "tests.h"

#define SECTOR_SIZE 1024u

static const struct otter_sector_run run = { .size = SECTOR_SIZE, .count = 4 };
static struct otter_flash_geometry geometry;
static struct otter_sim_power power;
static struct otter_sim_flash device;
static struct otter_area area;

static void open_device(uint16_t write_size, uint8_t erased_byte)
{
    geometry = (struct otter_flash_geometry){ .name = "internal",
                                              .size = run.size * run.count,
                                              .runs = &run,
                                              .run_count = 1,
                                              .write_size = write_size,
                                              .erased_byte = erased_byte };
    otter_sim_power_init(&power);
    assert_int_equal(otter_sim_flash_init(&device, &power, &geometry), OTTER_OK);
    area = (struct otter_area){ .flash = &device.flash, .size = 2 * SECTOR_SIZE };
}

static const struct otter_recovery_record begun = { .state = OTTER_RECOVERY_BEGUN };

static struct otter_recovery_record read_back(void)
{
    struct otter_recovery_record record = { 0 };

    assert_int_equal(otter_recovery_read(&area, &record), OTTER_OK);
    return record;
}

static void a_new_device_has_settled(void **state)
{
    (void)state;
    open_device(8, 0xFF);
    assert_int_equal(read_back().state, OTTER_RECOVERY_SETTLED);
    assert_int_equal(read_back().failed_starts, 0);
    otter_sim_flash_free(&device);
}

static void the_newest_record_counts_in_every_geometry(void **state)
{
    static const uint16_t units[] = { 1, 4, 8, 16, 32, 512 };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof units / sizeof units[0]; i++) {
        open_device(units[i / 2], i % 2 == 0 ? 0xFF : 0x00);
        for (uint8_t failed = 0; failed < 5; failed++) {
            const struct otter_recovery_record record = { .state = OTTER_RECOVERY_BEGUN,
                                                          .failed_starts = failed };

            assert_int_equal(otter_recovery_write(&area, &record), OTTER_OK);
            assert_int_equal(read_back().state, OTTER_RECOVERY_BEGUN);
            assert_int_equal(read_back().failed_starts, failed);
        }
        otter_sim_flash_free(&device);
    }
}

static void a_cut_leaves_the_old_record_or_the_new_one(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_ALL_DAMAGES; damage++) {
        for (uint32_t cut = 0; cut < 2 * 20; cut++) {
            open_device(8, 0xFF);
            assert_int_equal(otter_recovery_request(&area), OTTER_OK);
            otter_sim_power_on(&power);
            otter_sim_power_cut_at(&power, 1 + cut % 2, (enum otter_sim_damage)damage, cut / 2);
            (void)otter_recovery_write(&area, &begun);
            assert_true(power.is_off);
            otter_sim_power_on(&power);
            assert_in_range(read_back().state, OTTER_RECOVERY_REQUESTED, OTTER_RECOVERY_BEGUN);
            assert_int_equal(otter_recovery_write(&area, &begun), OTTER_OK);
            assert_int_equal(read_back().state, OTTER_RECOVERY_BEGUN);
            otter_sim_flash_free(&device);
        }
    }
}

static void write_state(enum otter_recovery_state state)
{
    const struct otter_recovery_record record = { .state = state };

    assert_int_equal(otter_recovery_write(&area, &record), OTTER_OK);
}

/* The older record would count again if the newer one read differently the next time. */
static void a_settled_record_beside_another_state_is_doubtful(void **state)
{
    (void)state;
    open_device(8, 0xFF);
    assert_false(otter_recovery_is_doubtful(&area));
    write_state(OTTER_RECOVERY_SETTLED);
    assert_false(otter_recovery_is_doubtful(&area));
    write_state(OTTER_RECOVERY_BEGUN);
    assert_true(otter_recovery_is_doubtful(&area));
    write_state(OTTER_RECOVERY_SETTLED);
    assert_true(otter_recovery_is_doubtful(&area));
    write_state(OTTER_RECOVERY_SETTLED);
    assert_false(otter_recovery_is_doubtful(&area));
    otter_sim_flash_free(&device);
}

/* What is no record today may be one tomorrow. */
static void the_remains_of_a_record_are_doubtful_until_written_over(void **state)
{
    (void)state;
    for (int damage = OTTER_SIM_TORN; damage < OTTER_SIM_ALL_DAMAGES; damage++) {
        open_device(8, 0xFF);
        write_state(OTTER_RECOVERY_SETTLED);
        otter_sim_power_on(&power);
        otter_sim_power_cut_at(&power, 2, (enum otter_sim_damage)damage, 0);
        (void)otter_recovery_request(&area);
        assert_true(power.is_off);
        otter_sim_power_on(&power);
        assert_true(otter_recovery_is_doubtful(&area));
        write_state(OTTER_RECOVERY_SETTLED);
        assert_false(otter_recovery_is_doubtful(&area));
        otter_sim_flash_free(&device);
    }
}

static void a_damaged_record_is_none(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < 16; at++) {
        open_device(8, 0xFF);
        assert_int_equal(otter_recovery_request(&area), OTTER_OK);
        for (uint32_t sector = 0; sector < 2; sector++) {
            const uint8_t changed = device.bytes[sector * SECTOR_SIZE + at] ^ 0x10u;

            otter_sim_flash_load(&device, sector * SECTOR_SIZE + at, &changed, 1);
        }
        assert_int_equal(read_back().state, OTTER_RECOVERY_SETTLED);
        otter_sim_flash_free(&device);
    }
}

static void a_healthy_program_clears_the_count_and_nothing_else(void **state)
{
    const struct otter_recovery_record failed = { .state = OTTER_RECOVERY_REQUESTED,
                                                  .failed_starts = 2 };

    (void)state;
    open_device(8, 0xFF);
    assert_int_equal(otter_recovery_write(&area, &failed), OTTER_OK);
    assert_int_equal(otter_recovery_report_healthy(&area), OTTER_OK);
    assert_int_equal(read_back().failed_starts, 0);
    assert_int_equal(read_back().state, OTTER_RECOVERY_REQUESTED);
    otter_sim_flash_free(&device);
}

static void reporting_health_again_and_again_writes_nothing(void **state)
{
    uint32_t before;

    (void)state;
    open_device(8, 0xFF);
    before = power.operations;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(otter_recovery_report_healthy(&area), OTTER_OK);
    }
    assert_int_equal(power.operations, before);
    otter_sim_flash_free(&device);
}

static void an_area_of_one_sector_is_refused(void **state)
{
    struct otter_recovery_record record;

    (void)state;
    open_device(8, 0xFF);
    area.size = SECTOR_SIZE;
    assert_int_equal(otter_recovery_read(&area, &record), OTTER_ERR_ARGUMENT);
    assert_int_equal(otter_recovery_request(&area), OTTER_ERR_ARGUMENT);
    otter_sim_flash_free(&device);
}

int test_recovery(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_device_has_settled),
        cmocka_unit_test(the_newest_record_counts_in_every_geometry),
        cmocka_unit_test(a_cut_leaves_the_old_record_or_the_new_one),
        cmocka_unit_test(a_settled_record_beside_another_state_is_doubtful),
        cmocka_unit_test(the_remains_of_a_record_are_doubtful_until_written_over),
        cmocka_unit_test(a_damaged_record_is_none),
        cmocka_unit_test(a_healthy_program_clears_the_count_and_nothing_else),
        cmocka_unit_test(reporting_health_again_and_again_writes_nothing),
        cmocka_unit_test(an_area_of_one_sector_is_refused),
    };
    return cmocka_run_group_tests_name("recovery record", tests, NULL, NULL);
}
