/* SPDX-License-Identifier: Apache-2.0 */

/* Bundles: two images in one archive, installed both or not at all, gone on with after a cut, and
 * whatever is wrong with an archive. */

#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "otter/mbedtls_crypto.h"
#include "suites.h"

#define PIECE       100u
#define SECTOR_SIZE 1024u
#define APP_DATA    1536u /* where in the archive the bytes of app.bin begin */

/* Released together, they need each other. */
static const struct bench_image app = { .version = "1.1.0", .needs = "1.1.0", .needed = 1 };
static const struct bench_image radio = { .version = "1.1.0", .needs = "1.1.0", .needed = 0 };

static void set_up(struct bench *bench)
{
    bench_set_up_two(bench);
    bench->data.piece = PIECE;
    bench_offer_bundle(bench, &app, &radio);
    otter_sim_power_on(&bench->power);
}

static void assert_old_ones_run_undisturbed(struct bench *bench)
{
    assert_false(bench_has_request(bench));
    assert_false(bench_has_other_request(bench));
    bench_reset(bench);
    bench_assert_runs(bench, "1.0.0");
    bench_assert_other(bench, "1.0.0");
}

static void both_images_are_installed_confirmed_and_reported(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench_run_session(&bench);
    assert_int_equal(bench.restarts, 1);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_assert_logged(&bench, "update 1.1.0: 100 %");
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_assert_other(&bench, "1.1.0");
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    bench.jobs.answer = OTTER_NO_UPDATE;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_CONFIRMED, OTTER_OK, "1.1.0");
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_assert_other(&bench, "1.1.0");
    bench_tear_down(&bench);
}

static void a_trial_that_nobody_confirms_is_reverted_whole(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.0.0");
    bench_assert_other(&bench, "1.0.0");
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_REFUSED, OTTER_ERR_JOB_REJECTED, "1.1.0");
    bench_tear_down(&bench);
}

static void if_the_second_image_is_damaged_neither_is_installed(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.file[bench.file_size - 2 * SECTOR_SIZE] ^= 1;
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_HASH, "1.1.0");
    bench_assert_logged(&bench, "(SPE)");
    assert_old_ones_run_undisturbed(&bench);
    bench_tear_down(&bench);
}

static void an_image_signed_by_a_stranger_spoils_the_bundle(void **state)
{
    const struct bench_image strange = { .version = "1.1.0", .key = 1 };
    struct bench bench;

    (void)state;
    for (int second = 0; second <= 1; second++) {
        set_up(&bench);
        bench_offer_bundle(&bench, second ? &app : &strange, second ? &strange : &radio);
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_UNKNOWN_KEY, "1.1.0");
        assert_old_ones_run_undisturbed(&bench);
        bench_tear_down(&bench);
    }
}

/* The bootloader would hold such a release for ever. */
static void images_that_need_what_is_not_there_are_refused(void **state)
{
    static const struct {
        struct bench_image first;
        struct bench_image second;
    } cases[] = {
        { { .version = "1.1.0", .needs = "1.2.0", .needed = 1 }, { .version = "1.1.0" } },
        { { .version = "1.1.0" }, { .version = "1.1.0", .needs = "1.1.1", .needed = 0 } },
        { { .version = "1.1.0", .needs = "1.0.0", .needed = 2 }, { .version = "1.1.0" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench;

        set_up(&bench);
        bench_offer_bundle(&bench, &cases[i].first, &cases[i].second);
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_FAILED, OTTER_ERR_DEPENDENCY, "1.1.0");
        assert_old_ones_run_undisturbed(&bench);
        bench_tear_down(&bench);
    }
}

static void a_plain_image_is_installed_as_ever(void **state)
{
    const struct bench_image newer = { .version = "1.1.0" };
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench_offer(&bench, &newer);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_assert_other(&bench, "1.0.0");
    bench_tear_down(&bench);
}

static void a_device_without_bundles_takes_an_archive_for_a_bad_image(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.config.bundles = NULL;
    bench.jobs.job.version.minor = 1;
    bench_start_agent(&bench);
    bench_run_session(&bench);
    bench_assert_logged(&bench, "failed");
    assert_old_ones_run_undisturbed(&bench);
    bench_tear_down(&bench);
}

static void without_a_job_the_manifest_says_what_it_is(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.jobs.job =
        (struct otter_job){ .is_direct = true, .is_versionless = true, .is_unread = true };
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    bench_assert_other(&bench, "1.1.0");
    assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
    otter_sim_flash_reset_counters(&bench.device);
    bench.config.do_not_send_result = true;
    bench.data.taken = 0;
    bench_start_agent(&bench);
    bench_run_session(&bench);
    bench_assert_logged(&bench, "no update: running 1.1.0, offered 1.1.0");
    assert_in_range(bench.data.taken, 1, 2 * SECTOR_SIZE);
    bench_tear_down(&bench);
}

/* Resuming ----------------------------------------------------------------------------------- */

/* Headers and manifest are fetched again, each with at most a piece too much, and what the journal
 * did not know of yet. */
static uint32_t most_fetched_again(const struct bench *bench)
{
    return 2 * SECTOR_SIZE + sizeof bench->buffer + 6 * 512 + 8 * PIECE;
}

static void promise_digest(struct bench *bench)
{
    struct otter_sha256 sha;

    assert_int_equal(otter_mbedtls_crypto.sha256_start(&sha), OTTER_OK);
    assert_int_equal(otter_mbedtls_crypto.sha256_update(&sha, bench->file, bench->file_size),
                     OTTER_OK);
    assert_int_equal(otter_mbedtls_crypto.sha256_finish(&sha, bench->jobs.job.sha256), OTTER_OK);
    bench->jobs.job.has_sha256 = true;
}

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

static void after_a_restart_only_what_is_missing_is_fetched(void **state)
{
    (void)state;
    for (unsigned pieces = 1; pieces < 100; pieces += 4) {
        const uint32_t here = pieces * PIECE;
        struct bench bench;

        set_up(&bench);
        promise_digest(&bench); /* of the whole archive, the parts that are not fetched again too */
        fetch_some_and_restart(&bench, pieces);
        bench_run_session(&bench);
        assert_true(bench_has_request(&bench) && bench_has_other_request(&bench));
        if (here < bench.file_size) {
            assert_in_range(bench.data.taken, bench.file_size - here,
                            bench.file_size - here + most_fetched_again(&bench));
        }
        bench_tear_down(&bench);
    }
}

/* No download leaves such a record; behind the files of an archive there is always its end. */
static void a_record_that_says_all_is_here_is_not_believed(void **state)
{
    struct bench bench;
    struct otter_journal journal;
    uint8_t record[OTTER_JOURNAL_VALUE_MAX];
    size_t len = sizeof record;

    (void)state;
    set_up(&bench);
    fetch_some_and_restart(&bench, 60);
    assert_int_equal(otter_journal_open(&journal, &bench.config.journal), OTTER_OK);
    assert_int_equal(otter_journal_get(&journal, OTTER_JOURNAL_PROGRESS, record, &len), OTTER_OK);
    memcpy(record + 44, record + 40, 4); /* durable: as much as the total */
    assert_int_equal(otter_journal_put(&journal, OTTER_JOURNAL_PROGRESS, record, len), OTTER_OK);
    bench_start_agent(&bench);
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench) && bench_has_other_request(&bench));
    bench_bring_both_to_the_end(&bench);
    bench_tear_down(&bench);
}

static void a_lost_link_costs_nothing_that_was_there(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.data.drops = 2;
    bench.data.drop_after = 33;
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench) && bench_has_other_request(&bench));
    assert_in_range(bench.data.taken, bench.file_size, bench.file_size + 8 * PIECE);
    bench_tear_down(&bench);
}

/* The same job, but it is another archive now: what is here of the old one must not be used. */
static void a_changed_archive_is_begun_anew(void **state)
{
    const struct bench_image larger = {
        .version = "1.1.0", .program_size = 3001, .needs = "1.1.0", .needed = 1
    };
    struct bench bench;

    (void)state;
    for (unsigned pieces = 10; pieces < 90; pieces += 20) {
        set_up(&bench);
        fetch_some_and_restart(&bench, pieces);
        bench_offer_bundle(&bench, &larger, &radio);
        bench_run_session(&bench);
        bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
        assert_null(strstr(bench.log, "failed while verifying")); /* the manifest told in time */
        bench_bring_both_to_the_end(&bench);
        bench_tear_down(&bench);
    }
}

static void an_archive_and_an_image_do_not_take_each_others_place(void **state)
{
    const struct bench_image image = { .version = "1.1.0", .program_size = 7000 };
    struct bench bench;

    (void)state;
    set_up(&bench);
    fetch_some_and_restart(&bench, 50);
    bench_offer(&bench, &image);
    fetch_some_and_restart(&bench, 40);
    bench_offer_bundle(&bench, &app, &radio);
    bench_run_session(&bench);
    bench_assert_reported(&bench, OTTER_REPORT_PENDING, OTTER_OK, "1.1.0");
    bench_bring_both_to_the_end(&bench);
    bench_tear_down(&bench);
}

/* Cuts --------------------------------------------------------------------------------------- */

/* @return false if the cut would come after the end */
static bool cut_once(uint32_t operation, enum otter_sim_damage damage)
{
    struct bench bench;
    bool was_cut;

    set_up(&bench);
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    bench_run_session(&bench);
    was_cut = bench.power.is_off;
    bench_bring_both_to_the_end(&bench);
    assert_in_range(bench.data.taken, bench.file_size,
                    bench.file_size + most_fetched_again(&bench));
    bench_tear_down(&bench);
    return was_cut;
}

static void a_cut_at_any_operation_only_delays_the_update_of_both(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_ALL_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_once(operation, (enum otter_sim_damage)damage)) {
            operation++;
        }
        assert_true(operation > 40);
    }
}

static void a_device_that_is_cut_again_and_again_gets_there(void **state)
{
    struct bench bench;
    unsigned cuts = 0;

    (void)state;
    set_up(&bench);
    for (;;) {
        otter_sim_power_cut_at(&bench.power, 14, OTTER_SIM_TORN, cuts);
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
    bench_bring_both_to_the_end(&bench);
    bench_tear_down(&bench);
}

/* Images that do without each other may be parted by a cut; the agent brings them together again. */
static bool cut_independent_ones(uint32_t operation)
{
    const struct bench_image one = { .version = "1.1.0" };
    struct bench bench;
    bool was_cut;

    set_up(&bench);
    bench_offer_bundle(&bench, &one, &one);
    otter_sim_power_cut_at(&bench.power, operation, OTTER_SIM_DONE, operation);
    bench_run_session(&bench);
    was_cut = bench.power.is_off;
    for (unsigned resets = 0; resets < 6; resets++) {
        bench_reset(&bench);
        assert_int_equal(otter_agent_confirm(&bench.agent), OTTER_OK);
        bench_run_session(&bench);
    }
    bench_assert_runs(&bench, "1.1.0");
    bench_assert_other(&bench, "1.1.0");
    bench_tear_down(&bench);
    return was_cut;
}

static void a_cut_may_part_images_that_do_without_each_other_for_a_while(void **state)
{
    uint32_t operation = 1;

    (void)state;
    while (cut_independent_ones(operation)) {
        operation++;
    }
    assert_true(operation > 40);
}

static bool is_between_requests(const struct bench *bench)
{
    return bench_has_other_request(bench) && !bench_has_request(bench);
}

/* What is left of a release whose requests were parted by a cut must not come along with the next. */
static void half_a_request_is_dropped_when_an_image_comes_alone(void **state)
{
    const struct bench_image alone = { .version = "1.2.0" };
    uint32_t operation = 1;
    unsigned times = 0;
    bool was_cut = true;

    (void)state;
    for (; was_cut; operation++) {
        struct bench bench;

        set_up(&bench);
        otter_sim_power_cut_at(&bench.power, operation, OTTER_SIM_DONE, operation);
        bench_run_session(&bench);
        was_cut = bench.power.is_off;
        otter_sim_power_on(&bench.power);
        if (was_cut && is_between_requests(&bench)) {
            bench_offer(&bench, &alone);
            bench_reset(&bench);
            bench_run_session(&bench);
            bench_reset(&bench);
            bench_assert_runs(&bench, "1.2.0");
            bench_assert_other(&bench, "1.0.0");
            times++;
        }
        bench_tear_down(&bench);
    }
    assert_true(times > 0);
}

static void fetch_until_a_cut_at(struct bench *bench, uint32_t operation)
{
    otter_sim_power_cut_at(&bench->power, operation, OTTER_SIM_DONE, operation);
    bench_run_session(bench);
    assert_true(bench->power.is_off);
    otter_sim_power_on(&bench->power);
}

/* The operation of the update after which one image is requested and the other is not. */
static uint32_t between_the_requests(void)
{
    for (uint32_t operation = 1;; operation++) {
        struct bench bench;
        bool is_between;

        set_up(&bench);
        fetch_until_a_cut_at(&bench, operation);
        is_between = is_between_requests(&bench);
        bench_tear_down(&bench);
        if (is_between) {
            return operation;
        }
    }
}

static bool cut_while_requests_are_made_again(uint32_t first, uint32_t second)
{
    struct bench bench;
    bool was_cut;

    set_up(&bench);
    fetch_until_a_cut_at(&bench, first);
    bench_reset(&bench);
    otter_sim_power_cut_at(&bench.power, second, OTTER_SIM_TORN, second);
    bench_run_session(&bench);
    was_cut = bench.power.is_off;
    bench_bring_both_to_the_end(&bench);
    assert_in_range(bench.data.taken, bench.file_size,
                    bench.file_size + 2 * most_fetched_again(&bench));
    bench_tear_down(&bench);
    return was_cut;
}

static void a_cut_while_requests_are_made_again_costs_no_download_either(void **state)
{
    const uint32_t first = between_the_requests();
    uint32_t second = 1;

    (void)state;
    while (cut_while_requests_are_made_again(first, second)) {
        second++;
    }
    assert_true(second > 4);
}

/* What lies in the sectors of a trailer cannot be kept while that is cleaned. */
static void an_image_beside_its_trailer_is_fetched_again_after_a_parted_request(void **state)
{
    struct bench_image large = app;
    bool was_parted = false;

    (void)state;
    for (uint32_t operation = 1; !was_parted; operation++) {
        struct bench bench;

        set_up(&bench);
        large.program_size = bench.config.max_image_size - 1024;
        bench_offer_bundle(&bench, &large, &radio);
        fetch_until_a_cut_at(&bench, operation);
        was_parted = is_between_requests(&bench);
        if (was_parted) {
            bench_bring_both_to_the_end(&bench);
            assert_true(bench.data.taken > bench.file_size + most_fetched_again(&bench));
        }
        bench_tear_down(&bench);
    }
}

/* Both stay, or both go. */
static bool cut_confirmation(uint32_t operation, enum otter_sim_damage damage)
{
    struct bench bench;
    bool was_cut;
    char version[OTTER_VERSION_TEXT_SIZE];

    set_up(&bench);
    bench_run_session(&bench);
    bench_reset(&bench);
    bench_assert_runs(&bench, "1.1.0");
    otter_sim_power_cut_at(&bench.power, operation, damage, operation);
    (void)otter_agent_confirm(&bench.agent);
    was_cut = bench.power.is_off;
    bench_reset(&bench);
    bench_reset(&bench);
    otter_version_format(&bench.outcome.image.header.version, version);
    bench_assert_other(&bench, version);
    bench_tear_down(&bench);
    return was_cut;
}

static void a_cut_in_the_confirmation_never_parts_them(void **state)
{
    (void)state;
    for (int damage = 0; damage < OTTER_SIM_ALL_DAMAGES; damage++) {
        uint32_t operation = 1;

        while (cut_confirmation(operation, (enum otter_sim_damage)damage)) {
            operation++;
        }
        assert_true(operation > 2);
    }
}

static void a_failing_flash_does_not_lead_to_half_a_release(void **state)
{
    (void)state;
    for (unsigned pieces = 5; pieces < 100; pieces += 10) {
        struct bench bench;

        set_up(&bench);
        fetch_some_and_restart(&bench, pieces);
        bench.device.programs_fail = true;
        bench_run_session(&bench);
        bench.device.programs_fail = false;
        assert_false(bench_has_request(&bench) || bench_has_other_request(&bench));
        bench_bring_both_to_the_end(&bench);
        bench_tear_down(&bench);
    }
}

/* Bad archives ------------------------------------------------------------------------------- */

struct damage {
    void (*make)(struct bench *bench);
    enum otter_result result;
    const char *why;
};

static void cut_short(struct bench *bench)
{
    bench->file_size -= 2 * 512;
    bench->data.size = bench->data.total = bench->file_size;
}

static void append_junk(struct bench *bench)
{
    bench->file[bench->file_size] = 'j';
    bench->file_size++;
    bench->data.size = bench->data.total = bench->file_size;
}

static void spoil_first_header(struct bench *bench)
{
    bench->file[0] = 'C';
}

static void spoil_last_header(struct bench *bench)
{
    bench->file[5120] ^= 1;
}

static void spoil_manifest(struct bench *bench)
{
    bench->file[512] = '[';
}

static void promise_other_version(struct bench *bench)
{
    bench->jobs.job.version.minor = 2;
}

static void promise_other_digest(struct bench *bench)
{
    bench->jobs.job.has_sha256 = true;
}

static void have_no_slot(struct bench *bench)
{
    bench->bundles.other_count = 0;
}

static void have_a_small_slot(struct bench *bench)
{
    bench->others[0].max_image_size = 3000;
}

static void start_with_rubbish(struct bench *bench)
{
    memset(bench->file, 0xA5, bench->file_size);
}

static const struct damage damages[] = {
    { cut_short, OTTER_ERR_BUNDLE, "the archive is cut short" },
    { append_junk, OTTER_ERR_BUNDLE, "there is something between or behind its files" },
    { spoil_first_header, OTTER_ERR_BUNDLE, "the checksum of a header is wrong" },
    { spoil_last_header, OTTER_ERR_BUNDLE, "the checksum of a header is wrong" },
    { spoil_manifest, OTTER_ERR_BUNDLE, "the manifest is not a JSON object" },
    { promise_other_version, OTTER_ERR_VERSION_MISMATCH, "" },
    { promise_other_digest, OTTER_ERR_IMAGE_HASH, "the file is not the one" },
    { have_no_slot, OTTER_ERR_BUNDLE, "an image for which there is no slot" },
    { have_a_small_slot, OTTER_ERR_IMAGE_TOO_BIG, "" },
    { start_with_rubbish, OTTER_ERR_BUNDLE, "it is no tar archive" },
};

static void no_bad_archive_installs_anything(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct bench bench;

        set_up(&bench);
        damages[i].make(&bench);
        bench_start_agent(&bench);
        bench_run_session(&bench);
        assert_int_equal(bench.jobs.reports[bench.jobs.report_count - 1].stage,
                         OTTER_REPORT_FAILED);
        assert_int_equal(bench.jobs.reports[bench.jobs.report_count - 1].result, damages[i].result);
        bench_assert_logged(&bench, damages[i].why);
        assert_old_ones_run_undisturbed(&bench);
        bench_tear_down(&bench);
    }
}

static void what_the_manifest_rules_out_costs_no_wear(void **state)
{
    static void (*const makes[])(struct bench * bench) = {
        spoil_first_header, spoil_manifest,    promise_other_version,
        have_no_slot,       have_a_small_slot, start_with_rubbish,
    };

    (void)state;
    for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++) {
        struct bench bench;

        set_up(&bench);
        makes[i](&bench);
        bench_start_agent(&bench);
        otter_sim_power_on(&bench.power);
        bench_run_session(&bench);
        assert_int_equal(bench.power.operations, 0);
        bench_tear_down(&bench);
    }
}

/* Pieces ------------------------------------------------------------------------------------- */

static void pieces_of_any_size_will_do(void **state)
{
    static const uint32_t pieces[] = { 1, 7, 511, 512, 513, 4096, 20000 };

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct bench bench;

        set_up(&bench);
        promise_digest(&bench);
        bench.data.piece = pieces[i];
        bench_run_session(&bench);
        assert_true(bench_has_request(&bench) && bench_has_other_request(&bench));
        bench_tear_down(&bench);
    }
}

/* A piece from elsewhere in the archive; the one that was asked for is lost. */
static enum otter_result deliver_another(struct fake_data *data, struct otter_chunk *chunk)
{
    chunk->offset = data->mangles * 37u % (data->size - PIECE);
    chunk->bytes = data->file + chunk->offset;
    chunk->len = PIECE;
    return OTTER_OK;
}

static void pieces_in_disorder_change_nothing(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    promise_digest(&bench);
    bench.data.mangle = deliver_another;
    bench.data.mangles = 400;
    bench_run_session(&bench);
    assert_true(bench_has_request(&bench) && bench_has_other_request(&bench));
    bench_tear_down(&bench);
}

int run_bundle_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_images_are_installed_confirmed_and_reported),
        cmocka_unit_test(a_trial_that_nobody_confirms_is_reverted_whole),
        cmocka_unit_test(if_the_second_image_is_damaged_neither_is_installed),
        cmocka_unit_test(an_image_signed_by_a_stranger_spoils_the_bundle),
        cmocka_unit_test(images_that_need_what_is_not_there_are_refused),
        cmocka_unit_test(a_plain_image_is_installed_as_ever),
        cmocka_unit_test(a_device_without_bundles_takes_an_archive_for_a_bad_image),
        cmocka_unit_test(without_a_job_the_manifest_says_what_it_is),
        cmocka_unit_test(after_a_restart_only_what_is_missing_is_fetched),
        cmocka_unit_test(a_record_that_says_all_is_here_is_not_believed),
        cmocka_unit_test(a_lost_link_costs_nothing_that_was_there),
        cmocka_unit_test(a_changed_archive_is_begun_anew),
        cmocka_unit_test(an_archive_and_an_image_do_not_take_each_others_place),
        cmocka_unit_test(a_cut_at_any_operation_only_delays_the_update_of_both),
        cmocka_unit_test(a_device_that_is_cut_again_and_again_gets_there),
        cmocka_unit_test(a_cut_may_part_images_that_do_without_each_other_for_a_while),
        cmocka_unit_test(half_a_request_is_dropped_when_an_image_comes_alone),
        cmocka_unit_test(a_cut_while_requests_are_made_again_costs_no_download_either),
        cmocka_unit_test(an_image_beside_its_trailer_is_fetched_again_after_a_parted_request),
        cmocka_unit_test(a_cut_in_the_confirmation_never_parts_them),
        cmocka_unit_test(a_failing_flash_does_not_lead_to_half_a_release),
        cmocka_unit_test(no_bad_archive_installs_anything),
        cmocka_unit_test(what_the_manifest_rules_out_costs_no_wear),
        cmocka_unit_test(pieces_of_any_size_will_do),
        cmocka_unit_test(pieces_in_disorder_change_nothing),
    };
    return cmocka_run_group_tests_name("bundles", tests, NULL, NULL);
}
