/* SPDX-License-Identifier: Apache-2.0 */

/* Programs that are started where they lie. */

#include <setjmp.h>
#include <string.h>

#include "set_stage.h"
#include "stage.h"
#include "tests.h"

#define TORN 0x73

static struct otter_test_image program(uint8_t major, uint8_t seed)
{
    struct otter_test_image image = stage_update();

    image.version = (struct otter_version){ .major = major };
    image.seed = seed;
    return image;
}

static void load(const struct otter_area *slot, const struct otter_test_image *image)
{
    const uint32_t size = otter_test_image_make(image, stage.new_image, sizeof stage.new_image);

    otter_test_board_load(&stage.board, slot, stage.new_image, size);
}

static void request(const struct otter_area *slot, bool permanent)
{
    assert_int_equal(otter_bootstate_request(slot, &stage.board.shape, 0, permanent), OTTER_OK);
}

static void starts(const struct otter_area *slot)
{
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_GOOD);
    assert_ptr_equal(stage.outcome.slot.flash, slot->flash);
    assert_int_equal(stage.outcome.slot.offset, slot->offset);
    assert_ptr_equal(stage.outcome.image.area, &stage.outcome.slot);
    assert_int_equal(stage.outcome.vector_table,
                     slot->flash->geometry->address + slot->offset + OTTER_IMAGE_HEADER_SIZE);
}

/* 1.0.0 in the primary slot, confirmed; 2.0.0 in the secondary, on request. */
static void open_trial(const char *geometry)
{
    struct otter_test_image image;

    stage_open(&otter_direct_xip_revert, geometry);
    image = program(1, 0);
    load(&stage.board.primary, &image);
    request(&stage.board.primary, true);
    image = program(2, 1);
    load(&stage.board.secondary, &image);
    request(&stage.board.secondary, false);
}

/* ---- without revert ------------------------------------------------------------------------- */

static void the_newest_program_is_started(void **state)
{
    static const uint8_t versions[][3] = { { 1, 2, 1 }, { 2, 1, 0 }, { 1, 1, 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        stage_open(&otter_direct_xip, "unit8");

        const struct otter_test_image first = program(versions[i][0], 0);
        const struct otter_test_image second = program(versions[i][1], 1);

        load(&stage.board.primary, &first);
        load(&stage.board.secondary, &second);
        starts(versions[i][2] == 0 ? &stage.board.primary : &stage.board.secondary);
        assert_int_equal(stage.board.power.operations, 0);
        stage_close();
    }
}

static void a_newer_program_that_is_not_authentic_is_passed_over(void **state)
{
    (void)state;
    stage_open(&otter_direct_xip, "unit8");

    struct otter_test_image stranger = program(2, 1);

    stranger.signer = &stage.stranger;
    load(&stage.board.secondary, &stranger);
    starts(&stage.board.primary);
    assert_int_equal(stage.outcome.refusal, OTTER_ERR_IMAGE_UNKNOWN_KEY);
    assert_int_equal(stage.outcome.refused_version.major, 2);
    assert_int_equal(stage.board.power.operations, 0);
    stage_close();
}

static void a_program_starts_only_at_the_address_that_it_was_linked_for(void **state)
{
    (void)state;
    for (uint32_t off = 0; off < 2; off++) {
        stage_open(&otter_direct_xip, "unit8");

        const uint32_t home = stage.board.geometries[0].address + stage.board.secondary.offset;
        struct otter_test_image fixed = program(2, 1);

        fixed.flags = OTTER_IMAGE_ROM_FIXED;
        fixed.load_address = off == 0 ? home : stage.board.geometries[0].address;
        load(&stage.board.secondary, &fixed);
        starts(off == 0 ? &stage.board.secondary : &stage.board.primary);
        assert_int_equal(stage.outcome.refusal, off == 0 ? OTTER_OK : OTTER_ERR_IMAGE_ADDRESS);
        stage_close();
    }
}

static void nothing_is_started_unseen(void **state)
{
    (void)state;
    stage_open(&otter_direct_xip, "unit8");
    stage.board.config.trust_primary = true;
    assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
    assert_int_not_equal(stage.outcome.verdict, OTTER_VERDICT_GOOD);
    stage_close();
}

static void with_no_good_program_the_reason_is_that_of_the_newest(void **state)
{
    (void)state;
    stage_open(&otter_direct_xip, "unit8");
    stage.board.devices[0].bytes[stage.board.primary.offset + 100] ^= 1;
    assert_int_equal(stage_boot(), OTTER_ERR_IMAGE_HASH);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_BAD);
    otter_test_board_load(&stage.board, &stage.board.primary, NULL, 0);
    assert_int_equal(stage_boot(), OTTER_ERR_EMPTY_SLOT);
    stage_close();
}

/* ---- with revert ---------------------------------------------------------------------------- */

static void an_unconfirmed_program_is_not_started_again(void **state)
{
    (void)state;
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        if (strcmp(g->name, "one-sector") == 0) {
            continue; /* its trailer leaves no room for an image */
        }
        open_trial(g->name);
        starts(&stage.board.secondary);
        assert_int_equal(stage_trailer(&stage.board.secondary).copy_done, OTTER_FLAG_SET);
        for (int boot = 0; boot < 2; boot++) {
            starts(&stage.board.primary);
            assert_int_equal(stage.outcome.refusal, OTTER_ERR_NOT_CONFIRMED);
        }
        stage_close();
    }
}

static void a_confirmed_program_stays_and_makes_room_for_the_next(void **state)
{
    struct otter_test_image next;

    (void)state;
    open_trial("unit8");
    starts(&stage.board.secondary);
    assert_int_equal(otter_bootstate_confirm(&stage.outcome.slot, &stage.board.shape), OTTER_OK);
    starts(&stage.board.secondary);
    next = program(3, 2);
    load(&stage.board.primary, &next);
    starts(&stage.board.secondary); /* it is only being staged */
    request(&stage.board.primary, false);
    starts(&stage.board.primary);
    starts(&stage.board.secondary);
    stage_close();
}

static void a_program_without_a_request_is_left_alone(void **state)
{
    struct otter_test_image staged;

    (void)state;
    open_trial("unit8");
    staged = program(2, 1);
    load(&stage.board.secondary, &staged);
    starts(&stage.board.primary);
    assert_int_equal(stage.outcome.refusal, OTTER_OK);
    assert_int_equal(stage.board.devices[0].counters.erases, 0);
    stage_close();
}

static void tear(const struct otter_area *slot, uint32_t offset)
{
    const uint8_t torn = TORN;

    otter_sim_flash_load(otter_test_board_device(&stage.board, slot), slot->offset + offset, &torn,
                         1);
}

static void torn_flags_give_the_trial_another_run(void **state)
{
    const struct otter_area *slot = &stage.board.secondary;

    (void)state;
    for (int flag = 0; flag < 2; flag++) {
        open_trial("unit8");
        starts(slot);
        tear(slot, flag == 0 ? otter_trailer_copy_done_offset(&stage.board.shape, slot->size)
                             : otter_trailer_image_ok_offset(&stage.board.shape, slot->size));
        starts(slot);
        assert_int_equal(stage_trailer(slot).copy_done, OTTER_FLAG_SET);
        assert_int_equal(otter_bootstate_confirm(slot, &stage.board.shape), OTTER_OK);
        starts(slot);
        stage_close();
    }
}

static uint32_t copy_done_of(const struct otter_area *slot)
{
    return otter_trailer_copy_done_offset(&stage.board.shape, slot->size);
}

/* Renew the torn trailer of the secondary slot, with a cut at its operation @p at. */
static void cut_renewal(uint32_t at, enum otter_sim_damage damage)
{
    struct otter_sim_power *power = &stage.board.power;
    jmp_buf reset;

    power->reset = &reset;
    otter_sim_power_on(power);
    otter_sim_power_cut_at(power, at, damage, 1);
    if (setjmp(reset) == 0) {
        (void)stage_boot();
    }
    power->reset = NULL;
    otter_sim_power_on(power);
}

/* Note, erase, swap_info, magic; what comes then is copy_done, which begins the trial. */
static void a_renewal_that_was_cut_loses_no_request(void **state)
{
    const struct otter_area *slot = &stage.board.secondary;

    (void)state;
    for (uint32_t at = 1; at <= 4; at++) {
        for (enum otter_sim_damage damage = 0; damage < OTTER_SIM_ALL_DAMAGES; damage++) {
            open_trial("unit8");
            tear(slot, copy_done_of(slot));
            cut_renewal(at, damage);
            starts(slot);
            assert_int_equal(stage_trailer(slot).copy_done, OTTER_FLAG_SET);
            starts(&stage.board.primary);
            stage_close();
        }
    }
}

/* The program in the secondary rots in the middle of a renewal; then the next one is staged. */
static void a_renewal_that_was_given_up_is_no_request_for_the_next_image(void **state)
{
    const struct otter_area *slot = &stage.board.secondary;
    struct otter_test_image next;

    (void)state;
    open_trial("unit8");
    tear(slot, copy_done_of(slot));
    cut_renewal(2, OTTER_SIM_TORN);
    stage.board.devices[0].bytes[slot->offset + 100] ^= 1;
    starts(&stage.board.primary);
    next = program(3, 2);
    load(slot, &next);
    starts(&stage.board.primary);
    assert_int_equal(stage.outcome.refusal, OTTER_OK);
    stage_close();
}

static void an_accepted_program_stays_so_whatever_its_copy_done(void **state)
{
    const struct otter_area *slot = &stage.board.secondary;

    (void)state;
    open_trial("unit8");
    assert_int_equal(otter_bootstate_confirm(slot, &stage.board.shape), OTTER_OK);
    tear(slot, copy_done_of(slot));
    starts(slot);
    starts(slot);
    assert_int_equal(stage.board.devices[0].counters.erases, 0);
    stage_close();
}

/* A renewal that no note can speak for is made only if there is something else to start. */
static void a_torn_trailer_stays_if_there_is_nothing_else_to_start(void **state)
{
    struct otter_sim_flash *external = &stage.board.devices[1];
    const struct otter_area *slot = &stage.board.primary;

    (void)state;
    for (int good_secondary = 0; good_secondary < 2; good_secondary++) {
        open_trial("nested");
        if (good_secondary == 0) {
            stage.board.device_list[1] = NULL;
        } else {
            external->bytes[stage.board.secondary.offset + 100] ^= 1;
            external->programs_fail = true;
        }
        otter_test_board_load(&stage.board, slot, stage.old_image, stage.old_size);
        request(slot, false);
        tear(slot, copy_done_of(slot));
        starts(slot);
        assert_int_equal(stage_trailer(slot).copy_done,
                         good_secondary == 0 ? OTTER_FLAG_BAD : OTTER_FLAG_SET);
        stage_close();
    }
}

static void a_trial_in_place_gets_its_attempts(void **state)
{
    (void)state;
    open_trial("unit8");
    stage.board.config.attempts = &otter_boot_attempts;
    stage.board.config.trial_attempts = 3;
    for (int attempt = 0; attempt < 3; attempt++) {
        starts(&stage.board.secondary);
    }
    starts(&stage.board.primary);
    stage_close();
}

static void a_failing_device_does_not_stop_the_other_slot(void **state)
{
    struct otter_sim_flash *external = &stage.board.devices[1];

    (void)state;
    open_trial("nested");
    external->reads_fail = true;
    starts(&stage.board.primary);
    external->reads_fail = false;
    external->programs_fail = true;
    starts(&stage.board.secondary);
    external->programs_fail = false;
    stage.board.device_list[1] = NULL;
    starts(&stage.board.primary);
    stage_close();
}

/* The start of the first sector with trailer bytes: 3 * 4 * 8 + 48 bytes end the slot. */
static void no_image_may_share_a_sector_with_a_trailer_that_can_be_renewed(void **state)
{
    const char *because = NULL;

    (void)state;
    stage_open(&otter_direct_xip_revert, "unit8");
    assert_int_equal(
        otter_strategy_max_image_size(&otter_direct_xip_revert, &stage.board.layout, 0, NULL),
        3 * 1024);
    assert_int_equal(otter_strategy_max_image_size(&otter_direct_xip, &stage.board.layout, 0, NULL),
                     4 * 1024 - 40);
    stage.board.runs[0] = (struct otter_sector_run){ .size = 4096, .count = 2 };
    assert_int_equal(
        otter_strategy_max_image_size(&otter_direct_xip_revert, &stage.board.layout, 0, &because),
        0);
    assert_string_equal(because, "the trailer leaves no room for an image");
    stage_close();
}

/* ---- cuts ----------------------------------------------------------------------------------- */

/* Boot, and let the new program confirm itself or not, until nothing is written any more.
 *
 * @return whether the new program runs in the end */
static bool settle(bool confirms, uint32_t cut_at, enum otter_sim_damage damage)
{
    struct otter_sim_power *power = &stage.board.power;
    volatile uint32_t before = UINT32_MAX;
    static bool was_confirmed;
    jmp_buf reset;

    was_confirmed = false;
    power->reset = &reset;
    otter_sim_power_on(power);
    otter_sim_power_cut_at(power, cut_at, damage, 1);
    if (setjmp(reset) != 0) {
        power->is_off = false;
        power->cut_at = 0;
        before = UINT32_MAX;
    }
    while (before != power->operations) {
        before = power->operations;
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_GOOD);
        if (stage.outcome.image.header.version.major == 1) {
            assert_false(was_confirmed);
        } else if (confirms && !was_confirmed) {
            assert_int_equal(otter_bootstate_confirm(&stage.outcome.slot, &stage.board.shape),
                             OTTER_OK);
            was_confirmed = true;
        }
    }
    power->reset = NULL;
    return stage.outcome.image.header.version.major == 2;
}

static void after_any_cut_one_of_the_two_programs_starts(void **state)
{
    uint32_t lost = 0;

    (void)state;
    for (uint32_t at = 1; at <= 3; at++) {
        for (enum otter_sim_damage damage = 0; damage < OTTER_SIM_DAMAGES; damage++) {
            open_trial("unit8");
            assert_false(settle(false, at, damage));
            stage_close();
            open_trial("unit8");
            lost += settle(true, at, damage) ? 0 : 1;
            stage_close();
        }
    }
    /* copy_done arrives, but the program does not get to run; or not a bit of its confirmation
     * arrives: nobody can tell. */
    assert_true(lost <= 4);
}

/* ---- several images ------------------------------------------------------------------------- */

static void images_in_place_are_chosen_as_a_set(void **state)
{
    struct otter_test_set_board *board = &set.board;

    (void)state;
    set_open(&otter_direct_xip, 2, false);
    set_load(0, &set.programs[2][0]);
    assert_int_equal(set_boot(), OTTER_OK);
    assert_int_equal(set.outcome.slot.offset, board->primary[0].offset);
    assert_int_equal(set.outcome.other_versions[0].major, 1);
    set_load(1, &set.programs[2][1]);
    assert_int_equal(set_boot(), OTTER_OK);
    assert_int_equal(set.outcome.verdict, OTTER_VERDICT_GOOD);
    assert_int_equal(set.outcome.slot.offset, board->secondary[0].offset);
    assert_int_equal(set.outcome.other_versions[0].major, 2);
    board->devices[0].bytes[board->secondary[1].offset + 100] ^= 1;
    assert_int_equal(set_boot(), OTTER_OK);
    assert_int_equal(set.outcome.slot.offset, board->primary[0].offset);
    assert_int_equal(set.outcome.other_versions[0].major, 1);
    board->devices[0].bytes[board->primary[0].offset + 100] ^= 1;
    assert_int_not_equal(set_boot(), OTTER_OK);
    assert_int_not_equal(set.outcome.verdict, OTTER_VERDICT_GOOD);
    set_close();
}

/* Release 1 accepted, release 2 to be tried. */
static void open_trial_of_set(void)
{
    struct otter_test_set_board *board = &set.board;

    set_open(&otter_direct_xip_revert, 2, false);
    for (uint8_t image = 0; image < 2; image++) {
        assert_int_equal(
            otter_bootstate_request(&board->primary[image], &board->shape, image, true), OTTER_OK);
    }
    set_request_release(2, false);
}

static void a_set_in_place_is_confirmed_whole_or_left(void **state)
{
    struct otter_test_set_board *board = &set.board;

    (void)state;
    for (unsigned confirmed = 0; confirmed < 4; confirmed++) {
        open_trial_of_set();
        assert_int_equal(set_boot(), OTTER_OK);
        assert_int_equal(set.outcome.image.header.version.major, 2);
        for (uint8_t image = 0; image < 2; image++) {
            if ((confirmed & 1u << image) != 0) {
                assert_int_equal(otter_bootstate_confirm(&board->secondary[image], &board->shape),
                                 OTTER_OK);
            }
        }
        assert_int_equal(set_boot(), OTTER_OK);
        assert_int_equal(set.outcome.image.header.version.major, confirmed == 3 ? 2 : 1);
        assert_int_equal(set.outcome.other_versions[0].major, confirmed == 3 ? 2 : 1);
        set_close();
    }
}

/* The power was cut before that of the second image. */
static void a_cut_between_two_copy_done_costs_a_set_one_attempt(void **state)
{
    (void)state;
    for (uint8_t attempts = 1; attempts <= 2; attempts++) {
        open_trial_of_set();
        set.board.config.attempts = &otter_boot_attempts;
        set.board.config.trial_attempts = attempts;
        assert_int_equal(otter_trailer_write_copy_done(&set.board.secondary[0], &set.board.shape),
                         OTTER_OK);
        assert_int_equal(set_boot(), OTTER_OK);
        assert_int_equal(set.outcome.image.header.version.major, attempts);
        assert_int_equal(set.outcome.other_versions[0].major, attempts);
        set_close();
    }
}

int test_direct_xip(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_program_is_started),
        cmocka_unit_test(a_newer_program_that_is_not_authentic_is_passed_over),
        cmocka_unit_test(a_program_starts_only_at_the_address_that_it_was_linked_for),
        cmocka_unit_test(nothing_is_started_unseen),
        cmocka_unit_test(with_no_good_program_the_reason_is_that_of_the_newest),
        cmocka_unit_test(an_unconfirmed_program_is_not_started_again),
        cmocka_unit_test(a_confirmed_program_stays_and_makes_room_for_the_next),
        cmocka_unit_test(a_program_without_a_request_is_left_alone),
        cmocka_unit_test(torn_flags_give_the_trial_another_run),
        cmocka_unit_test(a_renewal_that_was_cut_loses_no_request),
        cmocka_unit_test(a_renewal_that_was_given_up_is_no_request_for_the_next_image),
        cmocka_unit_test(an_accepted_program_stays_so_whatever_its_copy_done),
        cmocka_unit_test(a_torn_trailer_stays_if_there_is_nothing_else_to_start),
        cmocka_unit_test(a_trial_in_place_gets_its_attempts),
        cmocka_unit_test(a_failing_device_does_not_stop_the_other_slot),
        cmocka_unit_test(no_image_may_share_a_sector_with_a_trailer_that_can_be_renewed),
        cmocka_unit_test(after_any_cut_one_of_the_two_programs_starts),
        cmocka_unit_test(images_in_place_are_chosen_as_a_set),
        cmocka_unit_test(a_set_in_place_is_confirmed_whole_or_left),
        cmocka_unit_test(a_cut_between_two_copy_done_costs_a_set_one_attempt),
    };

    return cmocka_run_group_tests_name("boot: direct-XIP", tests, NULL, NULL);
}
