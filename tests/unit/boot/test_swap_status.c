/* SPDX-License-Identifier: Apache-2.0 */

/* Swap with a status area: what is its own. What every swap does is in tests/powercut, cut everywhere. */

#include <string.h>

#include "stage.h"
#include "tests.h"

#define KIB 1024u

static void request(bool permanent)
{
    const struct otter_test_image update = stage_update();

    stage_request(&update, permanent);
}

static void a_trial_is_exchanged_and_reverted_on_every_board(void **state)
{
    (void)state;
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        stage_open(&otter_swap_status, g->name);
        request(false);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        assert_true(stage_holds_old(&stage.board.secondary));
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_old());
        assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_REVERT);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_NONE);
        stage_close();
    }
}

static void assert_limit(const struct otter_strategy *strategy, uint32_t expected,
                         const char *expected_reason)
{
    const char *because = NULL;

    assert_int_equal(otter_strategy_max_image_size(strategy, &stage.board.layout, 0, &because),
                     expected);
    if (expected_reason == NULL) {
        assert_null(because);
    } else {
        assert_non_null(because);
        assert_string_equal(because, expected_reason);
    }
}

/* One sector a slot, and the image has all of it but the five fields. */
static void large_sectors_cost_no_room(void **state)
{
    (void)state;
    stage_open(&otter_swap_status, "one-sector");
    assert_limit(&otter_swap_status, 4 * KIB - 48, NULL);
    stage_close();
}

static void layouts_that_cannot_work_are_refused_with_a_reason(void **state)
{
    struct otter_layout_area *status;

    (void)state;
    stage_open(&otter_swap_status, "unit8");
    status = &stage.board.areas[stage.board.layout.area_count - 1];
    status->size -= KIB;
    assert_limit(&otter_swap_status, 0,
                 "the status area has less than three sectors for each image");
    status->size += KIB;
    stage.board.layout.image_count = 2;
    assert_limit(&otter_swap_status, 0,
                 "the status area has less than three sectors for each image");
    stage.board.layout.image_count = 1;
    stage.board.layout.area_count--;
    assert_limit(&otter_swap_status, 0, "there is no status area");
    stage.board.layout.area_count++;
    assert_limit(&otter_swap_scratch, 0,
                 "with a status area, there is no room for status in the trailers");
    assert_limit(&otter_swap_move, 0,
                 "with a status area, there is no room for status in the trailers");
    stage_close();
}

static bool is_marked(const struct otter_area *slot, uint32_t from, uint32_t to, uint8_t byte)
{
    const uint8_t *bytes = otter_test_board_bytes(&stage.board, slot);

    return bytes[from] == byte && memcmp(bytes + from, bytes + from + 1, to - from - 1) == 0;
}

static void mark(const struct otter_area *slot, uint32_t from, uint32_t to, uint8_t byte)
{
    uint8_t bytes[8 * KIB];

    memset(bytes, byte, sizeof bytes);
    otter_sim_flash_load(otter_test_board_device(&stage.board, slot), slot->offset + from, bytes,
                         to - from);
}

/* Internal sectors of 1 KiB, external ones of 4 KiB: the piece ends where the image does. */
static void sectors_beyond_the_images_are_left_alone(void **state)
{
    struct otter_test_image small;

    (void)state;
    stage_open(&otter_swap_status, "nested");
    small = stage_update();
    small.size = KIB;
    stage.old_size = otter_test_image_make(
        &(struct otter_test_image){
            .header_size = OTTER_IMAGE_HEADER_SIZE, .size = KIB, .signer = &stage.vendor },
        stage.old_image, sizeof stage.old_image);
    otter_test_board_load(&stage.board, &stage.board.primary, stage.old_image, stage.old_size);
    stage_request(&small, true);
    mark(&stage.board.primary, KIB, 7 * KIB, 0x5A);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_true(is_marked(&stage.board.primary, KIB, 7 * KIB, 0x5A));
    stage_close();
}

static void a_torn_flag_gives_a_trial_one_more_run(void **state)
{
    const uint8_t torn = 0x73;
    uint32_t (*const offsets[])(const struct otter_trailer_shape *shape, uint32_t size) = {
        otter_trailer_copy_done_offset,
        otter_trailer_image_ok_offset,
    };

    (void)state;
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        stage_open(&otter_swap_status, "one-sector");
        request(false);
        assert_int_equal(stage_boot(), OTTER_OK);
        otter_sim_flash_load(&stage.board.devices[0],
                             stage.board.primary.offset
                                 + offsets[i](&stage.board.shape, stage.board.primary.size),
                             &torn, 1);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        assert_int_equal(stage_trailer(&stage.board.primary).copy_done, OTTER_FLAG_SET);
        assert_int_equal(stage_trailer(&stage.board.primary).image_ok, OTTER_FLAG_UNSET);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_old());
        stage_close();
    }
}

static void an_external_device_that_is_absent_does_not_stop_the_primary(void **state)
{
    (void)state;
    stage_open(&otter_swap_status, "mixed-erased");
    request(true);
    stage.board.device_list[1] = NULL;
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    stage.board.device_list[1] = &stage.board.devices[1].flash;
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

int test_swap_status(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_is_exchanged_and_reverted_on_every_board),
        cmocka_unit_test(large_sectors_cost_no_room),
        cmocka_unit_test(layouts_that_cannot_work_are_refused_with_a_reason),
        cmocka_unit_test(sectors_beyond_the_images_are_left_alone),
        cmocka_unit_test(a_torn_flag_gives_a_trial_one_more_run),
        cmocka_unit_test(an_external_device_that_is_absent_does_not_stop_the_primary),
    };

    return cmocka_run_group_tests_name("boot: swap with a status area", tests, NULL, NULL);
}
