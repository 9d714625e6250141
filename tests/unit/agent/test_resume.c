/* SPDX-License-Identifier: Apache-2.0 */

/* Resuming: after a restart, a cut or a session that failed, only what is missing is fetched; and
 * what was fetched is used only for the image that it belongs to. */

#include <string.h>

#include "bench.h"
#include "suites.h"

#define SECTOR_SIZE 1024u
#define PIECE       100u
#define LARGE       7000u /* bytes of program: the image reaches into the trailer's sectors */

static const struct bench_image newer = { .version = "1.1.0", .program_size = LARGE };
static const struct bench_image other = { .version = "1.2.0", .program_size = LARGE };

static void set_up(struct bench *bench)
{
    bench_set_up(bench);
    bench->data.piece = PIECE;
    bench_offer(bench, &newer);
    bench->config.reboot_upon_completion = false;
    otter_sim_power_on(&bench->power);
}

/* Fetch @p pieces of the image; then the program starts anew. */
static void fetch_some_and_restart(struct bench *bench, unsigned pieces)
{
    bench->data.drops = 1000;
    bench->data.drop_after = pieces;
    bench->config.timing.max_download_tries = 1;
    bench_start_agent(bench);
    bench_run_session(bench);
    bench->data.drops = 0;
    bench->data.taken = 0;
    bench->config.timing.max_download_tries = 3;
    bench_start_agent(bench);
}

static void assert_slot_holds_file(const struct bench *bench)
{
    assert_memory_equal(bench->device.bytes + bench->config.secondary.offset, bench->file,
                        bench->file_size);
}

/* What a cut may cost: the sector in which it came, what the buffer held, and the pieces that come
 * before the agent notices; the records are a sector apart, as the image is small. */
static uint32_t most_bytes_lost(const struct bench *bench)
{
    return 2 * SECTOR_SIZE + sizeof bench->buffer + 3 * PIECE;
}

/* @return false if the cut would come after the end */
static bool cut_once(uint32_t operation, enum otter_sim_damage damage)
{
    struct bench bench;
    bool was_cut;

    set_up(&bench);
    bench_start_agent(&bench);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    bench_run_session(&bench);
    was_cut = bench.power.is_off;
    otter_sim_power_on(&bench.power);
    if (!bench_has_request(&bench)) {
        bench_reset(&bench);
        bench_run_session(&bench);
    }
    assert_true(bench_has_request(&bench));
    assert_slot_holds_file(&bench);
    assert_in_range(bench.data.taken, bench.file_size,
                    bench.file_size + (was_cut ? most_bytes_lost(&bench) : 0));
    bench_tear_down(&bench);
    return was_cut;
}

static void a_cut_at_any_operation_costs_no_more_than_the_bytes_around_it(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_once(operation, (enum otter_sim_damage)damage)) {
            operation++;
        }
        assert_true(operation > LARGE / 256 + LARGE / SECTOR_SIZE);
    }
}

static void a_device_that_is_cut_again_and_again_gets_there(void **state)
{
    struct bench bench;
    unsigned cuts = 0;

    (void)state;
    set_up(&bench);
    bench_start_agent(&bench);
    for (;;) {
        otter_sim_power_cut_at(&bench.power, 12, OTTER_SIM_TORN, cuts);
        bench_run_session(&bench);
        if (!bench.power.is_off) {
            break;
        }
        cuts++;
        assert_true(cuts < 40);
        otter_sim_power_on(&bench.power);
        bench_start_agent(&bench);
    }
    assert_true(cuts > 3);
    assert_slot_holds_file(&bench);
    assert_in_range(bench.data.taken, bench.file_size,
                    bench.file_size + cuts * most_bytes_lost(&bench));
    bench_tear_down(&bench);
}

static void after_a_restart_only_what_is_missing_is_fetched(void **state)
{
    (void)state;
    for (unsigned pieces = 0; pieces < LARGE / PIECE; pieces++) {
        struct bench bench;

        set_up(&bench);
        fetch_some_and_restart(&bench, pieces);
        bench_run_session(&bench);
        assert_true(bench_has_request(&bench));
        assert_slot_holds_file(&bench);
        assert_in_range(bench.data.taken, 0,
                        bench.file_size - pieces * PIECE + SECTOR_SIZE + sizeof bench.buffer);
        bench_tear_down(&bench);
    }
}

static void without_a_restart_not_one_byte_is_fetched_twice(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.config.timing.max_download_tries = 1;
    bench.data.drops = 3;
    bench.data.drop_after = 20;
    bench_start_agent(&bench);
    for (unsigned session = 0; session < 4; session++) {
        bench_run_session(&bench);
    }
    assert_true(bench_has_request(&bench));
    assert_int_equal(bench.data.taken, bench.file_size);
    assert_slot_holds_file(&bench);
    bench_tear_down(&bench);
}

static void a_whole_image_that_was_not_verified_yet_is_not_fetched_again(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.answer_stage = OTTER_STAGE_VERIFYING;
    bench.answer = OTTER_ANSWER_STOP;
    bench.answers = 1;
    bench_start_agent(&bench);
    bench_run_session(&bench);
    bench.data.taken = 0;
    bench_start_agent(&bench);
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench));
    assert_int_equal(bench.data.taken, 0);
    assert_int_equal(bench.data.opens, 1);
    bench_tear_down(&bench);
}

/* What a layout says of where staged images lie; a strategy that wants room before them. */
static void an_image_is_staged_and_resumed_where_the_layout_says(void **state)
{
    struct bench bench;
    struct otter_layout layout;

    (void)state;
    set_up(&bench);
    layout = *bench.config.layout;
    layout.staging_offset = SECTOR_SIZE;
    bench.config.layout = &layout;
    bench.config.max_image_size -= SECTOR_SIZE;
    fetch_some_and_restart(&bench, 50);
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench));
    assert_true(bench.data.taken < 4000);
    assert_memory_equal(bench.device.bytes + bench.config.secondary.offset + SECTOR_SIZE,
                        bench.file, bench.file_size);
    bench_tear_down(&bench);
}

/* Starting afresh ---------------------------------------------------------------------------- */

static void assert_starts_afresh(struct bench *bench)
{
    bench_run_session(bench);
    assert_true(bench_has_request(bench));
    assert_slot_holds_file(bench);
    assert_true(bench->data.taken >= bench->file_size);
}

static void another_version_starts_afresh(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    fetch_some_and_restart(&bench, 50);
    bench_offer(&bench, &other);
    assert_starts_afresh(&bench);
    bench_tear_down(&bench);
}

static void another_digest_starts_afresh(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    fetch_some_and_restart(&bench, 50);
    bench.jobs.job.has_sha256 = true;
    bench.jobs.job.sha256[0] = 1;
    bench_run_session(&bench);
    assert_int_equal(bench.data.taken, bench.file_size);
    bench_assert_logged(&bench, "the file is not the one whose SHA-256 the job names");
    bench_tear_down(&bench);
}

static void another_size_in_the_job_starts_afresh(void **state)
{
    const struct bench_image longer = { .version = "1.1.0", .program_size = LARGE + 8 };
    struct bench bench;

    (void)state;
    set_up(&bench);
    fetch_some_and_restart(&bench, 50);
    bench_offer(&bench, &longer);
    bench.jobs.job.has_size = true;
    bench.jobs.job.size = bench.file_size;
    assert_starts_afresh(&bench);
    bench_tear_down(&bench);
}

static void another_size_in_the_first_chunk_starts_afresh(void **state)
{
    const struct bench_image shorter = { .version = "1.1.0", .program_size = LARGE - 8 };
    struct bench bench;

    (void)state;
    set_up(&bench);
    fetch_some_and_restart(&bench, 50);
    bench_offer(&bench, &shorter);
    assert_starts_afresh(&bench);
    bench_tear_down(&bench);
}

/* The publisher has a corrected file under the old name: same version, same size. */
static void an_image_pieced_together_from_two_is_fetched_once_more(void **state)
{
    struct bench bench;
    uint32_t size;

    (void)state;
    set_up(&bench);
    size = bench.file_size;
    fetch_some_and_restart(&bench, 50);
    bench.device.bytes[bench.config.secondary.offset + 300] ^= 0x10;
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench));
    assert_slot_holds_file(&bench);
    assert_true(bench.data.taken > size);
    assert_int_equal(bench.jobs.report_count, 2); /* the lost link, and: pending */
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

static void a_bad_image_pieced_together_is_fetched_once_more_and_then_reported(void **state)
{
    const struct bench_image foreign = { .version = "1.1.0", .program_size = LARGE, .key = 1 };
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench_offer(&bench, &foreign);
    fetch_some_and_restart(&bench, 50);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_UNKNOWN_KEY, "1.1.0");
    assert_in_range(bench.data.taken, bench.file_size, 2 * bench.file_size);
    bench_tear_down(&bench);
}

/* The record of a partial image must not survive what is written over it. */
static void a_partial_image_that_was_overwritten_is_not_gone_on_with(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    fetch_some_and_restart(&bench, 50);
    bench_offer(&bench, &other);
    fetch_some_and_restart(&bench, 5); /* too few for a record of their own */
    bench_offer(&bench, &newer);
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench));
    assert_slot_holds_file(&bench);
    assert_int_equal(bench.data.taken, bench.file_size);
    bench_tear_down(&bench);
}

static void a_partial_image_is_not_lost_to_a_job_that_comes_to_nothing(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    fetch_some_and_restart(&bench, 50);
    bench_offer(&bench, &other);
    bench.data.failing_opens = 3;
    bench_run_session(&bench);
    bench_start_agent(&bench);
    bench_offer(&bench, &newer);
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench));
    assert_true(bench.data.taken < 4000);
    bench_tear_down(&bench);
}

/* Wear --------------------------------------------------------------------------------------- */

/* docs/formats/journal.md, "Wear": a record for each sector at most, and one at the end. */
static void the_journal_wears_no_faster_than_promised(void **state)
{
    const struct bench_image foreign = { .version = "1.1.0", .program_size = LARGE, .key = 1 };
    const uint32_t records = (LARGE + SECTOR_SIZE) / SECTOR_SIZE + 2;
    const uint32_t places = (SECTOR_SIZE - 16) / 72 - 3;
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench_offer(&bench, &foreign);
    bench.config.do_not_send_result = true;
    bench_start_agent(&bench);
    otter_sim_flash_reset_counters(&bench.device);
    for (unsigned session = 0; session < 40; session++) {
        bench_run_session(&bench);
    }
    assert_in_range(otter_sim_flash_worst_sector(&bench.device, bench.config.journal.offset,
                                                 bench.config.journal.size),
                    1, 40 * records / places / 2 + 1);
    bench_tear_down(&bench);
}

/* As one after a restart; but here only the source can know. */
static void an_image_that_changes_on_the_server_starts_afresh(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.data.failure = OTTER_ERR_IMAGE_CHANGED;
    bench.data.drops = 1;
    bench.data.drop_after = 20;
    bench_start_agent(&bench);
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench));
    assert_slot_holds_file(&bench);
    assert_int_equal(bench.data.taken, 20 * PIECE + bench.file_size);
    bench_tear_down(&bench);
}

int run_resume_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_at_any_operation_costs_no_more_than_the_bytes_around_it),
        cmocka_unit_test(a_device_that_is_cut_again_and_again_gets_there),
        cmocka_unit_test(after_a_restart_only_what_is_missing_is_fetched),
        cmocka_unit_test(without_a_restart_not_one_byte_is_fetched_twice),
        cmocka_unit_test(a_whole_image_that_was_not_verified_yet_is_not_fetched_again),
        cmocka_unit_test(an_image_is_staged_and_resumed_where_the_layout_says),
        cmocka_unit_test(another_version_starts_afresh),
        cmocka_unit_test(another_digest_starts_afresh),
        cmocka_unit_test(another_size_in_the_job_starts_afresh),
        cmocka_unit_test(another_size_in_the_first_chunk_starts_afresh),
        cmocka_unit_test(an_image_pieced_together_from_two_is_fetched_once_more),
        cmocka_unit_test(a_bad_image_pieced_together_is_fetched_once_more_and_then_reported),
        cmocka_unit_test(a_partial_image_that_was_overwritten_is_not_gone_on_with),
        cmocka_unit_test(a_partial_image_is_not_lost_to_a_job_that_comes_to_nothing),
        cmocka_unit_test(an_image_that_changes_on_the_server_starts_afresh),
        cmocka_unit_test(the_journal_wears_no_faster_than_promised),
    };
    return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
