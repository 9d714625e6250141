/* SPDX-License-Identifier: Apache-2.0 */

/* The journal, on simulated flash of several geometries, with the power cut at every operation. */

#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"
#include "otter/journal.h"
#include "otter/sim_flash.h"
#include "suites.h"

struct bench {
    struct otter_sim_power power;
    struct otter_sim_flash device;
    struct otter_area area;
};

/* Small sectors fill quickly; the write units are those that change the arithmetic. */
static const struct otter_sector_run two_small[] = { { .size = 1024, .count = 2 } };
static const struct otter_sector_run three_big[] = { { .size = 8192, .count = 3 } };

static const struct otter_flash_geometry geometries[] = {
    { .name = "unit 1",
      .size = 2048,
      .runs = two_small,
      .run_count = 1,
      .write_size = 1,
      .erased_byte = 0xFF },
    { .name = "unit 8",
      .size = 2048,
      .runs = two_small,
      .run_count = 1,
      .write_size = 8,
      .erased_byte = 0xFF },
    { .name = "erased 0",
      .size = 2048,
      .runs = two_small,
      .run_count = 1,
      .write_size = 16,
      .erased_byte = 0x00 },
    { .name = "rows",
      .size = 24576,
      .runs = three_big,
      .run_count = 1,
      .write_size = 512,
      .erased_byte = 0x00 },
};
#define GEOMETRIES (sizeof geometries / sizeof geometries[0])

static void set_up(struct bench *bench, const struct otter_flash_geometry *geometry)
{
    otter_sim_power_init(&bench->power);
    assert_int_equal(otter_sim_flash_init(&bench->device, &bench->power, geometry), OTTER_OK);
    bench->area = (struct otter_area){ .flash = &bench->device.flash, .size = geometry->size };
    otter_sim_power_on(&bench->power);
}

static void tear_down(struct bench *bench)
{
    otter_sim_flash_free(&bench->device);
}

static void open_journal(struct bench *bench, struct otter_journal *journal)
{
    assert_int_equal(otter_journal_open(journal, &bench->area), OTTER_OK);
}

static uint32_t get_number(const struct otter_journal *journal, enum otter_journal_kind kind)
{
    uint8_t value[4];
    size_t len = sizeof value;

    assert_int_equal(otter_journal_get(journal, kind, value, &len), OTTER_OK);
    assert_int_equal(len, sizeof value);
    return otter_load_le32(value);
}

static enum otter_result put_number(struct otter_journal *journal, enum otter_journal_kind kind,
                                    uint32_t number)
{
    uint8_t value[4];

    otter_store_le32(value, number);
    return otter_journal_put(journal, kind, value, sizeof value);
}

static void assert_absent(const struct otter_journal *journal, enum otter_journal_kind kind)
{
    uint8_t value[4];
    size_t len = sizeof value;

    assert_int_equal(otter_journal_get(journal, kind, value, &len), OTTER_ERR_NOT_FOUND);
}

static void an_erased_area_is_an_empty_journal(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct bench bench;
        struct otter_journal journal;

        set_up(&bench, &geometries[i]);
        open_journal(&bench, &journal);
        assert_absent(&journal, OTTER_JOURNAL_REJECTED);
        assert_int_equal(bench.power.operations, 0);
        tear_down(&bench);
    }
}

static void rubbish_is_an_empty_journal(void **state)
{
    struct bench bench;
    struct otter_journal journal;
    uint8_t rubbish[2048];

    (void)state;
    set_up(&bench, &geometries[1]);
    for (size_t i = 0; i < sizeof rubbish; i++) {
        rubbish[i] = (uint8_t)(i * 37 + 11);
    }
    otter_sim_flash_load(&bench.device, 0, rubbish, sizeof rubbish);
    open_journal(&bench, &journal);
    assert_absent(&journal, OTTER_JOURNAL_ATTEMPT);
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 7), OTTER_OK);
    assert_int_equal(get_number(&journal, OTTER_JOURNAL_ATTEMPT), 7);
    tear_down(&bench);
}

static void an_area_that_cannot_hold_a_journal_is_refused(void **state)
{
    static const struct otter_sector_run one[] = { { .size = 4096, .count = 1 } };
    static const struct otter_sector_run tiny[] = { { .size = 256, .count = 4 } };
    static const struct otter_flash_geometry unfit[] = {
        { .name = "one sector", .size = 4096, .runs = one, .run_count = 1, .write_size = 8 },
        { .name = "tiny sectors", .size = 1024, .runs = tiny, .run_count = 1, .write_size = 8 },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        struct otter_journal journal;

        set_up(&bench, &unfit[i]);
        assert_int_equal(otter_journal_open(&journal, &bench.area), OTTER_ERR_ARGUMENT);
        tear_down(&bench);
    }
}

static void the_newest_record_of_each_kind_counts_over_many_sector_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        struct bench bench;
        struct otter_journal journal;

        set_up(&bench, &geometries[i]);
        open_journal(&bench, &journal);
        assert_int_equal(put_number(&journal, OTTER_JOURNAL_REJECTED, 42), OTTER_OK);
        for (uint32_t number = 0; number < 100; number++) {
            assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, number), OTTER_OK);
            assert_int_equal(get_number(&journal, OTTER_JOURNAL_ATTEMPT), number);
            assert_int_equal(get_number(&journal, OTTER_JOURNAL_REJECTED), 42);
            open_journal(&bench, &journal);
            assert_int_equal(get_number(&journal, OTTER_JOURNAL_ATTEMPT), number);
            assert_int_equal(get_number(&journal, OTTER_JOURNAL_REJECTED), 42);
        }
        assert_true(journal.sequence > 2);
        tear_down(&bench);
    }
}

static void the_same_value_again_writes_nothing(void **state)
{
    struct bench bench;
    struct otter_journal journal;
    uint32_t operations;

    (void)state;
    set_up(&bench, &geometries[1]);
    open_journal(&bench, &journal);
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_REJECTED, 1), OTTER_OK);
    operations = bench.power.operations;
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_REJECTED, 1), OTTER_OK);
    assert_int_equal(otter_journal_put(&journal, OTTER_JOURNAL_PROGRESS, NULL, 0), OTTER_OK);
    assert_int_equal(bench.power.operations, operations);
    tear_down(&bench);
}

static void a_deleted_kind_stays_deleted_when_the_sector_changes(void **state)
{
    struct bench bench;
    struct otter_journal journal;

    (void)state;
    set_up(&bench, &geometries[1]);
    open_journal(&bench, &journal);
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 5), OTTER_OK);
    assert_int_equal(otter_journal_put(&journal, OTTER_JOURNAL_ATTEMPT, NULL, 0), OTTER_OK);
    assert_absent(&journal, OTTER_JOURNAL_ATTEMPT);
    for (uint32_t number = 0; number < 40; number++) {
        assert_int_equal(put_number(&journal, OTTER_JOURNAL_REJECTED, number), OTTER_OK);
        assert_absent(&journal, OTTER_JOURNAL_ATTEMPT);
    }
    tear_down(&bench);
}

static void a_value_of_the_greatest_length_comes_back_whole(void **state)
{
    struct bench bench;
    struct otter_journal journal;
    uint8_t value[OTTER_JOURNAL_VALUE_MAX + 1];
    uint8_t read[OTTER_JOURNAL_VALUE_MAX];
    size_t len = sizeof read;

    (void)state;
    memset(value, 0xFF, sizeof value);
    set_up(&bench, &geometries[0]);
    open_journal(&bench, &journal);
    assert_int_equal(
        otter_journal_put(&journal, OTTER_JOURNAL_ATTEMPT, value, OTTER_JOURNAL_VALUE_MAX + 1),
        OTTER_ERR_NO_SPACE);
    assert_int_equal(
        otter_journal_put(&journal, OTTER_JOURNAL_ATTEMPT, value, OTTER_JOURNAL_VALUE_MAX),
        OTTER_OK);
    assert_int_equal(otter_journal_get(&journal, OTTER_JOURNAL_ATTEMPT, read, &len), OTTER_OK);
    assert_int_equal(len, OTTER_JOURNAL_VALUE_MAX);
    assert_memory_equal(read, value, len);
    len = 10;
    assert_int_equal(otter_journal_get(&journal, OTTER_JOURNAL_ATTEMPT, read, &len),
                     OTTER_ERR_NO_SPACE);
    tear_down(&bench);
}

/* The bytes of docs/formats/journal.md. */
static void the_first_record_lies_as_the_specification_says(void **state)
{
    struct bench bench;
    struct otter_journal journal;
    const uint8_t *bytes;

    (void)state;
    set_up(&bench, &geometries[1]);
    open_journal(&bench, &journal);
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 0x04030201), OTTER_OK);
    bytes = bench.device.bytes;
    assert_memory_equal(bytes, "OJN1\x01\0\0\0\x48\0\0\0", 12);
    assert_int_equal(otter_load_le32(bytes + 12), otter_crc32(0, bytes, 12));
    assert_memory_equal(bytes + 16, "\x02\x04\x5A\xA5", 4);
    assert_int_equal(otter_load_le32(bytes + 20),
                     otter_crc32(otter_crc32(0, bytes + 16, 4), bytes + 24, 4));
    assert_memory_equal(bytes + 24, "\x01\x02\x03\x04", 4);
    tear_down(&bench);
}

/* Power cuts --------------------------------------------------------------------------------- */

/* Change one value often enough to change sectors; report where the cut came. */
static uint32_t count_up(struct otter_journal *journal, uint32_t from, uint32_t to)
{
    for (uint32_t number = from; number < to; number++) {
        if (put_number(journal, OTTER_JOURNAL_ATTEMPT, number) != OTTER_OK) {
            return number;
        }
    }
    return to;
}

#define LAST 40u

/* @return false if the cut would come after the end */
static bool cut_once(const struct otter_flash_geometry *geometry, uint32_t operation,
                     enum otter_sim_damage damage)
{
    struct bench bench;
    struct otter_journal journal;
    uint32_t number;
    uint32_t reached;

    set_up(&bench, geometry);
    open_journal(&bench, &journal);
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_REJECTED, 42), OTTER_OK);
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 0), OTTER_OK);
    otter_sim_power_on(&bench.power);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation * 31u + (uint32_t)damage);
    reached = count_up(&journal, 1, LAST);

    otter_sim_power_on(&bench.power);
    open_journal(&bench, &journal);
    assert_int_equal(get_number(&journal, OTTER_JOURNAL_REJECTED), 42);
    number = get_number(&journal, OTTER_JOURNAL_ATTEMPT);
    assert_true(number == reached || number == reached - 1);

    /* And it goes on from there, through all sectors. */
    assert_int_equal(count_up(&journal, LAST, 3 * LAST), 3 * LAST);
    open_journal(&bench, &journal);
    assert_int_equal(get_number(&journal, OTTER_JOURNAL_ATTEMPT), 3 * LAST - 1);
    assert_int_equal(get_number(&journal, OTTER_JOURNAL_REJECTED), 42);
    tear_down(&bench);
    return reached < LAST;
}

static void after_a_cut_at_any_operation_each_value_is_the_old_or_the_new_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
            uint32_t operation = 1;

            while (cut_once(&geometries[i], operation, (enum otter_sim_damage)damage)) {
                operation++;
            }
            assert_true(operation > LAST - 1);
        }
    }
}

/* A second cut while the journal recovers from the first. */
static void a_cut_during_the_recovery_from_a_cut_loses_nothing(void **state)
{
    (void)state;
    for (uint32_t operation = 1; operation < 45; operation++) {
        for (uint32_t second = 1; second < 20; second++) {
            struct bench bench;
            struct otter_journal journal;
            uint32_t number;
            uint32_t reached;

            set_up(&bench, &geometries[1]);
            open_journal(&bench, &journal);
            assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 0), OTTER_OK);
            otter_sim_power_on(&bench.power);
            otter_sim_power_cut_at(&bench.power, operation, OTTER_SIM_TORN, operation);
            (void)count_up(&journal, 1, LAST);

            otter_sim_power_on(&bench.power);
            open_journal(&bench, &journal);
            number = get_number(&journal, OTTER_JOURNAL_ATTEMPT);
            otter_sim_power_cut_at(&bench.power, second, OTTER_SIM_NOISE, second);
            reached = count_up(&journal, 1000, 1040);

            otter_sim_power_on(&bench.power);
            open_journal(&bench, &journal);
            if (reached == 1000 && get_number(&journal, OTTER_JOURNAL_ATTEMPT) != 1000) {
                assert_int_equal(get_number(&journal, OTTER_JOURNAL_ATTEMPT), number);
            } else {
                number = get_number(&journal, OTTER_JOURNAL_ATTEMPT);
                assert_true(number == reached || number == reached - 1);
            }
            tear_down(&bench);
        }
    }
}

static void a_flash_that_refuses_is_reported(void **state)
{
    struct bench bench;
    struct otter_journal journal;

    (void)state;
    set_up(&bench, &geometries[1]);
    open_journal(&bench, &journal);
    bench.device.erases_fail = true;
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 1), OTTER_ERR_FLASH);
    bench.device.erases_fail = false;
    bench.device.programs_fail = true;
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 1), OTTER_ERR_FLASH);
    bench.device.programs_fail = false;
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 1), OTTER_OK);
    tear_down(&bench);
}

static void a_refused_record_leaves_no_hole_that_hides_later_ones(void **state)
{
    struct bench bench;
    struct otter_journal journal;

    (void)state;
    set_up(&bench, &geometries[1]);
    open_journal(&bench, &journal);
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 1), OTTER_OK);
    bench.device.programs_fail = true;
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 2), OTTER_ERR_FLASH);
    bench.device.programs_fail = false;
    assert_int_equal(put_number(&journal, OTTER_JOURNAL_ATTEMPT, 3), OTTER_OK);
    open_journal(&bench, &journal);
    assert_int_equal(get_number(&journal, OTTER_JOURNAL_ATTEMPT), 3);
    tear_down(&bench);
}

int run_journal_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_erased_area_is_an_empty_journal),
        cmocka_unit_test(rubbish_is_an_empty_journal),
        cmocka_unit_test(an_area_that_cannot_hold_a_journal_is_refused),
        cmocka_unit_test(the_newest_record_of_each_kind_counts_over_many_sector_changes),
        cmocka_unit_test(the_same_value_again_writes_nothing),
        cmocka_unit_test(a_deleted_kind_stays_deleted_when_the_sector_changes),
        cmocka_unit_test(a_value_of_the_greatest_length_comes_back_whole),
        cmocka_unit_test(the_first_record_lies_as_the_specification_says),
        cmocka_unit_test(after_a_cut_at_any_operation_each_value_is_the_old_or_the_new_one),
        cmocka_unit_test(a_cut_during_the_recovery_from_a_cut_loses_nothing),
        cmocka_unit_test(a_flash_that_refuses_is_reported),
        cmocka_unit_test(a_refused_record_leaves_no_hole_that_hides_later_ones),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
