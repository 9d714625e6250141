/* SPDX-License-Identifier: Apache-2.0 */

/* Jobs that list several files, without an archive around them: installed all or none, each with a
 * signature of its own, gone on with after a cut. */

#include <string.h>

#include "bench.h"
#include "otter/agent_service.h"
#include "suites.h"

#define PIECE       100u
#define SECTOR_SIZE 1024u

/* Released together, they need each other. */
static const struct bench_image app = { .version = "1.1.0", .needs = "1.1.0", .needed = 1 };
static const struct bench_image radio = { .version = "1.1.0", .needs = "1.1.0", .needed = 0 };
static const struct bench_image old_app = { .version = "1.0.0" };

static const struct otter_agent_service service = { .ops = &otter_agent_service_ops };

static void offer(struct bench *bench, const struct bench_image *first)
{
    bench_offer_files(bench, first, &radio);
    for (size_t i = 0; i < 2; i++) {
        bench->files[i].signature_size = 70;
        memset(bench->files[i].signature, (int)(0x50 + i), OTTER_JOB_SIGNATURE_MAX);
    }
}

/* The service has heard that it runs. */
static void end_the_job(struct bench *bench, const struct otter_agent_event *event)
{
    if (event->report != NULL && event->report->stage == OTTER_REPORT_CONFIRMED) {
        bench->jobs.answer = OTTER_NO_UPDATE;
    }
}

static void set_up(struct bench *bench)
{
    bench_set_up_two(bench);
    bench->config.service = &service;
    bench->data.piece = PIECE;
    bench->watch = end_the_job;
    offer(bench, &app);
    otter_sim_power_on(&bench->power);
}

static void both_files_are_installed_confirmed_and_reported(void **state)
{
    struct bench bench;

    (void)state;
    for (uint32_t piece = 1; piece <= 3000; piece = 3 * piece + 1) {
        set_up(&bench);
        bench.data.piece = piece;
        bench_run_session(&bench);
        assert_int_equal(bench.restarts, 1);
        bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
        bench_bring_both_to_the_end(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_CONFIRMED, OTTER_OK, "1.1.0");
        bench_tear_down(&bench);
    }
}

static void pieces_in_disorder_do_no_harm(void **state)
{
    struct bench bench;

    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        set_up(&bench);
        bench.data.disorder = seed;
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
        bench_bring_both_to_the_end(&bench);
        bench_tear_down(&bench);
    }
}

static void files_that_are_not_newer_cost_one_piece_and_no_flash(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    offer(&bench, &old_app);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_JOB_NOT_NEWER, "1.0.0");
    assert_int_equal(bench.power.operations, 0);
    assert_int_equal(bench.data.taken, PIECE);
    bench_tear_down(&bench);
}

static void if_the_second_file_is_damaged_neither_is_installed(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.file[bench.files[0].size + 700] ^= 1;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_HASH, "1.1.0");
    assert_false(bench_has_request(&bench));
    assert_false(bench_has_other_request(&bench));
    bench_tear_down(&bench);
}

/* ---- what a device can take ---- */

static void files_for_slots_that_are_not_there_are_refused(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.config.bundles = NULL;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_BUNDLE, "0.0.0");
    bench_tear_down(&bench);

    set_up(&bench);
    bench.files[1].image = 2;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_BUNDLE, "1.1.0");
    assert_int_equal(bench.power.operations, 0);
    bench_tear_down(&bench);

    set_up(&bench);
    bench.files[0].image = 1;
    bench.jobs.job.file_count = 1;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_BUNDLE, "0.0.0");
    bench_tear_down(&bench);
}

/* ---- signatures ---- */

/* A scheme in which a signature is the digest. */
static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t size)
{
    (void)key;
    return size == OTTER_SHA256_SIZE && memcmp(signature, digest, size) == 0 ? OTTER_VERDICT_GOOD
                                                                             : OTTER_VERDICT_BAD;
}

static const struct otter_signature_ops scheme = { .name = "a scheme", .verify = verify };
static const struct otter_public_key key;
static const struct otter_agent_service signing = {
    .ops = &otter_agent_service_ops,
    .signing = &scheme,
    .keys = &key,
    .key_count = 1,
};

static void sign_files(struct bench *bench)
{
    const struct otter_crypto *crypto = bench->config.trust.crypto;
    const uint8_t *bytes = bench->file;
    struct otter_sha256 sha;

    for (size_t i = 0; i < 2; i++) {
        (void)crypto->sha256_start(&sha);
        (void)crypto->sha256_update(&sha, bytes, bench->files[i].size);
        (void)crypto->sha256_finish(&sha, bench->files[i].signature);
        bench->files[i].signature_size = OTTER_SHA256_SIZE;
        bytes += bench->files[i].size;
    }
    bench->config.service = &signing;
}

static void each_file_has_a_signature_of_its_own(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    sign_files(&bench);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);

    for (size_t i = 0; i < 2; i++) {
        set_up(&bench);
        sign_files(&bench);
        bench.files[i].signature[0] ^= 1;
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_JOB_SIGNATURE, "1.1.0");
        assert_false(bench_has_request(&bench));
        assert_false(bench_has_other_request(&bench));
        bench_tear_down(&bench);
    }
}

/* A job of one file, which is an archive with both. */
static void an_archive_is_signed_as_a_whole(void **state)
{
    struct bench bench;

    (void)state;
    for (int spoils = 0; spoils < 2; spoils++) {
        set_up(&bench);
        bench_offer_bundle(&bench, &app, &radio);
        bench.jobs.job = (struct otter_job){
            .is_versionless = true, .is_unread = true, .files = bench.files, .file_count = 1
        };
        bench.files[0].size = bench.file_size;
        bench.files[1].size = 0;
        sign_files(&bench);
        bench.files[0].signature[0] ^= (uint8_t)spoils;
        bench_run_session(&bench);
        bench_assert_reported(&bench, spoils ? OTTER_REPORT_FAILED : OTTER_REPORT_PENDING,
                              spoils ? OTTER_ERR_JOB_SIGNATURE : OTTER_OK, "1.1.0");
        bench_tear_down(&bench);
    }
}

/* ---- gone on with ---- */

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

/* With each file, up to a sector that was not full, and what the journal did not know of yet. */
static void after_a_restart_only_what_is_missing_is_fetched(void **state)
{
    struct bench bench;

    (void)state;
    for (unsigned pieces = 1; pieces < 60; pieces += 3) {
        const uint32_t here = pieces * PIECE;

        set_up(&bench);
        fetch_some_and_restart(&bench, pieces);
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
        if (here < bench.file_size) {
            assert_in_range(bench.data.taken, bench.file_size - here,
                            bench.file_size - here + 2 * SECTOR_SIZE + 2 * PIECE);
        }
        bench_bring_both_to_the_end(&bench);
        bench_tear_down(&bench);
    }
}

static void what_was_fetched_whole_is_not_fetched_again(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.answer_stage = OTTER_STAGE_VERIFYING;
    bench.answer_reason = OTTER_REASON_BEGIN;
    bench.answer = OTTER_ANSWER_LATER;
    bench.answers = UINT32_MAX;
    otter_agent_check_now(&bench.agent);
    bench_run(&bench, 10000);
    bench.answers = 0;
    bench_reset(&bench);
    bench.data.taken = 0;
    bench_run_session(&bench);
    assert_int_equal(bench.data.taken, 0);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_bring_both_to_the_end(&bench);
    bench_tear_down(&bench);
}

/* ---- cut ---- */

/* @return false if the cut would come after the end */
static bool cut_once(uint32_t operation, enum otter_sim_damage damage, uint32_t disorder)
{
    struct bench bench;
    bool was_cut;

    set_up(&bench);
    bench.data.disorder = disorder;
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    bench_run_session(&bench);
    was_cut = bench.power.is_off;
    bench_bring_both_to_the_end(&bench);
    bench_tear_down(&bench);
    return was_cut;
}

static void assert_cuts_only_delay(uint32_t disorder)
{
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_once(operation, (enum otter_sim_damage)damage, disorder * operation)) {
            operation++;
        }
        assert_true(operation > 20);
    }
}

static void a_cut_at_any_operation_only_delays_the_update_of_both(void **state)
{
    (void)state;
    assert_cuts_only_delay(0);
}

static void so_it_does_when_pieces_come_in_disorder(void **state)
{
    (void)state;
    assert_cuts_only_delay(1);
}

int run_file_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_files_are_installed_confirmed_and_reported),
        cmocka_unit_test(pieces_in_disorder_do_no_harm),
        cmocka_unit_test(files_that_are_not_newer_cost_one_piece_and_no_flash),
        cmocka_unit_test(if_the_second_file_is_damaged_neither_is_installed),
        cmocka_unit_test(files_for_slots_that_are_not_there_are_refused),
        cmocka_unit_test(each_file_has_a_signature_of_its_own),
        cmocka_unit_test(an_archive_is_signed_as_a_whole),
        cmocka_unit_test(after_a_restart_only_what_is_missing_is_fetched),
        cmocka_unit_test(what_was_fetched_whole_is_not_fetched_again),
        cmocka_unit_test(a_cut_at_any_operation_only_delays_the_update_of_both),
        cmocka_unit_test(so_it_does_when_pieces_come_in_disorder),
    };

    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
