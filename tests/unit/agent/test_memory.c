/* SPDX-License-Identifier: Apache-2.0 */

/* What the agent remembers of updates that did not stay. */

#include "bench.h"
#include "suites.h"

#define LONG_TIME_MS (3600u * 1000u)

static const struct bench_image bad = { .version = "1.2.0" };
static const struct bench_image corrected = { .version = "1.3.0" };

/* 1.2.0 is installed, hangs, and is undone; the agent of 1.0.0 runs again. */
static void try_and_revert(struct bench *bench)
{
    bench_set_up(bench);
    bench_offer(bench, &bad);
    bench_run(bench, LONG_TIME_MS);
    bench_reset(bench);
    bench_assert_runs(bench, "1.2.0");
    bench_reset(bench);
    bench_assert_runs(bench, "1.0.0");
}

static void a_reverted_update_is_reported_and_refused_afterwards(void **state)
{
    struct bench bench;

    (void)state;
    try_and_revert(&bench);
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 3);
    assert_int_equal(bench.jobs.reports[1].stage, OTTER_REPORT_REVERTED);
    assert_int_equal(bench.jobs.reports[1].result, OTTER_ERR_NOT_CONFIRMED);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_REJECTED, "1.2.0");
    bench_assert_logged(&bench, "refused 1.2.0: this version was tried before and reverted\n");

    /* After further resets, too, and without another word about the revert. */
    bench_reset(&bench);
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 4);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_REJECTED, "1.2.0");
    assert_int_equal(bench.data.opens, 1);
    bench_tear_down(&bench);
}

static void a_corrected_release_is_installed_after_a_revert(void **state)
{
    struct bench bench;

    (void)state;
    try_and_revert(&bench);
    bench_run_session(&bench);
    bench_offer(&bench, &corrected);
    bench_run(&bench, 90000u * 1000u);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.3.0");
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.3.0");
    bench_tear_down(&bench);
}

static void the_same_version_with_another_digest_is_another_image(void **state)
{
    const struct bench_image rebuilt = { .version = "1.2.0", .program_size = 2000 };
    struct otter_sha256 sha;
    struct bench bench;

    (void)state;
    try_and_revert(&bench);
    bench_offer(&bench, &rebuilt);
    bench.jobs.job.has_sha256 = true;
    (void)bench.config.trust.crypto->sha256_start(&sha);
    (void)bench.config.trust.crypto->sha256_update(&sha, bench.file, bench.file_size);
    (void)bench.config.trust.crypto->sha256_finish(&sha, bench.jobs.job.sha256);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 2);

    bench_reset(&bench);
    bench_assert_runs(&bench, "1.2.0");
    bench_tear_down(&bench);
}

/* The trailer still says "reverted" of 1.2.0 when a cut prevents the request for 1.3.0. That is
 * nothing against 1.3.0. */
static void an_earlier_revert_is_no_witness_against_a_later_image(void **state)
{
    uint32_t operation;

    (void)state;
    for (operation = 1;; operation++) {
        struct bench bench;

        try_and_revert(&bench);
        bench_run_session(&bench);
        bench_offer(&bench, &corrected);
        otter_sim_power_on(&bench.power);
        otter_sim_power_cut_at(&bench.power, operation, OTTER_SIM_TORN, operation);
        bench_run_session(&bench);
        if (!bench.power.is_off) {
            bench_tear_down(&bench);
            break;
        }
        bench_reset(&bench);
        if (bench.outcome.image.header.version.minor == 0) {
            bench_run_session(&bench);
            bench_reset(&bench);
        }
        bench_assert_runs(&bench, "1.3.0");
        bench_tear_down(&bench);
    }
    assert_true(operation > 15);
}

static void an_image_that_the_bootloader_refuses_is_not_fetched_again(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    bench_offer(&bench, &bad);
    bench_run(&bench, LONG_TIME_MS);
    /* It rots between the agent's look and the bootloader's. */
    bench.device.bytes[bench.config.secondary.offset + 300] ^= 1;
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.0.0");
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 3);
    assert_int_equal(bench.jobs.reports[1].stage, OTTER_REPORT_FAILED);
    assert_int_equal(bench.jobs.reports[1].result, OTTER_ERR_IMAGE_HASH);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_REJECTED, "1.2.0");
    bench_tear_down(&bench);
}

static void a_confirmed_program_confirms_again_without_a_report(void **state)
{
    struct bench bench;

    (void)state;
    bench_set_up(&bench);
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    bench_run_session(&bench);
    assert_int_equal(bench.jobs.report_count, 0);
    assert_int_equal(bench.power.operations, 0);
    bench_tear_down(&bench);
}

int run_memory_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reverted_update_is_reported_and_refused_afterwards),
        cmocka_unit_test(a_corrected_release_is_installed_after_a_revert),
        cmocka_unit_test(the_same_version_with_another_digest_is_another_image),
        cmocka_unit_test(an_earlier_revert_is_no_witness_against_a_later_image),
        cmocka_unit_test(an_image_that_the_bootloader_refuses_is_not_fetched_again),
        cmocka_unit_test(a_confirmed_program_confirms_again_without_a_report),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
