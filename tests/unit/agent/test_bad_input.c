/* SPDX-License-Identifier: Apache-2.0 */

/* What the world does wrong, and what it gets: a clear line, a report, the old program running, and
 * an agent that takes the next, good job. */

#include <string.h>

#include "bench.h"
#include "otter/bytes.h"
#include "suites.h"

static const struct bench_image newer = { .version = "1.1.0" };

/* The session failed as it should; a good job is then installed all the same. */
static void assert_harmless(struct bench *bench, enum otter_report_stage stage,
                            enum otter_result result, const char *version)
{
    assert_int_equal(bench->restarts, 0);
    assert_false(bench_has_request(bench));
    bench_assert_reported(bench, stage, result, version);

    bench->data.mangle = NULL;
    bench_offer(bench, &newer);
    bench_run_session(bench);
    assert_int_equal(bench->restarts, 1);
    bench_reset(bench);
    bench_assert_runs(bench, "1.1.0");
    bench_tear_down(bench);
}

/* Jobs --------------------------------------------------------------------------------------- */

static void a_job_for_another_board_is_refused(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    strcpy(bench.jobs.job.board, "other");
    bench_run_session(&bench);
    assert_int_equal(bench.power.operations, 0);
    bench_assert_logged(&bench, "refused 1.1.0: the job is for another board");
    assert_harmless(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_BOARD, "1.1.0");
}

static void an_equal_or_older_version_is_no_update(void **state)
{
    static const char *const versions[] = { "1.0.0", "0.9.9" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct bench_image image = { .version = versions[i] };
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &image);
        bench_run_session(&bench);
        assert_int_equal(bench.power.operations, 0);
        assert_int_equal(bench.data.opens, 0);
        bench_assert_logged(&bench, i == 0 ? "no update: running 1.0.0, offered 1.0.0\n"
                                           : "no update: running 1.0.0, offered 0.9.9\n");
        assert_harmless(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_NOT_NEWER, versions[i]);
    }
}

static void an_answer_that_is_no_job_is_refused(void **state)
{
    static const enum otter_result answers[] = {
        OTTER_ERR_JOB_SYNTAX,
        OTTER_ERR_JOB_TOO_BIG,
        OTTER_ERR_JOB_FIELD,
        OTTER_ERR_JOB_REDIRECT,
    };

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct bench bench;

        bench_set_up(&bench);
        bench.jobs.answer = answers[i];
        bench_run_session(&bench);
        assert_int_equal(bench.power.operations, 0);
        bench_assert_logged(&bench, "refused the job: ");
        bench_assert_logged(&bench, "(the fake says so)");
        assert_harmless(&bench, OTTER_REPORT_REFUSED, answers[i], "0.0.0");
    }
}

static void a_job_whose_image_cannot_fit_is_refused_before_the_download(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.jobs.job.has_size = true;
    bench.jobs.job.size = bench.config.max_image_size + 1;
    bench_run_session(&bench);
    assert_int_equal(bench.data.opens, 0);
    assert_int_equal(bench.power.operations, 0);
    assert_harmless(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_IMAGE_TOO_BIG, "1.1.0");
}

/* Pieces ------------------------------------------------------------------------------------- */

static void an_image_too_big_is_refused_before_anything_is_erased(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.data.total = bench.config.max_image_size + 1;
    bench_run_session(&bench);
    assert_int_equal(bench.power.operations, 0);
    assert_harmless(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_TOO_BIG, "1.1.0");
}

static enum otter_result wrong_magic(struct fake_data *data, struct otter_chunk *chunk)
{
    (void)data;
    (void)chunk;
    return OTTER_ERR_CHUNK_HEADER;
}

static enum otter_result from_another_download(struct fake_data *data, struct otter_chunk *chunk)
{
    (void)data;
    (void)chunk;
    return OTTER_ERR_CHUNK_FOREIGN;
}

static enum otter_result other_total(struct fake_data *data, struct otter_chunk *chunk)
{
    (void)data;
    chunk->total += 8;
    return OTTER_OK;
}

static enum otter_result beyond_the_end(struct fake_data *data, struct otter_chunk *chunk)
{
    (void)data;
    chunk->offset = chunk->total - 1;
    return OTTER_OK;
}

static enum otter_result at_the_end_of_all_numbers(struct fake_data *data,
                                                   struct otter_chunk *chunk)
{
    (void)data;
    chunk->offset = UINT32_MAX - 1;
    return OTTER_OK;
}

static enum otter_result of_no_image(struct fake_data *data, struct otter_chunk *chunk)
{
    (void)data;
    chunk->total = 0;
    chunk->offset = 0;
    chunk->len = 0;
    return OTTER_OK;
}

static enum otter_result (*const manglers[])(struct fake_data *, struct otter_chunk *) = {
    wrong_magic,    from_another_download,     other_total,
    beyond_the_end, at_the_end_of_all_numbers, of_no_image,
};
#define MANGLERS (sizeof manglers / sizeof manglers[0])

static void a_few_bad_chunks_do_not_end_the_download(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANGLERS; i++) {
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        bench.jobs.job.has_size = true;
        bench.jobs.job.size = bench.file_size;
        bench.data.mangle = manglers[i];
        bench.data.mangles = 10;
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 1);
        bench_reset(&bench);
        bench_assert_runs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

static void too_many_bad_chunks_do_and_nothing_is_erased_for_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANGLERS; i++) {
        const enum otter_result expected = i == 0   ? OTTER_ERR_CHUNK_HEADER
                                           : i == 1 ? OTTER_ERR_CHUNK_FOREIGN
                                                    : OTTER_ERR_CHUNK_RANGE;
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        bench.jobs.job.has_size = true;
        bench.jobs.job.size = bench.file_size;
        bench.data.mangle = manglers[i];
        bench.data.mangles = 1000;
        bench_run_session(&bench);
        assert_int_equal(bench.power.operations, 0);
        assert_harmless(&bench, OTTER_REPORT_FAILED, expected, "1.1.0");
    }
}

static enum otter_result from_further_on(struct fake_data *data, struct otter_chunk *chunk)
{
    if (chunk->offset + 2 * data->piece < data->size) {
        chunk->offset += data->piece;
        chunk->bytes += data->piece;
    }
    return OTTER_OK;
}

static enum otter_result from_the_beginning(struct fake_data *data, struct otter_chunk *chunk)
{
    chunk->offset = 0;
    chunk->bytes = data->file;
    chunk->len = data->piece;
    return OTTER_OK;
}

static void pieces_out_of_order_or_twice_are_sorted_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        bench.data.mangle = i == 0 ? from_further_on : from_the_beginning;
        bench.data.mangles = 100;
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 1);
        bench_reset(&bench);
        bench_assert_runs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

/* Images ------------------------------------------------------------------------------------- */

static void a_truncated_image_is_not_made_pending(void **state)
{
    (void)state;
    for (uint32_t missing = 1; missing < 3300; missing += 211) {
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        bench.data.total -= missing;
        bench.data.size -= missing;
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 0);
        assert_int_equal(bench.jobs.reports[0].stage, OTTER_REPORT_FAILED);
        assert_harmless(&bench, OTTER_REPORT_FAILED, bench.jobs.reports[0].result, "1.1.0");
    }
}

/* The rest of the slot holds the very bytes that are missing, from an earlier download. */
static void a_truncated_image_is_not_completed_by_what_the_slot_held_before(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    otter_sim_flash_load(&bench.device, bench.config.secondary.offset, bench.file, bench.file_size);
    bench.data.total = 1024;
    bench.data.size = 1024;
    bench_run_session(&bench);
    bench_assert_logged(&bench, "(the file ends before the image does)");
    assert_harmless(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_TLV, "1.1.0");
}

static void a_flipped_bit_anywhere_is_found(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < 3368; at += 89) {
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        bench.file[at] ^= 0x10;
        bench_run_session(&bench);
        assert_int_equal(bench.jobs.reports[0].stage, OTTER_REPORT_FAILED);
        assert_harmless(&bench, OTTER_REPORT_FAILED, bench.jobs.reports[0].result, "1.1.0");
    }
}

static void an_image_signed_by_another_key_is_not_made_pending(void **state)
{
    const struct bench_image foreign = { .version = "1.1.0", .key = 1 };
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &foreign);
    bench_run_session(&bench);
    bench_assert_logged(&bench, "update 1.1.0: failed while verifying: "
                                "no key on this device signed the image");
    assert_harmless(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_UNKNOWN_KEY, "1.1.0");
}

static void an_image_of_another_version_than_promised_is_not_made_pending(void **state)
{
    const struct bench_image newest = { .version = "1.2.0" };
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newest);
    bench.jobs.job.version.minor = 3;
    bench_run_session(&bench);
    assert_harmless(&bench, OTTER_REPORT_FAILED, OTTER_ERR_VERSION_MISMATCH, "1.3.0");
}

static void a_file_with_another_digest_than_promised_is_not_made_pending(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.jobs.job.has_sha256 = true;
    bench_run_session(&bench);
    bench_assert_logged(&bench, "not the one whose SHA-256 the job names");
    assert_harmless(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_HASH, "1.1.0");
}

/* Links -------------------------------------------------------------------------------------- */

static void a_server_that_is_down_is_tried_with_growing_pauses_and_then_left_alone(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench.jobs.failing_asks = 1000;
    bench.jobs.failure = OTTER_ERR_HOST;
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.asks, 3);
    assert_in_range(bench.waited_ms, (5000 + 10000) / 2, 5000 + 10000);
    assert_int_equal(bench.power.operations, 0);
    assert_int_equal(bench.jobs.report_count, 0);
    assert_false(otter_agent_has_reached_source(&bench.agent));
    bench_assert_logged(&bench, "failed while asking for an update: the host cannot be reached "
                                "(the fake says so); next try in ");

    /* The next interval finds it up again. */
    bench.jobs.failing_asks = 0;
    bench_offer(&bench, &newer);
    bench_run(&bench, 86400u * 1000u + 60000u);
    assert_int_equal(bench.restarts, 1);
    bench_tear_down(&bench);
}

static void a_silent_or_hostile_server_costs_no_wear(void **state)
{
    static const enum otter_result failures[] = {
        OTTER_ERR_TIMEOUT,
        OTTER_ERR_PEER_UNTRUSTED,
        OTTER_ERR_REFUSED,
        OTTER_ERR_PROTOCOL,
    };

    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        bench.data.drops = 1000;
        bench.data.drop_after = 0;
        bench.data.failure = failures[i];
        bench_run_session(&bench);
        assert_int_equal(bench.data.opens, 3);
        assert_int_equal(bench.data.closes, 3);
        assert_int_equal(bench.power.operations, 0);
        bench.data.drops = 0;
        assert_harmless(&bench, OTTER_REPORT_FAILED, failures[i], "1.1.0");
    }
}

static void a_link_lost_at_any_piece_goes_on_where_it_stopped(void **state)
{
    (void)state;
    for (unsigned piece = 0; piece < 34; piece++) {
        struct bench bench;

        bench_set_up(&bench);
        bench_offer(&bench, &newer);
        bench.data.drops = 1;
        bench.data.drop_after = piece;
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 1);
        assert_int_equal(bench.data.opens, 2);
        assert_int_equal(bench.data.taken, bench.file_size);
        bench_reset(&bench);
        bench_assert_runs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

static void a_link_that_brings_something_each_time_is_never_given_up(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.data.drops = 1000;
    bench.data.drop_after = 2;
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    assert_true(bench.data.opens > 10);
    bench_tear_down(&bench);
}

static void a_data_source_that_cannot_be_opened_is_tried_again(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.data.failing_opens = 2;
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    bench_tear_down(&bench);
}

static void a_silent_download_is_begun_again_and_then_given_up(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.data.size = 1000;
    bench_run_session(&bench);
    assert_in_range(bench.waited_ms, 3u * 60u * 1000u, 3u * 60u * 1000u + 16u * 1000u);
    assert_int_equal(bench.data.opens, 3);
    bench_assert_logged(&bench, "no piece of the image came");
    bench_tear_down(&bench);
}

static void a_source_that_never_answers_is_asked_again_and_then_left_alone(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench.jobs.silent_steps = 1000000;
    bench_run_session(&bench);
    assert_in_range(bench.waited_ms, 3u * 30u * 1000u, 3u * 30u * 1000u + 16u * 1000u);
    assert_int_equal(bench.jobs.asks, 3);
    bench_assert_logged(&bench, "no job came");
    bench_tear_down(&bench);
}

static void a_job_for_another_product_is_refused_where_that_matters(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    strcpy(bench.jobs.job.product, "another");
    bench.config.identity.product_must_match = true;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_PRODUCT, "1.1.0");
    bench_assert_logged(&bench, "refused 1.1.0: the job is for another product");
    assert_int_equal(bench.data.opens, 0);
    strcpy(bench.jobs.job.product, "bench");
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    bench_tear_down(&bench);
}

static void a_download_that_takes_too_long_fails(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.data.size = 1000; /* and then nothing more, with no error either */
    bench.config.timing.packet_interval_s = 0;
    bench_start_agent(&bench);
    bench_run_session(&bench);
    assert_in_range(bench.waited_ms, 1200u * 1000u, 1201u * 1000u);
    assert_int_equal(bench.data.opens, 1);
    assert_harmless(&bench, OTTER_REPORT_FAILED, OTTER_ERR_TIMEOUT, "1.1.0");
}

/* Flash -------------------------------------------------------------------------------------- */

static void a_flash_that_fails_is_reported_and_the_program_stays(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &newer);
    bench.device.programs_fail = true;
    bench_run_session(&bench);
    bench.device.programs_fail = false;
    assert_harmless(&bench, OTTER_REPORT_FAILED, OTTER_ERR_FLASH, "1.1.0");
}

int run_bad_input_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_for_another_board_is_refused),
        cmocka_unit_test(an_equal_or_older_version_is_no_update),
        cmocka_unit_test(an_answer_that_is_no_job_is_refused),
        cmocka_unit_test(a_job_whose_image_cannot_fit_is_refused_before_the_download),
        cmocka_unit_test(an_image_too_big_is_refused_before_anything_is_erased),
        cmocka_unit_test(a_few_bad_chunks_do_not_end_the_download),
        cmocka_unit_test(too_many_bad_chunks_do_and_nothing_is_erased_for_them),
        cmocka_unit_test(pieces_out_of_order_or_twice_are_sorted_out),
        cmocka_unit_test(a_truncated_image_is_not_made_pending),
        cmocka_unit_test(a_truncated_image_is_not_completed_by_what_the_slot_held_before),
        cmocka_unit_test(a_flipped_bit_anywhere_is_found),
        cmocka_unit_test(an_image_signed_by_another_key_is_not_made_pending),
        cmocka_unit_test(an_image_of_another_version_than_promised_is_not_made_pending),
        cmocka_unit_test(a_file_with_another_digest_than_promised_is_not_made_pending),
        cmocka_unit_test(a_server_that_is_down_is_tried_with_growing_pauses_and_then_left_alone),
        cmocka_unit_test(a_silent_or_hostile_server_costs_no_wear),
        cmocka_unit_test(a_link_lost_at_any_piece_goes_on_where_it_stopped),
        cmocka_unit_test(a_link_that_brings_something_each_time_is_never_given_up),
        cmocka_unit_test(a_data_source_that_cannot_be_opened_is_tried_again),
        cmocka_unit_test(a_silent_download_is_begun_again_and_then_given_up),
        cmocka_unit_test(a_source_that_never_answers_is_asked_again_and_then_left_alone),
        cmocka_unit_test(a_job_for_another_product_is_refused_where_that_matters),
        cmocka_unit_test(a_download_that_takes_too_long_fails),
        cmocka_unit_test(a_flash_that_fails_is_reported_and_the_program_stays),
    };
    return cmocka_run_group_tests_name("bad input", tests, NULL, NULL);
}
