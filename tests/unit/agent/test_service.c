/* SPDX-License-Identifier: Apache-2.0 */

/* Jobs of a service that keeps account of each device: they name no version, have a signature of each
 * file, may be cancelled at any time, and wait to hear how an installation ended. */

#include <string.h>

#include "bench.h"
#include "otter/agent_service.h"
#include "suites.h"

static const struct bench_image newer = { .version = "1.1.0" };
static const struct bench_image same = { .version = "1.0.0" };

static struct otter_job_file file;
static uint8_t signature_of_the_file[OTTER_SHA256_SIZE];

static void offer(struct bench *bench, const struct bench_image *image)
{
    bench_offer(bench, image);
    file = (struct otter_job_file){ .size = bench->file_size, .signature_size = 70 };
    memset(file.signature, 0x5A, sizeof file.signature);
    bench->jobs.job = (struct otter_job){
        .is_versionless = true,
        .is_unread = true,
        .has_size = true,
        .size = bench->file_size,
        .files = &file,
        .file_count = 1,
    };
}

static const struct otter_agent_service service = { .ops = &otter_agent_service_ops };

static void set_up(struct bench *bench)
{
    bench_set_up(bench);
    bench->config.service = &service;
    offer(bench, &newer);
    otter_sim_power_on(&bench->power);
}

static void an_update_whose_job_names_no_version_is_installed_and_reported(void **state)
{
    struct bench bench;

    (void)state;
    for (uint32_t piece = 1; piece <= 100; piece += 11) {
        set_up(&bench);
        bench.data.piece = piece;
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
        bench_reset(&bench);
        bench_assert_runs(&bench, "1.1.0");
        bench_tear_down(&bench);
    }
}

/* The service waits for an answer; a publisher of direct flow does not. */
static void a_version_that_is_not_newer_has_failed_before_anything_is_erased(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    offer(&bench, &same);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_JOB_NOT_NEWER, "1.0.0");
    assert_int_equal(bench.power.operations, 0);
    assert_int_equal(bench.data.taken, bench.data.piece);
    bench_tear_down(&bench);
}

/* The service cancels in the middle of the download, and has nothing else for the device. */
static enum otter_result cancel_half_way(struct fake_data *data, struct otter_chunk *chunk)
{
    return chunk->offset > data->size / 2 ? OTTER_ERR_JOB_CANCELLED : OTTER_OK;
}

static void offer_nothing_then(struct bench *bench, const struct otter_agent_event *event)
{
    if (event->result == OTTER_ERR_JOB_CANCELLED) {
        bench->jobs.answer = OTTER_NO_UPDATE;
    }
}

static void cancel_session(struct bench *bench)
{
    bench->data.mangle = cancel_half_way;
    bench->data.mangles = UINT32_MAX;
    bench->watch = offer_nothing_then;
    bench_run_session(bench);
    bench->data.mangle = NULL;
    bench->jobs.answer = OTTER_OK;
}

static void download_half(struct bench *bench)
{
    cancel_session(bench);
    bench_reset(bench);
    bench->data.taken = 0;
}

static void a_file_with_the_same_signature_is_gone_on_with_after_a_restart(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    download_half(&bench);
    bench_run_session(&bench);
    assert_in_range(bench.data.taken, 1, bench.file_size * 3 / 4);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

static void a_file_with_another_signature_is_begun_afresh(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    download_half(&bench);
    file.signature[69] ^= 1;
    bench_run_session(&bench);
    assert_int_equal(bench.data.taken, bench.file_size);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

static void
a_job_cancelled_in_mid_download_is_dropped_and_the_next_one_asked_for_at_once(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    cancel_session(&bench);
    assert_int_equal(bench.jobs.report_count, 0);
    assert_int_equal(bench.jobs.asks, 2);
    assert_in_range(bench.waited_ms, 0, 1000);

    offer(&bench, &(struct bench_image){ .version = "1.2.0" });
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.2.0");
    bench_tear_down(&bench);
}

/* A publisher is told that the update has failed; a service waits. */
static void a_network_that_is_away_for_hours_makes_no_update_fail(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.config.timing = otter_agent_service_timing;
    bench.data.drop_after = 7;
    bench.data.drops = 1;
    bench.data.failing_opens = 100;
    bench_run_session(&bench);
    assert_true(bench.waited_ms > 4 * 3600 * 1000u);
    assert_int_equal(bench.jobs.report_count, 1);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

/* The last look before the restart. */
static void cancel_the_report(struct bench *bench)
{
    bench->jobs.failing_reports = 1;
    bench->jobs.failure = OTTER_ERR_JOB_CANCELLED;
}

static void a_job_cancelled_before_the_restart_is_not_installed(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    cancel_the_report(&bench);
    bench.watch = offer_nothing_then;
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 0);
    assert_int_equal(bench.jobs.report_count, 0);
    assert_false(bench_has_request(&bench));
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.0.0");

    /* Nobody is to blame: the same update may come again. */
    bench.jobs.answer = OTTER_OK;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

/* @return false if the cut would come after the end */
static bool cut_while_withdrawing(uint32_t operation, enum otter_sim_damage damage)
{
    struct bench bench;
    bool was_cut;

    set_up(&bench);
    cancel_the_report(&bench);
    otter_agent_check_now(&bench.agent);
    while (otter_agent_stage(&bench.agent) != OTTER_STAGE_REPORTING) {
        bench.now_ms += otter_agent_step(&bench.agent, bench.now_ms);
    }
    otter_sim_power_on(&bench.power);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    bench_run(&bench, 10);
    was_cut = bench.power.is_off;

    /* If the request outlived the cut, it is on trial now and its job is gone. */
    bench_reset(&bench);
    bench.jobs.failing_asks = 1;
    bench.jobs.failure = OTTER_ERR_JOB_CANCELLED;
    if (bench.outcome.image.header.version.minor == 0) {
        bench.jobs.failing_asks = 0;
        bench.jobs.answer = OTTER_NO_UPDATE;
    }
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.0.0");
    bench.jobs.report_count = 0;

    bench.jobs.answer = OTTER_OK;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
    return was_cut;
}

static void a_cut_while_it_is_withdrawn_blames_no_image(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_while_withdrawing(operation, (enum otter_sim_damage)damage)) {
            operation++;
        }
        assert_true(operation > 3);
    }
}

static void a_program_on_trial_whose_job_is_gone_is_undone_by_a_restart(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench.jobs.answer = OTTER_ERR_JOB_CANCELLED;
    bench.jobs.report_count = 0;
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 2);
    assert_false(otter_agent_has_reached_source(&bench.agent)); /* no reason to confirm it */
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.0.0");

    bench.jobs.answer = OTTER_OK;
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 1);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

static void what_is_on_trial_is_not_installed_again(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench.jobs.report_count = 0;
    bench.jobs.job.is_installed = true;
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 0);
    assert_true(otter_agent_has_reached_source(&bench.agent));
    bench_assert_logged(&bench, "it was installed");
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    bench.jobs.answer = OTTER_NO_UPDATE;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_CONFIRMED, OTTER_OK, "1.1.0");
    bench_tear_down(&bench);
}

static void a_trial_that_this_device_knows_nothing_of_is_refused(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.jobs.job.is_installed = true;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_NOT_TRIED, "0.0.0");
    assert_int_equal(bench.data.opens, 0);
    bench_tear_down(&bench);
}

/* ---- signatures of files ---- */

/* A scheme in which a signature is the digest, encrypted with a key of one byte. */
static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t size)
{
    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        if (size != OTTER_SHA256_SIZE || signature[i] != (digest[i] ^ key->der[0])) {
            return OTTER_VERDICT_BAD;
        }
    }
    return OTTER_VERDICT_GOOD;
}

static const struct otter_signature_ops scheme = { .name = "a scheme", .verify = verify };
static const uint8_t key_bytes[] = { 0x11, 0x22 };
static const struct otter_public_key keys[] = { { &key_bytes[0], 1 }, { &key_bytes[1], 1 } };
static const struct otter_agent_service signing = {
    .ops = &otter_agent_service_ops,
    .signing = &scheme,
    .keys = keys,
    .key_count = 2,
};

static void sign(const struct bench *bench, uint8_t key)
{
    const struct otter_crypto *crypto = bench->config.trust.crypto;
    struct otter_sha256 sha;

    (void)crypto->sha256_start(&sha);
    (void)crypto->sha256_update(&sha, bench->file, bench->file_size);
    (void)crypto->sha256_finish(&sha, signature_of_the_file);
    file.signature_size = OTTER_SHA256_SIZE;
    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        file.signature[i] = signature_of_the_file[i] ^ key;
    }
}

static void set_up_signing(struct bench *bench)
{
    set_up(bench);
    bench->config.service = &signing;
}

static void a_file_signed_by_any_of_the_keys_is_installed(void **state)
{
    struct bench bench;

    (void)state;
    for (size_t i = 0; i < sizeof key_bytes; i++) {
        set_up_signing(&bench);
        sign(&bench, key_bytes[i]);
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
        bench_tear_down(&bench);
    }
}

/* Its own signature, inside it, is good all the same. */
static void a_file_signed_by_another_key_never_becomes_pending(void **state)
{
    struct bench bench;

    (void)state;
    set_up_signing(&bench);
    sign(&bench, 0x33);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_JOB_SIGNATURE, "1.1.0");
    assert_false(bench_has_request(&bench));
    bench_tear_down(&bench);
}

static void a_job_without_a_signature_is_refused_before_the_download(void **state)
{
    struct bench bench;

    (void)state;
    set_up_signing(&bench);
    file.signature_size = 0;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_SIGNATURE, "0.0.0");
    bench.jobs.job.file_count = 0;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_SIGNATURE, "0.0.0");
    assert_int_equal(bench.data.opens, 0);
    bench_tear_down(&bench);
}

int run_service_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_whose_job_names_no_version_is_installed_and_reported),
        cmocka_unit_test(a_version_that_is_not_newer_has_failed_before_anything_is_erased),
        cmocka_unit_test(a_file_with_the_same_signature_is_gone_on_with_after_a_restart),
        cmocka_unit_test(a_file_with_another_signature_is_begun_afresh),
        cmocka_unit_test(
            a_job_cancelled_in_mid_download_is_dropped_and_the_next_one_asked_for_at_once),
        cmocka_unit_test(a_network_that_is_away_for_hours_makes_no_update_fail),
        cmocka_unit_test(a_job_cancelled_before_the_restart_is_not_installed),
        cmocka_unit_test(a_cut_while_it_is_withdrawn_blames_no_image),
        cmocka_unit_test(a_program_on_trial_whose_job_is_gone_is_undone_by_a_restart),
        cmocka_unit_test(what_is_on_trial_is_not_installed_again),
        cmocka_unit_test(a_trial_that_this_device_knows_nothing_of_is_refused),
        cmocka_unit_test(a_file_signed_by_any_of_the_keys_is_installed),
        cmocka_unit_test(a_file_signed_by_another_key_never_becomes_pending),
        cmocka_unit_test(a_job_without_a_signature_is_refused_before_the_download),
    };

    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
