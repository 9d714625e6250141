/* SPDX-License-Identifier: Apache-2.0 */

/* What an update that goes well leaves behind, in every geometry. */

#include <string.h>

#include "stage.h"
#include "tests.h"

static void assert_flags(enum otter_flag image_ok, enum otter_flag copy_done,
                         enum otter_swap_type type)
{
    const struct otter_trailer primary = stage_trailer(&stage.board.primary);
    const struct otter_trailer secondary = stage_trailer(&stage.board.secondary);

    assert_int_equal(primary.magic, OTTER_FLAG_SET);
    assert_int_equal(primary.image_ok, image_ok);
    assert_int_equal(primary.copy_done, copy_done);
    assert_int_equal(primary.swap_type, type);
    assert_int_equal(secondary.magic, OTTER_FLAG_UNSET);
    assert_int_equal(secondary.image_ok, OTTER_FLAG_UNSET);
    assert_int_equal(secondary.copy_done, OTTER_FLAG_UNSET);
}

static void swap(bool permanent)
{
    const struct otter_test_image update = stage_update();

    stage_request(&update, permanent);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_true(stage_holds_old(&stage.board.secondary));
}

static void a_permanent_swap_exchanges_the_slots_for_good(void **state)
{
    (void)state;
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        stage_open(&otter_swap_scratch, g->name);
        swap(true);
        assert_flags(OTTER_FLAG_SET, OTTER_FLAG_SET, OTTER_SWAP_PERM);
        assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_PERM);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_NONE);
        stage_close();
    }
}

static void an_unconfirmed_trial_is_reverted_and_stays_so(void **state)
{
    (void)state;
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        stage_open(&otter_swap_scratch, g->name);
        swap(false);
        assert_flags(OTTER_FLAG_UNSET, OTTER_FLAG_SET, OTTER_SWAP_TEST);
        for (int boot = 0; boot < 3; boot++) {
            assert_int_equal(stage_boot(), OTTER_OK);
            assert_true(stage_runs_old());
            assert_int_equal(stage.outcome.swap_done,
                             boot == 0 ? OTTER_SWAP_REVERT : OTTER_SWAP_NONE);
            assert_flags(OTTER_FLAG_SET, OTTER_FLAG_SET, OTTER_SWAP_REVERT);
        }
        stage_close();
    }
}

static void a_confirmed_trial_stays(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    swap(false);
    assert_int_equal(otter_bootstate_confirm(&stage.board.primary, &stage.board.shape), OTTER_OK);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_flags(OTTER_FLAG_SET, OTTER_FLAG_SET, OTTER_SWAP_TEST);
    stage_close();
}

static void try_as_often(const struct otter_strategy *strategy)
{
    for (uint8_t attempts = 1; attempts <= 4; attempts++) {
        stage_open(strategy, "unit8");
        stage.board.config.attempts = &otter_boot_attempts;
        stage.board.config.trial_attempts = attempts;
        swap(false);
        for (uint8_t attempt = 1; attempt < attempts; attempt++) {
            assert_int_equal(stage_boot(), OTTER_OK);
            assert_true(stage_runs_new());
        }
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_old());
        stage_close();
    }
}

static void a_trial_may_get_more_attempts_before_it_is_reverted(void **state)
{
    (void)state;
    try_as_often(&otter_swap_scratch);
    try_as_often(&otter_swap_move);
    try_as_often(&otter_swap_offset);
    try_as_often(&otter_swap_status);
}

static void a_trial_that_rots_gets_no_other_attempt(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    stage.board.config.attempts = &otter_boot_attempts;
    stage.board.config.trial_attempts = 3;
    swap(false);
    stage.board.devices[0].bytes[stage.board.primary.offset + 100] ^= 1;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    stage_close();
}

static void attempts_that_cannot_be_counted_are_a_wrong_configuration(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    stage.board.config.attempts = &otter_boot_attempts;
    assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
    stage.board.config.trial_attempts = 200;
    assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
    stage_close();
}

/* Header and TLVs are looked at more than once; that and the trailers are a KiB or two. A status area is
 * searched whole. */
static void boot_with_nothing_to_do(const struct otter_strategy *strategy)
{
    stage_open(strategy, "sectors-4k");
    otter_sim_flash_reset_counters(&stage.board.devices[0]);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage.board.devices[0].counters.bytes_read
                < stage.old_size + stage.board.status.size + 2048u);
    assert_int_equal(stage.board.power.operations, 0);
    stage_close();
}

static void a_boot_with_nothing_to_do_reads_the_image_once_and_writes_nothing(void **state)
{
    (void)state;
    stage_with_every_move(boot_with_nothing_to_do);
}

static void a_padded_factory_image_is_never_reverted(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    assert_int_equal(otter_trailer_write_magic(&stage.board.primary, &stage.board.shape), OTTER_OK);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_equal(stage.board.devices[0].counters.erases, 0);
    stage_close();
}

static void overwriting_leaves_the_new_image_and_no_request(void **state)
{
    const struct otter_strategy *strategy = &otter_overwrite;

    (void)state;
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        stage_open(strategy, g->name);

        const struct otter_test_image update = stage_update();

        stage_request(&update, false);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        assert_flags(OTTER_FLAG_UNSET, OTTER_FLAG_UNSET, OTTER_SWAP_NONE);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        stage_close();
    }
}

static void install_with_real_signatures(const struct otter_strategy *strategy)
{
    stage_open_ecdsa(strategy, "unit8");

    const struct otter_test_image update = stage_update();

    stage_request(&update, true);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

static void real_signatures_pass_through_every_strategy(void **state)
{
    (void)state;
    stage_with_every_move(install_with_real_signatures);
}

/* As with ECDSA, of which no two signatures need to have one length. */
static size_t sign_at_varying_length(const struct otter_test_signer *signer,
                                     const uint8_t digest[OTTER_SHA256_SIZE],
                                     uint8_t signature[OTTER_TEST_SIGNATURE_MAX])
{
    static const uint8_t lengths[] = { 70, 72, 71, 72, 70, 70 };
    size_t *signed_before = signer->secret;

    (void)digest;
    memset(signature, 0, OTTER_TEST_SIGNATURE_MAX);
    return lengths[(*signed_before)++ % sizeof lengths];
}

static void an_image_has_the_size_that_a_test_asks_for_whatever_its_signature_measures(void **state)
{
    uint8_t bytes[1024];
    struct otter_test_signer signer;
    size_t signed_before = 0;

    (void)state;
    otter_test_signer_fake(&signer, "vendor");
    signer.secret = &signed_before;
    signer.sign = sign_at_varying_length;

    const struct otter_test_image wanted = {
        .header_size = OTTER_IMAGE_HEADER_SIZE,
        .size = 400,
        .signer = &signer,
    };

    for (size_t first = 0; first < 6; first++) {
        signed_before = first;
        assert_int_equal(otter_test_image_make(&wanted, bytes, sizeof bytes), wanted.size);
    }
}

static void the_outcome_names_the_program_and_its_vector_table(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_int_equal(stage.outcome.image.header.version.major, 1);
    assert_ptr_equal(stage.outcome.image.area, &stage.outcome.slot);
    assert_int_equal(stage.outcome.vector_table, 0x10000000u + OTTER_IMAGE_HEADER_SIZE);
    stage_close();
}

static void long_work_feeds_the_watchdog_and_tells_of_its_progress(void **state)
{
    char line[80];

    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    swap(false);
    assert_true(stage.feeds > stage.board.devices[0].counters.erases);
    assert_true(stage_reported(OTTER_BOOT_DECIDED));
    assert_true(stage_reported(OTTER_BOOT_PROGRESS));
    assert_true(stage_reported(OTTER_BOOT_INSTALLED));
    assert_string_equal(otter_boot_event_text(&stage.events[0], line, sizeof line),
                        "an update is pending, on trial");
    assert_string_equal(otter_boot_event_text(&stage.events[1], line, sizeof line), "moved 1 of 4");
    stage_close();
}

/* What the devices read, wrote and erased since the watchdog was fed. */
static struct {
    uint64_t worked;
    uint64_t worst;
} hunger;

static uint64_t work_done(void)
{
    uint64_t bytes = 0;

    for (uint8_t i = 0; i < stage.board.layout.device_count; i++) {
        const struct otter_sim_counters *counters = &stage.board.devices[i].counters;

        bytes += counters->bytes_read + counters->bytes_programmed + counters->bytes_erased;
    }
    return bytes;
}

static void feed(void *context)
{
    const uint64_t done = work_done();

    (void)context;
    hunger.worst = done - hunger.worked > hunger.worst ? done - hunger.worked : hunger.worst;
    hunger.worked = done;
}

/* A sector erased, a buffer copied, and some of the trailers read in between: half of what it takes to
 * read the image once. */
static void feed_while_installing(const struct otter_strategy *strategy)
{
    const uint64_t most = 4096 + 2 * sizeof stage.board.buffer + 256;
    struct otter_boot_hooks hungry = otter_boot_no_hooks;
    struct otter_test_image update;

    stage_open(strategy, "sectors-4k");
    update = stage_update();
    stage_request(&update, false);
    hungry.feed_watchdog = feed;
    stage.board.config.hooks = &hungry;
    hunger.worked = work_done();
    hunger.worst = 0;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    feed(NULL);
    assert_in_range(hunger.worst, 1, most);
    stage_close();
}

static void the_watchdog_never_waits_for_long(void **state)
{
    (void)state;
    stage_with_every_move(feed_while_installing);
}

/* A layout that nobody asks about: the build has, and says in the configuration how large an image may
 * be. */
static void a_proven_layout_is_not_asked_again(void **state)
{
    static const struct {
        const struct otter_strategy *asking;
        const struct otter_strategy *proven;
    } pairs[] = {
        { &otter_overwrite, &otter_overwrite_proven },
        { &otter_swap_scratch, &otter_swap_scratch_proven },
        { &otter_swap_move, &otter_swap_move_proven },
        { &otter_swap_offset, &otter_swap_offset_proven },
        { &otter_swap_status, &otter_swap_status_proven },
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct otter_boot_config *config = &stage.board.config;

        stage_open(pairs[i].asking, "unit8");
        const struct otter_test_image update = stage_update();

        config->strategy = pairs[i].proven;
        assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
        config->max_image_size =
            otter_strategy_max_image_size(pairs[i].asking, &stage.board.layout, 0, NULL);
        stage_request(&update, false);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        stage_close();
    }
}

int test_updates(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_permanent_swap_exchanges_the_slots_for_good),
        cmocka_unit_test(an_unconfirmed_trial_is_reverted_and_stays_so),
        cmocka_unit_test(a_confirmed_trial_stays),
        cmocka_unit_test(a_trial_may_get_more_attempts_before_it_is_reverted),
        cmocka_unit_test(a_trial_that_rots_gets_no_other_attempt),
        cmocka_unit_test(attempts_that_cannot_be_counted_are_a_wrong_configuration),
        cmocka_unit_test(a_boot_with_nothing_to_do_reads_the_image_once_and_writes_nothing),
        cmocka_unit_test(a_padded_factory_image_is_never_reverted),
        cmocka_unit_test(overwriting_leaves_the_new_image_and_no_request),
        cmocka_unit_test(real_signatures_pass_through_every_strategy),
        cmocka_unit_test(
            an_image_has_the_size_that_a_test_asks_for_whatever_its_signature_measures),
        cmocka_unit_test(the_outcome_names_the_program_and_its_vector_table),
        cmocka_unit_test(a_proven_layout_is_not_asked_again),
        cmocka_unit_test(long_work_feeds_the_watchdog_and_tells_of_its_progress),
        cmocka_unit_test(the_watchdog_never_waits_for_long),
    };

    return cmocka_run_group_tests_name("boot: updates", tests, NULL, NULL);
}
