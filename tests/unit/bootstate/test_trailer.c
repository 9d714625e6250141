/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "otter/bootstate.h"
#include "test_board.h"
#include "tests.h"

static struct otter_test_board board;
static struct otter_test_signer signer;

static void use(const char *geometry)
{
    otter_test_signer_fake(&signer, "vendor");
    otter_test_board_init(&board, otter_test_geometry_find(geometry), &otter_swap_scratch, &signer);
}

static const uint8_t *end_of_primary(uint32_t back)
{
    return otter_test_board_bytes(&board, &board.primary) + board.primary.size - back;
}

/* mcuboot-format: for MA = 8 magic S-16, image_ok S-24, copy_done S-32, swap_info S-40, size S-48;
 * for MA = 16: S-16, -32, -48, -64, -80; for MA = 32: S-16, -64, -96, -128, -160. */
static void fields_lie_where_mcuboot_has_them(void **state)
{
    static const struct {
        uint8_t max_align;
        uint32_t back[4];
    } cases[] = {
        { 8, { 24, 32, 40, 48 } },
        { 16, { 32, 48, 64, 80 } },
        { 32, { 64, 96, 128, 160 } },
    };
    const uint32_t s = 0x10000;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct otter_trailer_shape shape = { cases[i].max_align, 8, 128, 3 };

        assert_int_equal(otter_trailer_magic_offset(s), s - 16);
        assert_int_equal(otter_trailer_image_ok_offset(&shape, s), s - cases[i].back[0]);
        assert_int_equal(otter_trailer_copy_done_offset(&shape, s), s - cases[i].back[1]);
        assert_int_equal(otter_trailer_swap_info_offset(&shape, s), s - cases[i].back[2]);
        assert_int_equal(otter_trailer_swap_size_offset(&shape, s), s - cases[i].back[3]);
        assert_int_equal(otter_trailer_status_offset(&shape, s),
                         s - cases[i].back[3] - 3 * 128 * 8);
        assert_int_equal(otter_trailer_size(&shape), cases[i].back[3] + 3 * 128 * 8);
    }
}

static void magics_are_those_of_imgtool(void **state)
{
    static const uint8_t by_8[] = { 0x77, 0xC2, 0x95, 0xF3, 0x60, 0xD2, 0xEF, 0x7F,
                                    0x35, 0x52, 0x50, 0x0F, 0x2C, 0xB6, 0x79, 0x80 };
    static const uint8_t by_32[] = { 0x20, 0x00, 0x2D, 0xE1, 0x5D, 0x29, 0x41, 0x0B,
                                     0x8D, 0x77, 0x67, 0x9C, 0x11, 0x0F, 0x1F, 0x8A };

    (void)state;
    use("unit8");
    assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_OK);
    assert_memory_equal(end_of_primary(16), by_8, 16);
    otter_test_board_free(&board);

    use("unit32");
    assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_OK);
    assert_memory_equal(end_of_primary(16), by_32, 16);
    assert_int_equal(*end_of_primary(17), 0xFF);
    otter_test_board_free(&board);
}

static void what_is_written_is_read_in_every_geometry(void **state)
{
    (void)state;
    for (const struct otter_test_geometry *g = otter_test_geometries; g->name != NULL; g++) {
        struct otter_trailer trailer;
        uint32_t steps;

        use(g->name);
        otter_trailer_read(&board.primary, &board.shape, &trailer);
        assert_int_equal(trailer.magic, OTTER_FLAG_UNSET);
        assert_int_equal(trailer.image_ok, OTTER_FLAG_UNSET);
        assert_int_equal(trailer.copy_done, OTTER_FLAG_UNSET);
        assert_int_equal(trailer.swap_type, OTTER_SWAP_NONE);

        assert_int_equal(
            otter_trailer_write_swap_info(&board.primary, &board.shape, OTTER_SWAP_REVERT, 2),
            OTTER_OK);
        assert_int_equal(otter_trailer_write_swap_size(&board.primary, &board.shape, 123456),
                         OTTER_OK);
        assert_int_equal(otter_trailer_write_image_ok(&board.primary, &board.shape), OTTER_OK);
        assert_int_equal(otter_trailer_write_copy_done(&board.primary, &board.shape), OTTER_OK);
        assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_OK);
        assert_int_equal(otter_trailer_write_status(&board.primary, &board.shape, 0, 1), OTTER_OK);
        assert_int_equal(otter_trailer_write_status(&board.primary, &board.shape, 1, 2), OTTER_OK);

        otter_trailer_read(&board.primary, &board.shape, &trailer);
        assert_int_equal(trailer.magic, OTTER_FLAG_SET);
        assert_int_equal(trailer.image_ok, OTTER_FLAG_SET);
        assert_int_equal(trailer.copy_done, OTTER_FLAG_SET);
        assert_int_equal(trailer.swap_type, OTTER_SWAP_REVERT);
        assert_int_equal(trailer.swap_image, 2);
        assert_int_equal(trailer.swap_size, 123456);
        steps = otter_trailer_count_status(&board.primary, &board.shape);
        assert_int_equal(steps, 2);
        otter_test_board_free(&board);
    }
}

static void an_entry_that_reads_as_erased_below_a_written_one_counts(void **state)
{
    uint32_t steps;

    (void)state;
    use("unit8");
    assert_int_equal(otter_trailer_write_status(&board.primary, &board.shape, 0, 1), OTTER_OK);
    assert_int_equal(otter_trailer_write_status(&board.primary, &board.shape, 2, 3), OTTER_OK);
    steps = otter_trailer_count_status(&board.primary, &board.shape);
    assert_int_equal(steps, 3);
    otter_test_board_free(&board);
}

static void torn_fields_are_bad_and_not_set(void **state)
{
    struct otter_trailer trailer;
    const uint8_t torn = 0x81;

    (void)state;
    use("unit8");
    assert_int_equal(otter_trailer_write_magic(&board.primary, &board.shape), OTTER_OK);
    otter_sim_flash_load(&board.devices[0],
                         board.primary.offset
                             + otter_trailer_image_ok_offset(&board.shape, board.primary.size),
                         &torn, 1);
    otter_sim_flash_load(&board.devices[0], board.primary.offset + board.primary.size - 1, &torn,
                         1);
    otter_trailer_read(&board.primary, &board.shape, &trailer);
    assert_int_equal(trailer.image_ok, OTTER_FLAG_BAD);
    assert_int_equal(trailer.magic, OTTER_FLAG_BAD);
    otter_test_board_free(&board);
}

static void a_flag_whose_unit_is_not_all_erased_cannot_be_written_and_is_bad(void **state)
{
    struct otter_trailer trailer;
    const uint8_t stray = 0x7F;

    (void)state;
    use("unit8");
    otter_sim_flash_load(&board.devices[0],
                         board.primary.offset
                             + otter_trailer_copy_done_offset(&board.shape, board.primary.size) + 5,
                         &stray, 1);
    otter_trailer_read(&board.primary, &board.shape, &trailer);
    assert_int_equal(trailer.copy_done, OTTER_FLAG_BAD);
    otter_test_board_free(&board);
}

static void a_write_unit_wider_than_the_spacing_is_refused(void **state)
{
    struct otter_trailer_shape shape = { 8, 8, 4, 3 };

    (void)state;
    use("unit32");
    assert_int_equal(otter_trailer_write_magic(&board.primary, &shape), OTTER_ERR_ALIGNMENT);
    assert_int_equal(otter_trailer_write_image_ok(&board.primary, &shape), OTTER_ERR_ALIGNMENT);
    assert_int_equal(otter_trailer_write_swap_size(&board.primary, &shape, 1), OTTER_ERR_ALIGNMENT);
    assert_int_equal(otter_trailer_write_status(&board.primary, &shape, 0, 1), OTTER_ERR_ALIGNMENT);
    otter_test_board_free(&board);
}

static void a_device_that_does_not_answer_has_a_bad_trailer(void **state)
{
    struct otter_trailer trailer;

    (void)state;
    use("unit8");
    board.devices[0].reads_fail = true;
    otter_trailer_read(&board.primary, &board.shape, &trailer);
    assert_int_equal(trailer.magic, OTTER_FLAG_BAD);
    assert_int_equal(trailer.image_ok, OTTER_FLAG_BAD);
    assert_int_equal(trailer.copy_done, OTTER_FLAG_BAD);
    assert_int_equal(trailer.swap_info, OTTER_FLAG_BAD);
    assert_int_equal(trailer.swap_type, OTTER_SWAP_NONE);
    otter_test_board_free(&board);
}

int test_trailer(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_lie_where_mcuboot_has_them),
        cmocka_unit_test(magics_are_those_of_imgtool),
        cmocka_unit_test(what_is_written_is_read_in_every_geometry),
        cmocka_unit_test(an_entry_that_reads_as_erased_below_a_written_one_counts),
        cmocka_unit_test(torn_fields_are_bad_and_not_set),
        cmocka_unit_test(a_flag_whose_unit_is_not_all_erased_cannot_be_written_and_is_bad),
        cmocka_unit_test(a_write_unit_wider_than_the_spacing_is_refused),
        cmocka_unit_test(a_device_that_does_not_answer_has_a_bad_trailer),
    };

    return cmocka_run_group_tests_name("bootstate: trailer", tests, NULL, NULL);
}
