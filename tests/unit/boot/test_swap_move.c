/* SPDX-License-Identifier: Apache-2.0 */

/* Swap by move: what is its own. What every swap does is in tests/powercut, cut everywhere. */

#include <string.h>

#include "otter/bytes.h"
#include "otter/crc32.h"
#include "stage.h"
#include "tests.h"

#define KIB       1024u
#define NOTE_SIZE 24u

static void sectors_beyond_the_images_are_left_alone(void **state)
{
    const struct otter_area *primary = &stage.board.primary;
    const struct otter_area *secondary = &stage.board.secondary;

    (void)state;
    stage_open_small(&otter_swap_move, "scratch2", KIB);
    stage_mark(primary, 2 * KIB, 3 * KIB);
    stage_mark(secondary, KIB, 2 * KIB);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_true(stage_is_marked(primary, 2 * KIB, 3 * KIB));
    assert_true(stage_is_marked(secondary, KIB, 2 * KIB));
    stage_close();
}

static void load(const struct otter_area *slot, uint32_t offset, const uint8_t *bytes, uint32_t len)
{
    otter_sim_flash_load(otter_test_board_device(&stage.board, slot), slot->offset + offset, bytes,
                         len);
}

static void write_entry(uint32_t index, uint8_t value)
{
    assert_int_equal(
        otter_trailer_write_status(&stage.board.primary, &stage.board.shape, index, value),
        OTTER_OK);
}

/* mcuboot-format 5.3, stopped after the move phase: two sectors of four, all moved up. */
static void a_swap_that_mcuboot_began_is_finished(void **state)
{
    const struct otter_area *primary;
    const struct otter_trailer_shape *shape;

    (void)state;
    stage_open(&otter_swap_move, "unit8");
    primary = &stage.board.primary;
    shape = &stage.board.shape;
    stage_request_update(true);
    otter_test_board_load(&stage.board, &stage.board.secondary, stage.new_image, stage.new_size);
    otter_test_board_load(&stage.board, primary, stage.old_image, KIB);
    load(primary, KIB, stage.old_image, stage.old_size);
    assert_int_equal(otter_trailer_write_swap_info(primary, shape, OTTER_SWAP_PERM, 0), OTTER_OK);
    assert_int_equal(otter_trailer_write_swap_size(primary, shape, stage.old_size), OTTER_OK);
    assert_int_equal(otter_trailer_write_magic(primary, shape), OTTER_OK);
    write_entry(0, 1);
    write_entry(1, 1);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_reported(OTTER_BOOT_RESUMED));
    assert_true(stage_runs_new());
    assert_true(stage_holds_old(&stage.board.secondary));
    stage_close();
}

static void forge_note(enum otter_swap_type type, uint32_t steps)
{
    uint8_t note[NOTE_SIZE] = { 0x4F, 0x54, 0x53, 0x4E };

    note[8] = (uint8_t)type;
    otter_store_le32(note + 12, stage.old_size);
    otter_store_le32(note + 16, steps);
    otter_store_le32(note + 20, otter_crc32(0, note, 20));
    load(&stage.board.secondary, stage.board.secondary.size - KIB, note, sizeof note);
}

static void a_stranger_s_note_moves_nothing_while_the_primary_s_trailer_is_whole(void **state)
{
    static const struct {
        enum otter_swap_type type;
        uint32_t steps;
    } notes[] = {
        { OTTER_SWAP_REVERT, 0 }, { OTTER_SWAP_REVERT, 6 }, { OTTER_SWAP_TEST, 6 },
        { OTTER_SWAP_TEST, 3 },   { OTTER_SWAP_PERM, 1 },
    };

    (void)state;
    stage_open(&otter_swap_move, "unit8");
    stage_request_update(true);
    assert_int_equal(stage_boot(), OTTER_OK);
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        forge_note(notes[i].type, notes[i].steps);
        otter_sim_flash_reset_counters(&stage.board.devices[0]);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        assert_int_equal(stage.board.devices[0].counters.erases, 0);
    }
    stage_close();
}

/* An external device with sectors of the same size, which fails in one way or another. */
static void open_with_external(void)
{
    static struct otter_test_geometry geometry;

    stage_open(&otter_swap_move, "unit8");
    geometry = *stage.board.geometry;
    geometry.external_sector_size = geometry.sector_size;
    geometry.external_write_size = 4;
    geometry.external_erased_byte = 0xFF;
    otter_test_board_free(&stage.board);
    otter_test_board_init(&stage.board, &geometry, &otter_swap_move, &stage.vendor);
    otter_test_board_load(&stage.board, &stage.board.primary, stage.old_image, stage.old_size);
    stage_request_update(true);
}

static void a_secondary_that_cannot_be_written_leaves_the_primary_untouched(void **state)
{
    (void)state;
    open_with_external();
    stage.board.devices[1].programs_fail = true;
    stage.board.devices[1].erases_fail = true;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_equal(stage.board.devices[0].counters.erases, 0);
    stage.board.devices[1].programs_fail = false;
    stage.board.devices[1].erases_fail = false;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

static void a_secondary_that_goes_away_in_the_middle_is_waited_for(void **state)
{
    (void)state;
    open_with_external();
    otter_sim_power_cut_at(&stage.board.power, stage.board.power.operations + 10,
                           OTTER_SIM_NOT_STARTED, 0);
    (void)stage_boot();
    stage.board.power.is_off = false;
    stage.board.power.cut_at = 0;
    stage.board.device_list[1] = NULL;
    (void)stage_boot();
    assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_NONE);
    stage.board.device_list[1] = &stage.board.devices[1].flash;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_true(stage_holds_old(&stage.board.secondary));
    stage_close();
}

/* Slots of 5 KiB, sectors of 1 KiB; the trailer takes 168 bytes. */
static void an_image_leaves_the_trailers_sectors_and_one_more(void **state)
{
    (void)state;
    stage_open(&otter_swap_move, "scratch2");
    stage_assert_limit(&otter_swap_move, 3 * KIB, NULL);
    stage.board.areas[0].size -= KIB; /* slots may differ */
    stage_assert_limit(&otter_swap_move, 2 * KIB, NULL);
    stage.board.areas[0].size -= 2 * KIB;
    stage_assert_limit(&otter_swap_move, 0, "there is no sector to move up into");
    stage_close();
}

static void layouts_that_cannot_work_are_refused_with_a_reason(void **state)
{
    (void)state;
    stage_open(&otter_swap_move, "scratch2");
    stage.board.layout.max_sectors = 4;
    stage_assert_limit(&otter_swap_move, 0, "a slot has more sectors than max_sectors");
    stage.board.layout.max_sectors = 600;
    stage_assert_limit(&otter_swap_move, 0, "the trailer leaves no room for an image");
    stage_close();

    stage_open(&otter_swap_scratch, "nested");
    stage_assert_limit(&otter_swap_move, 0, "the sectors of the slots are not all of one size");
    stage_close();
}

int test_swap_move(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sectors_beyond_the_images_are_left_alone),
        cmocka_unit_test(a_swap_that_mcuboot_began_is_finished),
        cmocka_unit_test(a_stranger_s_note_moves_nothing_while_the_primary_s_trailer_is_whole),
        cmocka_unit_test(a_secondary_that_cannot_be_written_leaves_the_primary_untouched),
        cmocka_unit_test(a_secondary_that_goes_away_in_the_middle_is_waited_for),
        cmocka_unit_test(an_image_leaves_the_trailers_sectors_and_one_more),
        cmocka_unit_test(layouts_that_cannot_work_are_refused_with_a_reason),
    };

    return cmocka_run_group_tests_name("boot: swap by move", tests, NULL, NULL);
}
