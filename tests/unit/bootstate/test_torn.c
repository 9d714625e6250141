/* SPDX-License-Identifier: Apache-2.0 */

/* Writes that a cut tore, on parts where a torn unit reads differently each time, and on parts where
 * it is an error to read. */

#include "otter/bootstate.h"
#include "test_board.h"
#include "tests.h"

static struct otter_test_board board;
static struct otter_test_signer signer;

/* Call @p test with every board and both ways in which torn units read. */
static void on_every_board(void (*test)(enum otter_sim_damage damage))
{
    static const enum otter_sim_damage damages[] = { OTTER_SIM_LOOSE, OTTER_SIM_UNREADABLE };

    otter_test_signer_fake(&signer, "vendor");
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
            otter_test_board_init(&board, g, &otter_swap_scratch, &signer);
            test(damages[i]);
            otter_test_board_free(&board);
        }
    }
}

/* The next write or erase is the one that the cut hits, in its last write unit. */
static void cut_the_next(enum otter_sim_damage damage)
{
    otter_sim_power_on(&board.power);
    otter_sim_power_cut_at(&board.power, 1, damage, 0);
}

static struct otter_trailer trailer_of(const struct otter_area *slot)
{
    struct otter_trailer trailer;

    otter_sim_power_on(&board.power);
    otter_trailer_read(slot, &board.shape, &trailer);
    return trailer;
}

static void tear_magic(enum otter_sim_damage damage)
{
    cut_the_next(damage);
    assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_ERR_FLASH);
    assert_int_equal(trailer_of(&board.primary).magic, OTTER_FLAG_BAD);
    assert_int_equal(trailer_of(&board.primary).image_ok, OTTER_FLAG_UNSET);
}

static void tear_image_ok(enum otter_sim_damage damage)
{
    cut_the_next(damage);
    assert_int_equal(otter_trailer_write_image_ok(&board.primary, &board.shape), OTTER_ERR_FLASH);
    assert_int_equal(trailer_of(&board.primary).image_ok, OTTER_FLAG_BAD);
    assert_int_equal(trailer_of(&board.primary).copy_done, OTTER_FLAG_UNSET);
    assert_int_equal(trailer_of(&board.primary).magic, OTTER_FLAG_UNSET);
}

static void tear_copy_done(enum otter_sim_damage damage)
{
    cut_the_next(damage);
    assert_int_equal(otter_trailer_write_copy_done(&board.primary, &board.shape), OTTER_ERR_FLASH);
    assert_int_equal(trailer_of(&board.primary).copy_done, OTTER_FLAG_BAD);
    assert_int_equal(trailer_of(&board.primary).image_ok, OTTER_FLAG_UNSET);
}

static void tear_swap_info(enum otter_sim_damage damage)
{
    cut_the_next(damage);
    assert_int_equal(
        otter_trailer_write_swap_info(&board.primary, &board.shape, OTTER_SWAP_REVERT, 0),
        OTTER_ERR_FLASH);
    assert_int_equal(trailer_of(&board.primary).swap_info, OTTER_FLAG_BAD);
    assert_int_equal(trailer_of(&board.primary).swap_type, OTTER_SWAP_NONE);
}

static void tear_swap_size(enum otter_sim_damage damage)
{
    cut_the_next(damage);
    assert_int_equal(otter_trailer_write_swap_size(&board.primary, &board.shape, 0x12A5B7C3),
                     OTTER_ERR_FLASH);
    assert_int_equal(trailer_of(&board.primary).swap_size, UINT32_MAX);
}

static void a_torn_field_is_bad_however_it_reads(void **state)
{
    (void)state;
    on_every_board(tear_magic);
    on_every_board(tear_image_ok);
    on_every_board(tear_copy_done);
    on_every_board(tear_swap_info);
    on_every_board(tear_swap_size);
}

static void tear_second_entry(enum otter_sim_damage damage)
{
    otter_sim_power_on(&board.power);
    assert_int_equal(otter_trailer_write_status(&board.primary, &board.shape, 0, 1), OTTER_OK);
    assert_int_equal(otter_trailer_count_status(&board.primary, &board.shape), 1);
    cut_the_next(damage);
    assert_int_equal(otter_trailer_write_status(&board.primary, &board.shape, 1, 2),
                     OTTER_ERR_FLASH);
    otter_sim_power_on(&board.power);
    assert_int_equal(otter_trailer_count_status(&board.primary, &board.shape), 2);
}

static void a_torn_entry_counts_however_it_reads(void **state)
{
    (void)state;
    on_every_board(tear_second_entry);
}

static void tear_an_erase(enum otter_sim_damage damage)
{
    struct otter_sector last;

    assert_int_equal(otter_bootstate_request(&board.secondary, &board.shape, 0, true), OTTER_OK);
    assert_int_equal(otter_area_sector(&board.secondary, board.secondary.size - 1, &last),
                     OTTER_OK);
    cut_the_next(damage);
    assert_int_equal(otter_area_erase(&board.secondary, last.offset, last.size), OTTER_ERR_FLASH);
    assert_int_equal(trailer_of(&board.secondary).magic, OTTER_FLAG_BAD);
    assert_int_equal(trailer_of(&board.secondary).swap_info, OTTER_FLAG_BAD);
}

static void a_request_whose_erase_tore_is_none(void **state)
{
    (void)state;
    on_every_board(tear_an_erase);
}

/* Wherever it tears: there is no request, and who asks again is told to erase the slot first. */
static void tear_a_request(enum otter_sim_damage damage)
{
    for (uint32_t write = 1; write <= 3; write++) {
        otter_sim_power_on(&board.power);
        assert_int_equal(otter_area_erase(&board.secondary, 0, board.secondary.size), OTTER_OK);
        otter_sim_power_on(&board.power);
        otter_sim_power_cut_at(&board.power, write, damage, 0);
        assert_int_equal(otter_bootstate_request(&board.secondary, &board.shape, 0, true),
                         OTTER_ERR_FLASH);
        assert_int_not_equal(trailer_of(&board.secondary).magic, OTTER_FLAG_SET);
        assert_int_equal(otter_bootstate_request(&board.secondary, &board.shape, 0, true),
                         OTTER_ERR_TRAILER);
    }
}

static void a_torn_request_is_none_and_says_so(void **state)
{
    (void)state;
    on_every_board(tear_a_request);
}

static void tear_a_confirmation(enum otter_sim_damage damage)
{
    enum otter_standing standing;

    assert_int_equal(
        otter_trailer_write_swap_info(&board.primary, &board.shape, OTTER_SWAP_TEST, 0), OTTER_OK);
    assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_OK);
    assert_int_equal(otter_trailer_write_copy_done(&board.primary, &board.shape), OTTER_OK);
    cut_the_next(damage);
    assert_int_equal(otter_bootstate_confirm(&board.primary, &board.shape), OTTER_ERR_FLASH);
    otter_sim_power_on(&board.power);
    assert_int_equal(otter_bootstate_standing(&board.primary, &board.shape, &standing), OTTER_OK);
    assert_int_equal(standing, OTTER_STANDING_TRIAL);
    assert_int_equal(otter_bootstate_confirm(&board.primary, &board.shape), OTTER_ERR_TRAILER);
}

static void a_torn_confirmation_leaves_the_program_on_trial(void **state)
{
    (void)state;
    on_every_board(tear_a_confirmation);
}

static void a_magic_whose_write_unit_is_not_all_erased_is_bad(void **state)
{
    const uint8_t stray = 0x7F;

    (void)state;
    otter_test_signer_fake(&signer, "vendor");
    otter_test_board_init(&board, otter_test_geometry_find("unit32"), &otter_swap_scratch, &signer);
    otter_sim_flash_load(&board.devices[0], board.primary.offset + board.primary.size - 17, &stray,
                         1);
    assert_int_equal(trailer_of(&board.primary).magic, OTTER_FLAG_BAD);
    otter_test_board_free(&board);
}

int test_torn(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_torn_field_is_bad_however_it_reads),
        cmocka_unit_test(a_torn_entry_counts_however_it_reads),
        cmocka_unit_test(a_request_whose_erase_tore_is_none),
        cmocka_unit_test(a_torn_request_is_none_and_says_so),
        cmocka_unit_test(a_torn_confirmation_leaves_the_program_on_trial),
        cmocka_unit_test(a_magic_whose_write_unit_is_not_all_erased_is_bad),
    };

    return cmocka_run_group_tests_name("bootstate: torn writes", tests, NULL, NULL);
}
