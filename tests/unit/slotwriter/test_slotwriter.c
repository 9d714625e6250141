/* SPDX-License-Identifier: Apache-2.0 */

/* The slot writer, on simulated flash: streams of any cut become the same bytes, and a slot that is
 * being filled never reads as a request. */

#include <stdbool.h>
#include <string.h>

#include "otter/bootstate.h"
#include "otter/sim_flash.h"
#include "otter/slotwriter.h"
#include "suites.h"

#define SLOT_SIZE   8192u
#define SECTOR_SIZE 1024u

/* The slot lies in the middle of the device, so that a write outside of it is seen. */
static const struct otter_sector_run runs[] = { { .size = SECTOR_SIZE, .count = 10 } };
static const struct otter_flash_geometry geometry = {
    .name = "test",
    .size = 10 * SECTOR_SIZE,
    .runs = runs,
    .run_count = 1,
    .write_size = 8,
    .erased_byte = 0xFF,
};

/* Status for 48 sectors needs 48 * 3 * 8 bytes: the trailer reaches into the last two sectors. */
static const struct otter_trailer_shape shape = {
    .max_align = 8, .write_size = 8, .max_sectors = 48, .status_states = 3
};

struct bench {
    struct otter_sim_power power;
    struct otter_sim_flash device;
    struct otter_area slot;
    uint8_t buffer[64];
    struct otter_slotwriter writer;
};

static uint8_t image[SLOT_SIZE];

static uint32_t capacity(void)
{
    return SLOT_SIZE - otter_trailer_size(&shape);
}

static void set_up(struct bench *bench)
{
    const struct otter_slotwriter_config config = {
        .slot = { .flash = &bench->device.flash, .offset = SECTOR_SIZE, .size = SLOT_SIZE },
        .capacity = capacity(),
        .buffer = bench->buffer,
        .buffer_size = sizeof bench->buffer,
    };

    for (size_t i = 0; i < sizeof image; i++) {
        image[i] = (uint8_t)(i * 7 + i / 256);
    }
    otter_sim_power_init(&bench->power);
    assert_int_equal(otter_sim_flash_init(&bench->device, &bench->power, &geometry), OTTER_OK);
    bench->slot = config.slot;
    assert_int_equal(otter_slotwriter_init(&bench->writer, &config), OTTER_OK);
    otter_sim_power_on(&bench->power);
}

static void tear_down(struct bench *bench)
{
    otter_sim_flash_free(&bench->device);
}

/* A slot with an old image and a request for it. */
static void fill_with_old_image(struct bench *bench)
{
    uint8_t old[SLOT_SIZE];

    memset(old, 0xA5, sizeof old);
    memset(old + capacity(), 0xFF, sizeof old - capacity());
    otter_sim_flash_load(&bench->device, SECTOR_SIZE, old, sizeof old);
    assert_int_equal(otter_bootstate_request(&bench->slot, &shape, 0, false), OTTER_OK);
}

static bool is_a_request(const struct bench *bench)
{
    struct otter_trailer trailer;

    otter_trailer_read(&bench->slot, &shape, &trailer);
    return trailer.magic == OTTER_FLAG_SET;
}

static void assert_holds_image(const struct bench *bench, uint32_t size)
{
    uint8_t read[SLOT_SIZE];

    assert_int_equal(otter_area_read(&bench->slot, 0, read, size), OTTER_OK);
    assert_memory_equal(read, image, size);
}

static void pieces_of_any_size_become_the_same_bytes(void **state)
{
    static const uint32_t sizes[] = { 1, 7, 8, 63, 64, 65, 1000, 1024, 5000 };
    static const uint32_t pieces[] = { 1, 3, 8, 64, 100, 4096 };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            struct bench bench;

            set_up(&bench);
            assert_int_equal(otter_slotwriter_begin(&bench.writer, sizes[i]), OTTER_OK);
            for (uint32_t at = 0; at < sizes[i]; at += pieces[j]) {
                const uint32_t left = sizes[i] - at;

                assert_int_equal(otter_slotwriter_write(&bench.writer, at, image + at,
                                                        left < pieces[j] ? left : pieces[j]),
                                 OTTER_OK);
                assert_true(bench.writer.durable <= bench.writer.accepted);
                assert_holds_image(&bench, bench.writer.durable);
            }
            assert_int_equal(bench.writer.durable, sizes[i]);
            assert_holds_image(&bench, sizes[i]);
            tear_down(&bench);
        }
    }
}

static void a_piece_that_is_there_already_is_skipped(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 300), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, 200), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 100, image + 100, 50), OTTER_OK);
    assert_int_equal(bench.writer.accepted, 200);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 150, image + 150, 150), OTTER_OK);
    assert_int_equal(bench.writer.durable, bench.writer.total);
    assert_holds_image(&bench, 300);
    tear_down(&bench);
}

static void an_excess_is_refused_and_writes_nothing(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 300), OTTER_OK);
    otter_sim_power_on(&bench.power);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, 301), OTTER_ERR_RANGE);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, SIZE_MAX), OTTER_ERR_RANGE);
    assert_int_equal(otter_slotwriter_write(&bench.writer, UINT32_MAX, image, 2), OTTER_ERR_RANGE);
    assert_int_equal(bench.power.operations, 0);
    tear_down(&bench);
}

static void an_image_too_big_or_empty_is_refused_before_anything_is_erased(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, capacity() + 1),
                     OTTER_ERR_IMAGE_TOO_BIG);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 0), OTTER_ERR_RANGE);
    assert_int_equal(bench.power.operations, 0);
    tear_down(&bench);
}

static void the_largest_image_fills_the_slot_up_to_the_trailer(void **state)
{
    struct bench bench;
    bool erased;

    (void)state;
    set_up(&bench);
    fill_with_old_image(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, capacity()), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, capacity()), OTTER_OK);
    assert_int_equal(bench.writer.durable, bench.writer.total);
    assert_holds_image(&bench, capacity());
    assert_int_equal(otter_area_is_erased(&bench.slot, capacity(), SLOT_SIZE - capacity(), &erased),
                     OTTER_OK);
    assert_true(erased);
    for (uint32_t i = 0; i < bench.device.sector_count; i++) {
        const bool is_in_slot = i >= 1 && i <= 8;

        assert_int_equal(bench.device.sector_erases[i], is_in_slot ? 1 : 0);
    }
    tear_down(&bench);
}

static void sectors_are_erased_only_when_their_first_byte_is_written(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 5000), OTTER_OK);
    otter_sim_flash_reset_counters(&bench.device);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, 1024), OTTER_OK);
    assert_int_equal(bench.device.counters.erases, 1);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 1024, image + 1024, 64), OTTER_OK);
    assert_int_equal(bench.device.counters.erases, 2);
    tear_down(&bench);
}

static void a_configuration_that_cannot_work_is_refused(void **state)
{
    struct bench bench;
    struct otter_slotwriter writer;
    struct otter_slotwriter_config config;

    (void)state;
    set_up(&bench);
    config = bench.writer.config;
    config.buffer_size = 63;
    assert_int_equal(otter_slotwriter_init(&writer, &config), OTTER_ERR_ARGUMENT);
    config = bench.writer.config;
    config.capacity = SLOT_SIZE + 8;
    assert_int_equal(otter_slotwriter_init(&writer, &config), OTTER_ERR_ARGUMENT);
    config = bench.writer.config;
    config.slot.offset += 8;
    assert_int_equal(otter_slotwriter_init(&writer, &config), OTTER_ERR_ARGUMENT);
    tear_down(&bench);
}

static void after_a_failed_program_a_new_begin_helps(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 300), OTTER_OK);
    bench.device.programs_fail = true;
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, 300), OTTER_ERR_FLASH);
    assert_int_equal(bench.writer.durable, 0);
    bench.device.programs_fail = false;
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 300), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, 300), OTTER_OK);
    assert_int_equal(bench.writer.durable, bench.writer.total);
    assert_holds_image(&bench, 300);
    tear_down(&bench);
}

/* Out of order ------------------------------------------------------------------------------- */

static void a_piece_ahead_is_kept_and_the_gap_is_all_that_is_missing(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 3000), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, 500), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 1000, image + 1000, 2000), OTTER_OK);
    /* 500 bytes do not fill a unit of 8; what lies in the last one is missing again. */
    assert_int_equal(bench.writer.accepted, 496);
    assert_int_equal(bench.writer.durable, 496);
    assert_int_equal(otter_slotwriter_gap_end(&bench.writer), 1000);
    otter_sim_flash_reset_counters(&bench.device);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 496, image + 496, 504), OTTER_OK);
    assert_int_equal(bench.device.counters.erases, 0);
    assert_int_equal(bench.writer.durable, 3000);
    assert_holds_image(&bench, 3000);
    tear_down(&bench);
}

/* What fills the buffer only in part counts as here, not as missing. */
static void a_gap_ends_where_the_buffer_begins(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 3000), OTTER_OK);
    assert_int_equal(otter_slotwriter_gap_end(&bench.writer), 3000);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 1000, image + 1000, 20), OTTER_OK);
    assert_int_equal(otter_slotwriter_gap_end(&bench.writer), 1000);
    assert_int_equal(otter_slotwriter_checkpoint(&bench.writer), 0);
    tear_down(&bench);
}

static void a_gap_too_many_is_left_out(void **state)
{
    struct bench bench;
    uint32_t at = 0;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, 6000), OTTER_OK);
    for (unsigned i = 0; i <= OTTER_SLOTWRITER_RUNS_MAX; i++) {
        at += 400;
        assert_int_equal(otter_slotwriter_write(&bench.writer, at, image + at, 64), OTTER_OK);
    }
    assert_int_equal(bench.writer.run_count, OTTER_SLOTWRITER_RUNS_MAX);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, at), OTTER_OK);
    assert_int_equal(bench.writer.accepted, at);
    assert_int_equal(otter_slotwriter_gap_end(&bench.writer), 6000);
    assert_int_equal(otter_slotwriter_write(&bench.writer, at, image + at, 6000 - at), OTTER_OK);
    assert_int_equal(bench.writer.durable, 6000);
    assert_holds_image(&bench, 6000);
    tear_down(&bench);
}

/* A publisher that names a place far ahead must not make the device erase for minutes. */
static void a_leap_is_not_taken(void **state)
{
    static const struct otter_sector_run large_runs[] = { { .size = 4096, .count = 64 } };
    const struct otter_flash_geometry large = {
        .name = "large",
        .size = 64 * 4096,
        .runs = large_runs,
        .run_count = 1,
        .write_size = 8,
        .erased_byte = 0xFF,
    };
    struct otter_sim_power power;
    struct otter_sim_flash device;
    struct otter_slotwriter writer;
    uint8_t buffer[64];
    const struct otter_slotwriter_config config = {
        .slot = { .flash = &device.flash, .size = 64 * 4096 },
        .capacity = 63 * 4096,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };

    (void)state;
    otter_sim_power_init(&power);
    assert_int_equal(otter_sim_flash_init(&device, &power, &large), OTTER_OK);
    assert_int_equal(otter_slotwriter_init(&writer, &config), OTTER_OK);
    assert_int_equal(otter_slotwriter_begin(&writer, config.capacity), OTTER_OK);
    otter_sim_flash_reset_counters(&device);
    assert_int_equal(otter_slotwriter_write(&writer, 65536 + 8, image, 64), OTTER_OK);
    assert_int_equal(device.counters.erases, 0);
    assert_int_equal(otter_slotwriter_write(&writer, 65536, image, 64), OTTER_OK);
    assert_int_equal(device.counters.erases, 17);
    otter_sim_flash_free(&device);
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Pieces of any size at any place, many of them twice or never, until nothing is missing. The
 * simulated flash aborts when a unit is programmed twice. */
static void pieces_in_any_order_become_the_same_bytes(void **state)
{
    const uint32_t total = 6001;

    (void)state;
    for (uint32_t seed = 1; seed <= 200; seed++) {
        struct bench bench;
        uint32_t random = seed;

        set_up(&bench);
        fill_with_old_image(&bench);
        assert_int_equal(otter_slotwriter_begin(&bench.writer, total), OTTER_OK);
        while (bench.writer.durable < total) {
            const uint32_t gap_end = otter_slotwriter_gap_end(&bench.writer);
            const bool is_wanted = next_random(&random) % 3 == 0;
            const uint32_t at = is_wanted ? bench.writer.accepted : next_random(&random) % total;
            const uint32_t most = is_wanted ? gap_end - at : total - at;
            const uint32_t len = 1 + next_random(&random) % (most < 700 ? most : 700);

            assert_true(bench.writer.accepted < gap_end);
            assert_int_equal(otter_slotwriter_write(&bench.writer, at, image + at, len), OTTER_OK);
            assert_holds_image(&bench, bench.writer.durable);
        }
        assert_holds_image(&bench, total);
        tear_down(&bench);
    }
}

/* Replace a pending image by a new one, with a cut; @return false if the cut came after the end. */
static bool cut_once(uint32_t operation, enum otter_sim_damage damage)
{
    struct bench bench;
    uint8_t old[SECTOR_SIZE];
    uint8_t first[SECTOR_SIZE];
    uint32_t durable;
    bool was_cut;

    memset(old, 0xA5, sizeof old);
    set_up(&bench);
    fill_with_old_image(&bench);
    otter_sim_power_on(&bench.power);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    was_cut = otter_slotwriter_begin(&bench.writer, 6000) != OTTER_OK
              || otter_slotwriter_write(&bench.writer, 0, image, 6000) != OTTER_OK;
    durable = bench.writer.durable;

    otter_sim_power_on(&bench.power);
    assert_holds_image(&bench, durable);
    if (is_a_request(&bench)) {
        /* Only the old request, while the old image is whole: the cut hit the first erase. */
        assert_int_equal(operation, 1);
        assert_int_equal(otter_area_read(&bench.slot, 0, first, sizeof first), OTTER_OK);
        assert_memory_equal(first, old, sizeof first);
    }
    tear_down(&bench);
    return was_cut;
}

static void a_cut_at_any_operation_leaves_no_request_and_keeps_what_was_durable(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_once(operation, (enum otter_sim_damage)damage)) {
            operation++;
        }
        assert_true(operation > 6000 / 64);
    }
}

/* The writer after the restart knows only where the last one said that it could go on. */
static bool cut_and_resume_once(uint32_t operation, enum otter_sim_damage damage)
{
    const uint32_t total = capacity(); /* reaches into the trailer's sectors */
    struct bench bench;
    uint32_t checkpoint;
    bool was_cut;

    set_up(&bench);
    fill_with_old_image(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, total), OTTER_OK);
    otter_sim_power_on(&bench.power);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    was_cut = otter_slotwriter_write(&bench.writer, 0, image, total) != OTTER_OK;
    checkpoint = otter_slotwriter_checkpoint(&bench.writer);
    assert_true(bench.writer.durable - checkpoint < SECTOR_SIZE);

    otter_sim_power_on(&bench.power);
    memset(bench.buffer, 0, sizeof bench.buffer);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, total, checkpoint), OTTER_OK);
    assert_int_equal(
        otter_slotwriter_write(&bench.writer, checkpoint, image + checkpoint, total - checkpoint),
        OTTER_OK);
    assert_int_equal(bench.writer.durable, bench.writer.total);
    assert_holds_image(&bench, total);
    assert_int_equal(otter_bootstate_request(&bench.slot, &shape, 0, false), OTTER_OK);
    assert_true(is_a_request(&bench));
    tear_down(&bench);
    return was_cut;
}

static void after_a_cut_at_any_operation_the_image_is_gone_on_with(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_and_resume_once(operation, (enum otter_sim_damage)damage)) {
            operation++;
        }
        assert_true(operation > capacity() / 64);
    }
}

/* Every second piece first: what came before its turn is forgotten by the cut, and does no harm. */
static bool cut_out_of_order_once(uint32_t operation, enum otter_sim_damage damage)
{
    const uint32_t total = capacity();
    const uint32_t piece = 1600;
    struct bench bench;
    enum otter_result result = OTTER_OK;
    uint32_t checkpoint;

    set_up(&bench);
    fill_with_old_image(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, total), OTTER_OK);
    otter_sim_power_on(&bench.power);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    for (uint32_t at = piece; result == OTTER_OK && at < total; at += 2 * piece) {
        const uint32_t left = total - at;

        result = otter_slotwriter_write(&bench.writer, at, image + at, left < piece ? left : piece);
        if (result == OTTER_OK) {
            result = otter_slotwriter_write(&bench.writer, at - piece, image + at - piece, piece);
        }
    }
    if (result == OTTER_OK) {
        result = otter_slotwriter_write(&bench.writer, 0, image, total);
    }
    checkpoint = otter_slotwriter_checkpoint(&bench.writer);

    otter_sim_power_on(&bench.power);
    assert_holds_image(&bench, checkpoint);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, total, checkpoint), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, total), OTTER_OK);
    assert_int_equal(bench.writer.durable, total);
    assert_holds_image(&bench, total);
    assert_int_equal(otter_bootstate_request(&bench.slot, &shape, 0, false), OTTER_OK);
    tear_down(&bench);
    return result != OTTER_OK;
}

static void after_a_cut_among_pieces_in_disorder_the_image_is_gone_on_with(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_out_of_order_once(operation, (enum otter_sim_damage)damage)) {
            operation++;
        }
        assert_true(operation > capacity() / 64);
    }
}

static void only_a_checkpoint_can_be_resumed(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, 0, 0), OTTER_ERR_RANGE);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, capacity() + 1, 0), OTTER_ERR_RANGE);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, 3000, 3001), OTTER_ERR_RANGE);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, 3000, 1000), OTTER_ERR_RANGE);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, UINT32_MAX, UINT32_MAX),
                     OTTER_ERR_RANGE);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, 3000, 2048), OTTER_OK);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, 3000, 3000), OTTER_OK);
    tear_down(&bench);
}

/* Half a request lies in the trailer; what the image has in its sectors is fetched again. */
static void a_renewed_tail_takes_a_request_again(void **state)
{
    const uint32_t total = capacity();
    struct bench bench;
    uint32_t left;

    (void)state;
    set_up(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, total), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, total), OTTER_OK);
    assert_int_equal(bench.writer.durable, bench.writer.total);
    otter_sim_power_on(&bench.power);
    otter_sim_power_cut_at(&bench.power, 2, OTTER_SIM_TORN, 1);
    assert_int_not_equal(otter_bootstate_request(&bench.slot, &shape, 0, false), OTTER_OK);
    otter_sim_power_on(&bench.power);
    left = otter_slotwriter_before_tail(&bench.writer);
    assert_true(left < total);
    assert_int_equal(otter_slotwriter_renew_tail(&bench.writer), OTTER_OK);
    assert_int_equal(bench.writer.accepted, left);
    assert_int_equal(otter_slotwriter_write(&bench.writer, left, image + left, total - left),
                     OTTER_OK);
    assert_int_equal(bench.writer.durable, bench.writer.total);
    assert_holds_image(&bench, total);
    assert_int_equal(otter_bootstate_request(&bench.slot, &shape, 0, false), OTTER_OK);
    assert_true(is_a_request(&bench));
    tear_down(&bench);
}

/* Some strategies leave room before the staged image. */
#define START (2 * SECTOR_SIZE)

static void an_image_may_begin_behind_the_slots_first_sectors(void **state)
{
    uint8_t read[3000];
    struct bench bench;
    struct otter_slotwriter_config config;

    (void)state;
    set_up(&bench);
    config = bench.writer.config;
    config.start = START;
    assert_int_equal(otter_slotwriter_init(&bench.writer, &config), OTTER_ERR_ARGUMENT);
    config.capacity -= START;
    assert_int_equal(otter_slotwriter_init(&bench.writer, &config), OTTER_OK);
    fill_with_old_image(&bench);
    assert_int_equal(otter_slotwriter_begin(&bench.writer, sizeof read), OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 0, image, 2500), OTTER_OK);
    assert_int_equal(otter_slotwriter_checkpoint(&bench.writer), 2 * SECTOR_SIZE);
    assert_int_equal(otter_slotwriter_resume(&bench.writer, sizeof read, 2 * SECTOR_SIZE),
                     OTTER_OK);
    assert_int_equal(otter_slotwriter_write(&bench.writer, 2 * SECTOR_SIZE, image + 2 * SECTOR_SIZE,
                                            sizeof read - 2 * SECTOR_SIZE),
                     OTTER_OK);
    assert_int_equal(bench.writer.durable, bench.writer.total);
    assert_int_equal(otter_area_read(&bench.slot, START, read, sizeof read), OTTER_OK);
    assert_memory_equal(read, image, sizeof read);
    tear_down(&bench);
}

int run_slotwriter_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_become_the_same_bytes),
        cmocka_unit_test(a_piece_that_is_there_already_is_skipped),
        cmocka_unit_test(an_excess_is_refused_and_writes_nothing),
        cmocka_unit_test(an_image_too_big_or_empty_is_refused_before_anything_is_erased),
        cmocka_unit_test(the_largest_image_fills_the_slot_up_to_the_trailer),
        cmocka_unit_test(sectors_are_erased_only_when_their_first_byte_is_written),
        cmocka_unit_test(a_configuration_that_cannot_work_is_refused),
        cmocka_unit_test(after_a_failed_program_a_new_begin_helps),
        cmocka_unit_test(a_cut_at_any_operation_leaves_no_request_and_keeps_what_was_durable),
        cmocka_unit_test(after_a_cut_at_any_operation_the_image_is_gone_on_with),
        cmocka_unit_test(after_a_cut_among_pieces_in_disorder_the_image_is_gone_on_with),
        cmocka_unit_test(a_piece_ahead_is_kept_and_the_gap_is_all_that_is_missing),
        cmocka_unit_test(a_gap_ends_where_the_buffer_begins),
        cmocka_unit_test(a_gap_too_many_is_left_out),
        cmocka_unit_test(a_leap_is_not_taken),
        cmocka_unit_test(pieces_in_any_order_become_the_same_bytes),
        cmocka_unit_test(only_a_checkpoint_can_be_resumed),
        cmocka_unit_test(a_renewed_tail_takes_a_request_again),
        cmocka_unit_test(an_image_may_begin_behind_the_slots_first_sectors),
    };
    return cmocka_run_group_tests_name("slotwriter", tests, NULL, NULL);
}
