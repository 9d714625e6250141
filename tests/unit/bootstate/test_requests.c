/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/bootstate.h"
#include "test_board.h"
#include "tests.h"

static struct otter_test_board board;
static struct otter_test_signer signer;

static int setup(void **state)
{
    (void)state;
    otter_test_signer_fake(&signer, "vendor");
    otter_test_board_init(&board, otter_test_geometry_find("unit8"), &otter_swap_scratch, &signer);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    otter_test_board_free(&board);
    return 0;
}

static enum otter_result request(bool permanent)
{
    return otter_bootstate_request(&board.secondary, &board.shape, 0, permanent);
}

static struct otter_trailer trailer_of(const struct otter_area *slot)
{
    struct otter_trailer trailer = { 0 };

    otter_trailer_read(slot, &board.shape, &trailer);
    return trailer;
}

static void a_request_on_trial_sets_magic_and_swap_info(void **state)
{
    (void)state;
    assert_int_equal(request(false), OTTER_OK);
    assert_int_equal(trailer_of(&board.secondary).magic, OTTER_FLAG_SET);
    assert_int_equal(trailer_of(&board.secondary).image_ok, OTTER_FLAG_UNSET);
    assert_int_equal(trailer_of(&board.secondary).swap_type, OTTER_SWAP_TEST);
}

static void a_request_for_good_sets_image_ok_too(void **state)
{
    (void)state;
    assert_int_equal(request(true), OTTER_OK);
    assert_int_equal(trailer_of(&board.secondary).image_ok, OTTER_FLAG_SET);
    assert_int_equal(trailer_of(&board.secondary).swap_type, OTTER_SWAP_PERM);
}

static void a_request_that_is_there_stays(void **state)
{
    (void)state;
    assert_int_equal(request(false), OTTER_OK);
    assert_int_equal(request(true), OTTER_OK);
    assert_int_equal(trailer_of(&board.secondary).image_ok, OTTER_FLAG_UNSET);
}

static void a_request_cut_before_its_magic_can_be_repeated(void **state)
{
    (void)state;
    assert_int_equal(otter_trailer_write_image_ok(&board.secondary, &board.shape), OTTER_OK);
    assert_int_equal(
        otter_trailer_write_swap_info(&board.secondary, &board.shape, OTTER_SWAP_PERM, 0),
        OTTER_OK);
    assert_int_equal(request(true), OTTER_OK);
    assert_int_equal(trailer_of(&board.secondary).magic, OTTER_FLAG_SET);
}

static void remains_of_a_permanent_request_do_not_make_a_trial(void **state)
{
    (void)state;
    assert_int_equal(otter_trailer_write_image_ok(&board.secondary, &board.shape), OTTER_OK);
    assert_int_equal(request(false), OTTER_ERR_TRAILER);
}

static void a_torn_magic_is_no_request(void **state)
{
    const uint8_t torn = 0x77;

    (void)state;
    otter_sim_flash_load(&board.devices[0], board.secondary.offset + board.secondary.size - 16,
                         &torn, 1);
    assert_int_equal(request(false), OTTER_ERR_TRAILER);
    assert_int_equal(trailer_of(&board.secondary).magic, OTTER_FLAG_BAD);
}

static void confirming_twice_writes_once(void **state)
{
    (void)state;
    assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(otter_bootstate_confirm(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(trailer_of(&board.primary).image_ok, OTTER_FLAG_SET);
    assert_int_equal(otter_bootstate_confirm(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(board.devices[0].counters.programs, 2);
}

static void without_a_trailer_there_is_nothing_to_confirm(void **state)
{
    (void)state;
    assert_int_equal(otter_bootstate_confirm(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(board.devices[0].counters.programs, 0);
}

static void a_damaged_trailer_cannot_be_confirmed(void **state)
{
    const uint8_t torn = 0x77;

    (void)state;
    otter_sim_flash_load(&board.devices[0], board.primary.offset + board.primary.size - 16, &torn,
                         1);
    assert_int_equal(otter_bootstate_confirm(&board.primary, &board.shape), OTTER_ERR_TRAILER);
}

static enum otter_standing standing(void)
{
    enum otter_standing found;

    assert_int_equal(otter_bootstate_standing(&board.primary, &board.shape, &found), OTTER_OK);
    return found;
}

static void a_program_learns_that_it_is_on_trial(void **state)
{
    (void)state;
    assert_int_equal(standing(), OTTER_STANDING_SETTLED);
    assert_int_equal(
        otter_trailer_write_swap_info(&board.primary, &board.shape, OTTER_SWAP_TEST, 0), OTTER_OK);
    assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(standing(), OTTER_STANDING_SETTLED);
    assert_int_equal(otter_trailer_write_copy_done(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(standing(), OTTER_STANDING_TRIAL);
    assert_int_equal(otter_bootstate_confirm(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(standing(), OTTER_STANDING_SETTLED);
}

static void a_program_learns_that_its_update_was_reverted(void **state)
{
    (void)state;
    assert_int_equal(
        otter_trailer_write_swap_info(&board.primary, &board.shape, OTTER_SWAP_REVERT, 0),
        OTTER_OK);
    assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(otter_trailer_write_image_ok(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(otter_trailer_write_copy_done(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(standing(), OTTER_STANDING_REVERTED);
}

#define WITH_BOARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int test_requests(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BOARD(a_request_on_trial_sets_magic_and_swap_info),
        WITH_BOARD(a_request_for_good_sets_image_ok_too),
        WITH_BOARD(a_request_that_is_there_stays),
        WITH_BOARD(a_request_cut_before_its_magic_can_be_repeated),
        WITH_BOARD(remains_of_a_permanent_request_do_not_make_a_trial),
        WITH_BOARD(a_torn_magic_is_no_request),
        WITH_BOARD(confirming_twice_writes_once),
        WITH_BOARD(without_a_trailer_there_is_nothing_to_confirm),
        WITH_BOARD(a_damaged_trailer_cannot_be_confirmed),
        WITH_BOARD(a_program_learns_that_it_is_on_trial),
        WITH_BOARD(a_program_learns_that_its_update_was_reverted),
    };

    return cmocka_run_group_tests_name("bootstate: requests", tests, NULL, NULL);
}
