/* SPDX-License-Identifier: Apache-2.0 */

/* Images that must not be installed: each is refused for its own reason, nothing of the primary
 * slot is touched, and the request is gone afterwards. */

#include <string.h>

#include "stage.h"
#include "tests.h"

static const struct otter_strategy *strategies[] = { &otter_overwrite, &otter_swap_scratch };
#define STRATEGIES (sizeof strategies / sizeof strategies[0])

static void assert_refused(enum otter_result reason)
{
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    assert_int_equal(stage.outcome.refusal, reason);
    assert_int_equal(stage.outcome.swap_done, OTTER_SWAP_NONE);
    assert_true(stage_reported(OTTER_BOOT_REFUSED));
    assert_int_equal(stage_trailer(&stage.board.secondary).magic, OTTER_FLAG_UNSET);
    assert_int_equal(stage_trailer(&stage.board.secondary).image_ok, OTTER_FLAG_UNSET);
    assert_int_equal(otter_sim_flash_worst_sector(&stage.board.devices[0],
                                                  stage.board.primary.offset,
                                                  stage.board.primary.size),
                     0);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_int_equal(stage.outcome.refusal, OTTER_OK);
}

static void refuse_update(struct otter_test_image (*make)(void), enum otter_result reason)
{
    for (size_t i = 0; i < STRATEGIES; i++) {
        stage_open(strategies[i], "unit8");

        const struct otter_test_image update = make();

        stage_request(&update, true);
        assert_refused(reason);
        stage_close();
    }
}

static struct otter_test_image unsigned_update(void)
{
    struct otter_test_image update = stage_update();

    update.is_unsigned = true;
    return update;
}

static void an_unsigned_image_is_refused(void **state)
{
    (void)state;
    refuse_update(unsigned_update, OTTER_ERR_IMAGE_UNSIGNED);
}

static struct otter_test_image strangers_update(void)
{
    struct otter_test_image update = stage_update();

    update.signer = &stage.stranger;
    return update;
}

static void an_image_by_an_unknown_key_is_refused(void **state)
{
    (void)state;
    refuse_update(strangers_update, OTTER_ERR_IMAGE_UNKNOWN_KEY);
}

static struct otter_test_image update_for_other_layout(void)
{
    static const uint8_t other[OTTER_LAYOUT_DIGEST_SIZE] = { 0xEE };
    struct otter_test_image update = stage_update();

    update.layout_digest = other;
    return update;
}

static void an_image_for_another_layout_is_refused(void **state)
{
    (void)state;
    refuse_update(update_for_other_layout, OTTER_ERR_IMAGE_LAYOUT);
}

static struct otter_test_image update_not_to_boot(void)
{
    struct otter_test_image update = stage_update();

    update.flags = OTTER_IMAGE_NON_BOOTABLE;
    return update;
}

static void an_image_marked_as_not_bootable_is_refused(void **state)
{
    (void)state;
    refuse_update(update_not_to_boot, OTTER_ERR_IMAGE_UNSUPPORTED);
}

static uint32_t address_of(const struct otter_area *slot)
{
    return slot->flash->geometry->address + slot->offset;
}

static struct otter_test_image update_linked_for_where_it_is_staged(void)
{
    struct otter_test_image update = stage_update();

    update.flags = OTTER_IMAGE_ROM_FIXED;
    update.load_address = address_of(&stage.board.secondary);
    return update;
}

static void an_image_linked_for_another_address_is_refused(void **state)
{
    (void)state;
    refuse_update(update_linked_for_where_it_is_staged, OTTER_ERR_IMAGE_ADDRESS);
}

static void an_image_linked_for_the_primary_slot_is_installed(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES; i++) {
        stage_open(strategies[i], "unit8");

        struct otter_test_image update = stage_update();

        update.flags = OTTER_IMAGE_ROM_FIXED;
        update.load_address = address_of(&stage.board.primary);
        stage_request(&update, true);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        stage_close();
    }
}

static struct otter_test_image update_one_unit_too_big(void)
{
    struct otter_test_image update = stage_update();

    update.size += 8;
    return update;
}

static void one_write_unit_too_much_is_refused(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");

    const struct otter_test_image update = update_one_unit_too_big();

    /* Where the trailer's status would be there is image now; the request itself fits. */
    stage_request(&update, true);
    assert_refused(OTTER_ERR_IMAGE_TOO_BIG);
    stage_close();
}

static void an_image_for_this_layout_is_installed(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES; i++) {
        stage_open(strategies[i], "unit8");

        struct otter_test_image update = stage_update();

        update.layout_digest = stage.board.layout.digest;
        stage_request(&update, true);
        assert_int_equal(stage_boot(), OTTER_OK);
        assert_true(stage_runs_new());
        stage_close();
    }
}

/* Every bit of a small image; the padding of a TLV area has none that does not matter. */
static void any_flipped_bit_is_refused(void **state)
{
    struct otter_test_image update;
    uint32_t accepted = 0;

    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    update = stage_update();
    update.size = 0;
    update.program_size = 16;
    stage_request(&update, true);
    for (uint32_t bit = 0; bit < stage.new_size * 8; bit++) {
        struct otter_sim_flash *device = &stage.board.devices[0];

        stage_request(&update, true);
        device->bytes[stage.board.secondary.offset + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(stage_boot(), OTTER_OK);
        if (!stage_runs_old()) {
            accepted++;
        }
    }
    assert_int_equal(accepted, 0);
    stage_close();
}

static void a_truncated_image_is_refused(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");

    const struct otter_test_image update = stage_update();
    struct otter_test_board *board = &stage.board;
    const uint32_t size = otter_test_image_make(&update, stage.new_image, sizeof stage.new_image);

    otter_test_board_load(board, &board->secondary, stage.new_image, size / 2);
    assert_int_equal(otter_bootstate_request(&board->secondary, &board->shape, 0, false), OTTER_OK);
    assert_refused(OTTER_ERR_IMAGE_TLV);
    stage_close();
}

static void a_request_without_an_image_is_dropped(void **state)
{
    struct otter_test_board *board = &stage.board;

    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    assert_int_equal(otter_bootstate_request(&board->secondary, &board->shape, 0, true), OTTER_OK);
    assert_refused(OTTER_ERR_EMPTY_SLOT);
    stage_close();
}

static void a_downgrade_is_refused_only_where_configured(void **state)
{
    (void)state;
    for (size_t i = 0; i < STRATEGIES * 2; i++) {
        const bool refuse = i % 2 == 0;

        stage_open(strategies[i / 2], "unit8");
        stage.board.config.downgrade = refuse ? &otter_no_older_version : NULL;

        struct otter_test_image update = stage_update();

        update.version = (struct otter_version){ .minor = 9 };
        stage_request(&update, true);
        if (refuse) {
            assert_refused(OTTER_ERR_DOWNGRADE);
            assert_int_equal(stage.event_count > 0, 1);
        } else {
            assert_int_equal(stage_boot(), OTTER_OK);
            assert_true(stage_runs_new());
        }
        stage_close();
    }
}

/* Counters of the primary and of the update; 0: it has none. */
static void the_counter_decides_where_configured(void **state)
{
    static const struct {
        uint32_t running;
        uint32_t update;
        bool is_refused;
    } rows[] = {
        { 0, 0, false }, { 0, 1, false }, { 5, 5, false },
        { 5, 6, false }, { 5, 4, true },  { 5, 0, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct otter_test_image image;

        stage_open(&otter_swap_scratch, "unit8");
        stage.board.config.downgrade = &otter_no_lower_counter;
        image = stage_update();
        image.security_counter = rows[i].running;
        stage.old_size = otter_test_image_make(&image, stage.old_image, sizeof stage.old_image);
        otter_test_board_load(&stage.board, &stage.board.primary, stage.old_image, stage.old_size);
        image.seed = 7;
        image.version = (struct otter_version){ .minor = 9 };
        image.security_counter = rows[i].update;
        stage_request(&image, true);
        if (rows[i].is_refused) {
            assert_refused(OTTER_ERR_DOWNGRADE);
        } else {
            assert_int_equal(stage_boot(), OTTER_OK);
            assert_true(stage_runs_new());
        }
        stage_close();
    }
}

static void a_refusal_is_noted_where_it_outlasts_a_loss_of_power(void **state)
{
    struct otter_test_image update;

    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    update = stage_update();
    update.signer = &stage.stranger;
    stage_request(&update, true);
    assert_refused(OTTER_ERR_IMAGE_UNKNOWN_KEY);
    assert_int_equal(otter_bootstate_refusal(&stage.board.secondary, &stage.board.shape),
                     OTTER_ERR_IMAGE_UNKNOWN_KEY);
    update = stage_update();
    stage_request(&update, true);
    assert_int_equal(otter_bootstate_refusal(&stage.board.secondary, &stage.board.shape), OTTER_OK);
    stage_close();
}

static void a_revert_is_no_downgrade(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    stage.board.config.downgrade = &otter_no_older_version;

    const struct otter_test_image update = stage_update();

    stage_request(&update, false);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_old());
    stage_close();
}

static void a_damaged_primary_does_not_keep_an_older_update_out(void **state)
{
    (void)state;
    stage_open(&otter_overwrite, "unit8");
    stage.board.config.downgrade = &otter_no_older_version;
    stage.board.devices[0].bytes[OTTER_IMAGE_HEADER_SIZE] ^= 1;

    struct otter_test_image update = stage_update();

    update.version = (struct otter_version){ .minor = 9 };
    stage_request(&update, true);
    assert_int_equal(stage_boot(), OTTER_OK);
    assert_true(stage_runs_new());
    stage_close();
}

static void a_primary_too_big_to_be_swapped_is_kept(void **state)
{
    struct otter_test_board *board = &stage.board;

    (void)state;
    stage_open(&otter_swap_scratch, "unit8");

    struct otter_test_image factory = stage_update();

    factory.size += 64;
    stage.old_size = otter_test_image_make(&factory, stage.old_image, sizeof stage.old_image);
    otter_test_board_load(board, &board->primary, stage.old_image, stage.old_size);

    const struct otter_test_image update = stage_update();

    stage_request(&update, true);
    assert_refused(OTTER_ERR_NO_SPACE);
    stage_close();
}

int test_refusals(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unsigned_image_is_refused),
        cmocka_unit_test(an_image_by_an_unknown_key_is_refused),
        cmocka_unit_test(an_image_for_another_layout_is_refused),
        cmocka_unit_test(an_image_marked_as_not_bootable_is_refused),
        cmocka_unit_test(an_image_linked_for_another_address_is_refused),
        cmocka_unit_test(an_image_linked_for_the_primary_slot_is_installed),
        cmocka_unit_test(one_write_unit_too_much_is_refused),
        cmocka_unit_test(an_image_for_this_layout_is_installed),
        cmocka_unit_test(any_flipped_bit_is_refused),
        cmocka_unit_test(a_truncated_image_is_refused),
        cmocka_unit_test(a_request_without_an_image_is_dropped),
        cmocka_unit_test(a_downgrade_is_refused_only_where_configured),
        cmocka_unit_test(the_counter_decides_where_configured),
        cmocka_unit_test(a_refusal_is_noted_where_it_outlasts_a_loss_of_power),
        cmocka_unit_test(a_revert_is_no_downgrade),
        cmocka_unit_test(a_damaged_primary_does_not_keep_an_older_update_out),
        cmocka_unit_test(a_primary_too_big_to_be_swapped_is_kept),
    };

    return cmocka_run_group_tests_name("boot: refusals", tests, NULL, NULL);
}
