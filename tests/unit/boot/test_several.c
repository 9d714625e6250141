/* SPDX-License-Identifier: Apache-2.0 */

/* Several images, without cuts: what is installed together, what is held, what goes back. */

#include "set_stage.h"
#include "tests.h"

static const struct otter_strategy *const strategies[] = { &otter_overwrite, &otter_swap_scratch,
                                                           &otter_swap_move };
#define STRATEGIES (sizeof strategies / sizeof strategies[0])

static void boots_release(uint8_t release)
{
    assert_int_equal(set_boot(), OTTER_OK);
    assert_int_equal(set.outcome.verdict, OTTER_VERDICT_GOOD);
    assert_int_equal(set_release(), release);
}

static void a_release_of_two_to_four_images_is_installed_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES; i++) {
        for (uint8_t images = 2; images <= OTTER_BOOT_IMAGES_MAX; images++) {
            set_open(strategies[i], images, false);
            set_request_release(2, true);
            boots_release(2);
            assert_int_equal(set.outcome.moved_images, (1u << images) - 1);
            assert_int_equal(set.outcome.image.header.version.major, 2);
            assert_int_equal(set.outcome.other_versions[images - 2].major, 2);
            boots_release(2);
            assert_int_equal(set.outcome.moved_images, 0);
            set_close();
        }
    }
}

static void an_image_without_its_partner_waits_for_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES; i++) {
        set_open(strategies[i], 2, false);
        set_request(0, &set.programs[2][0], true);
        boots_release(1);
        assert_int_equal(set.outcome.refusal, OTTER_ERR_DEPENDENCY);
        assert_int_equal(set.outcome.refused_image, 0);
        set_request(1, &set.programs[2][1], true);
        boots_release(2);
        assert_int_equal(set.outcome.refusal, OTTER_OK);
        set_close();
    }
}

static void a_partner_that_is_not_authentic_holds_the_whole_release(void **state)
{
    (void)state;
    for (uint8_t bad = 0; bad < 3; bad++) {
        set_open(&otter_swap_scratch, 3, false);
        set_request_release(2, false);
        set.board.devices[0].bytes[set.board.secondary[bad].offset + 100] ^= 1;
        boots_release(1);
        assert_int_equal(set.outcome.moved_images, 0);
        set_request(bad, &set.programs[2][bad], false);
        boots_release(2);
        set_close();
    }
}

static void images_that_ask_nothing_of_each_other_go_alone(void **state)
{
    struct set_program loner;

    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    loner = set_make(2, NULL, 0);
    set_request(1, &loner, true);
    assert_int_equal(set_boot(), OTTER_OK);
    assert_true(set_holds(0, &set.programs[1][0]));
    assert_true(set_holds(1, &loner));
    assert_int_equal(set.outcome.moved_images, 2);
    set_close();
}

static void a_dependency_on_an_image_that_does_not_exist_is_never_met(void **state)
{
    static const struct otter_test_dependency on_nobody = { .image = 2 };
    struct set_program lost;

    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    lost = set_make(2, &on_nobody, 1);
    set_request(1, &lost, true);
    boots_release(1);
    assert_int_equal(set.outcome.refusal, OTTER_ERR_DEPENDENCY);
    set_close();
}

static void a_set_that_was_programmed_wrong_does_not_start(void **state)
{
    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    otter_test_set_board_load(&set.board, &set.board.primary[0], set.programs[2][0].bytes,
                              set.programs[2][0].size);
    assert_int_equal(set_boot(), OTTER_ERR_DEPENDENCY);
    assert_int_equal(set.outcome.verdict, OTTER_VERDICT_BAD);
    set_close();
}

static void one_bad_primary_stops_the_whole_set(void **state)
{
    (void)state;
    for (uint8_t bad = 0; bad < 3; bad++) {
        set_open(&otter_swap_scratch, 3, false);
        set.board.devices[0].bytes[set.board.primary[bad].offset + 100] ^= 1;
        assert_int_equal(set_boot(), OTTER_ERR_IMAGE_HASH);
        assert_int_not_equal(set.outcome.verdict, OTTER_VERDICT_GOOD);
        set_close();
    }
}

static void a_trial_is_confirmed_whole_or_reverted_whole(void **state)
{
    (void)state;
    for (unsigned confirmed = 0; confirmed < 8; confirmed++) {
        set_open(&otter_swap_scratch, 3, false);
        set_request_release(2, false);
        boots_release(2);
        for (uint8_t image = 0; image < 3; image++) {
            if ((confirmed & 1u << image) != 0) {
                set_confirm(image);
            }
        }
        boots_release(confirmed == 7 ? 2 : 1);
        boots_release(confirmed == 7 ? 2 : 1);
        set_close();
    }
}

static void an_update_of_long_ago_takes_no_part_in_a_revert(void **state)
{
    struct set_program loner;

    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    loner = set_make(2, NULL, 0);
    set_request(0, &loner, false);
    assert_int_equal(set_boot(), OTTER_OK);
    set_confirm(0);
    set_request(1, &loner, false);
    assert_int_equal(set_boot(), OTTER_OK);
    assert_true(set_holds(1, &loner));
    assert_int_equal(set_boot(), OTTER_OK);
    assert_true(set_holds(0, &loner));
    assert_true(set_holds(1, &set.programs[1][1]));
    set_close();
}

static void a_request_on_top_of_a_failed_trial_waits_until_that_is_undone(void **state)
{
    static const struct otter_test_dependency on_first = { .image = 0, .at_least = { .major = 2 } };
    struct set_program leader;
    struct set_program follower;

    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    leader = set_make(2, NULL, 0);
    follower = set_make(2, &on_first, 1);
    set_request(0, &leader, false);
    assert_int_equal(set_boot(), OTTER_OK);
    assert_true(set_holds(0, &leader));
    set_request(1, &follower, false);
    boots_release(1);
    assert_int_equal(set.outcome.refusal, OTTER_ERR_DEPENDENCY);
    set_close();
}

/* Bits of the second image rot as soon as it lies in the primary slot. */
static void spoil_second(void *context, const struct otter_boot_event *event)
{
    (void)context;
    if (event->kind == OTTER_BOOT_PROGRESS && event->image == 1 && event->done == event->total
        && event->swap_type == OTTER_SWAP_TEST) {
        set.board.devices[0].bytes[set.board.primary[1].offset + 100] ^= 1;
    }
}

static void a_release_that_does_not_survive_its_move_is_undone_at_once(void **state)
{
    struct otter_boot_hooks hooks = otter_boot_no_hooks;

    (void)state;
    set_open(&otter_swap_scratch, 3, false);
    hooks.report = spoil_second;
    set.board.config.hooks = &hooks;
    set_request_release(2, false);
    boots_release(1);
    boots_release(1);
    set_close();
}

static void a_move_that_cannot_be_made_leaves_the_old_release(void **state)
{
    (void)state;
    set_open(&otter_swap_scratch, 2, true);
    set_request_release(2, false);
    set.board.devices[1].erases_fail = true;
    boots_release(1);
    set.board.devices[1].erases_fail = false;
    boots_release(2);
    set_close();
}

static void a_missing_external_device_stops_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES; i++) {
        set_open(strategies[i], 2, true);
        set_request_release(2, true);
        set.board.devices[1].reads_fail = true;
        boots_release(1);
        set.board.devices[1].reads_fail = false;
        boots_release(2);
        set_close();
    }
}

static void a_set_gets_its_attempts_together(void **state)
{
    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    set.board.config.attempts = &otter_boot_attempts;
    set.board.config.trial_attempts = 3;
    set_request_release(2, false);
    boots_release(2);
    boots_release(2);
    boots_release(2);
    boots_release(1);
    set_close();
}

static void a_new_request_ends_the_attempts(void **state)
{
    struct set_program loner;

    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    set.board.config.attempts = &otter_boot_attempts;
    set.board.config.trial_attempts = 3;
    loner = set_make(2, NULL, 0);
    set_request(0, &loner, false);
    assert_int_equal(set_boot(), OTTER_OK);
    assert_true(set_holds(0, &loner));
    set_request(1, &loner, false);
    assert_int_equal(set_boot(), OTTER_OK);
    assert_true(set_holds(0, &set.programs[1][0]));
    assert_true(set_holds(1, &loner));
    set_close();
}

static enum otter_swap_type first_move;

static void remember_first_move(void *context, const struct otter_boot_event *event)
{
    (void)context;
    if (event->kind == OTTER_BOOT_PROGRESS && first_move == OTTER_SWAP_NONE) {
        first_move = event->swap_type;
    }
}

static void what_goes_back_goes_first(void **state)
{
    struct otter_boot_hooks hooks = otter_boot_no_hooks;
    struct set_program loner;

    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    loner = set_make(2, NULL, 0);
    set_request(1, &loner, false);
    assert_int_equal(set_boot(), OTTER_OK);
    set_request(0, &loner, false);
    hooks.report = remember_first_move;
    set.board.config.hooks = &hooks;
    first_move = OTTER_SWAP_NONE;
    assert_int_equal(set_boot(), OTTER_OK);
    assert_int_equal(first_move, OTTER_SWAP_REVERT);
    assert_int_equal(set.outcome.moved_images, 3);
    set_close();
}

static void several_images_need_somebody_who_takes_care_of_them(void **state)
{
    (void)state;
    set_open(&otter_swap_scratch, 2, false);
    set.board.config.several = NULL;
    assert_int_equal(set_boot(), OTTER_ERR_ARGUMENT);
    set_close();
}

int test_several(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_of_two_to_four_images_is_installed_at_once),
        cmocka_unit_test(an_image_without_its_partner_waits_for_it),
        cmocka_unit_test(a_partner_that_is_not_authentic_holds_the_whole_release),
        cmocka_unit_test(images_that_ask_nothing_of_each_other_go_alone),
        cmocka_unit_test(a_dependency_on_an_image_that_does_not_exist_is_never_met),
        cmocka_unit_test(a_set_that_was_programmed_wrong_does_not_start),
        cmocka_unit_test(one_bad_primary_stops_the_whole_set),
        cmocka_unit_test(a_trial_is_confirmed_whole_or_reverted_whole),
        cmocka_unit_test(an_update_of_long_ago_takes_no_part_in_a_revert),
        cmocka_unit_test(a_request_on_top_of_a_failed_trial_waits_until_that_is_undone),
        cmocka_unit_test(a_release_that_does_not_survive_its_move_is_undone_at_once),
        cmocka_unit_test(a_move_that_cannot_be_made_leaves_the_old_release),
        cmocka_unit_test(a_missing_external_device_stops_nobody),
        cmocka_unit_test(a_set_gets_its_attempts_together),
        cmocka_unit_test(a_new_request_ends_the_attempts),
        cmocka_unit_test(what_goes_back_goes_first),
        cmocka_unit_test(several_images_need_somebody_who_takes_care_of_them),
    };

    return cmocka_run_group_tests_name("boot: several images", tests, NULL, NULL);
}
