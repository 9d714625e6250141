/* SPDX-License-Identifier: Apache-2.0 */

/* What can be asked of a strategy before anything runs: does a layout fit, how large may an image
 * be. */

#include <string.h>

#include "stage.h"
#include "tests.h"

#define KIB 1024u

/* A layout with an internal and an external device, to be bent. */
struct sketch {
    struct otter_sector_run runs[2];
    struct otter_flash_geometry devices[2];
    struct otter_layout_area areas[3];
    struct otter_layout layout;
};

static void draw(struct sketch *sketch)
{
    *sketch = (struct sketch){
        .runs = { { 4 * KIB, 512 }, { 4 * KIB, 512 } },
        .areas = { { .role = OTTER_AREA_PRIMARY, .size = 952 * KIB },
                   { .role = OTTER_AREA_SECONDARY, .device = 1, .size = 952 * KIB },
                   { .role = OTTER_AREA_SCRATCH, .offset = 960 * KIB, .size = 4 * KIB } },
    };
    for (int i = 0; i < 2; i++) {
        sketch->devices[i] = (struct otter_flash_geometry){
            .name = "device",
            .size = 2048 * KIB,
            .runs = &sketch->runs[i],
            .run_count = 1,
            .write_size = 8,
            .erased_byte = 0xFF,
        };
    }
    sketch->layout = (struct otter_layout){
        .devices = sketch->devices,
        .device_count = 2,
        .areas = sketch->areas,
        .area_count = 3,
        .max_align = 8,
        .max_sectors = 238,
    };
}

static uint32_t limit(const struct otter_strategy *strategy, const struct sketch *sketch,
                      const char **because)
{
    return otter_strategy_max_image_size(strategy, &sketch->layout, 0, because);
}

static void a_strategy_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(otter_strategy_name(&otter_overwrite), "overwrite");
    assert_string_equal(otter_strategy_name(&otter_swap_scratch), "swap-scratch");
}

/* mcuboot-format 3.5: slot - trailer - P; trailer = 3 * 238 * 8 + 48; the trailer's first sector has
 * room enough, so P is 0. */
static void the_swap_limit_is_slot_less_trailer(void **state)
{
    struct sketch sketch;
    const char *because = "not asked";

    (void)state;
    draw(&sketch);
    assert_int_equal(limit(&otter_swap_scratch, &sketch, &because), 952 * KIB - (3 * 238 * 8 + 48));
    assert_null(because);
}

static void the_swap_limit_leaves_room_for_the_scratch_trailer(void **state)
{
    struct sketch sketch;

    (void)state;
    draw(&sketch);
    /* 3 * 340 * 8 + 48 = 8208 bytes: two sectors and 16 bytes of a third; the scratch trailer needs
     * 3 * 8 + 48 = 72. */
    sketch.layout.max_sectors = 340;
    assert_int_equal(limit(&otter_swap_scratch, &sketch, NULL), 952 * KIB - 8208 - (72 - 16));
}

static void the_overwrite_limit_is_where_swap_info_begins(void **state)
{
    struct sketch sketch;

    (void)state;
    draw(&sketch);
    assert_int_equal(limit(&otter_overwrite, &sketch, NULL), 952 * KIB - 40);
    sketch.areas[1].size = 900 * KIB;
    assert_int_equal(limit(&otter_overwrite, &sketch, NULL), 900 * KIB - 40);
    sketch.layout.max_align = 32;
    assert_int_equal(limit(&otter_overwrite, &sketch, NULL), 900 * KIB - 128);
}

static void assert_misfit(const struct otter_strategy *strategy, const struct sketch *sketch,
                          const char *expected)
{
    const char *because = NULL;

    assert_int_equal(limit(strategy, sketch, &because), 0);
    assert_non_null(because);
    assert_string_equal(because, expected);
}

static void layouts_that_cannot_work_are_refused_with_a_reason(void **state)
{
    struct sketch sketch;

    (void)state;
    draw(&sketch);
    sketch.layout.area_count = 2;
    assert_misfit(&otter_swap_scratch, &sketch, "there is no scratch area");
    assert_int_not_equal(limit(&otter_overwrite, &sketch, NULL), 0);
    sketch.layout.area_count = 1;
    assert_misfit(&otter_swap_scratch, &sketch, "there is no secondary slot");
    assert_misfit(&otter_overwrite, &sketch, "there is no secondary slot");

    draw(&sketch);
    sketch.areas[1].size -= 4 * KIB;
    assert_misfit(&otter_swap_scratch, &sketch, "primary and secondary slot differ in size");

    draw(&sketch);
    sketch.areas[0].offset = 8;
    assert_misfit(&otter_swap_scratch, &sketch, "an area does not lie on sector boundaries");
    assert_misfit(&otter_overwrite, &sketch, "a slot does not lie on sector boundaries");

    draw(&sketch);
    sketch.devices[1].write_size = 512;
    assert_misfit(&otter_swap_scratch, &sketch, "a write unit is larger than max_align");
    assert_misfit(&otter_overwrite, &sketch, "a slot's write unit is larger than max_align");

    draw(&sketch);
    sketch.layout.max_sectors = 237;
    assert_misfit(&otter_swap_scratch, &sketch, "a slot has more sectors than max_sectors");

    draw(&sketch);
    sketch.runs[1] = (struct otter_sector_run){ 8 * KIB, 256 };
    assert_misfit(&otter_swap_scratch, &sketch,
                  "the sectors of the slots do not line up within the size of the scratch area");

    draw(&sketch);
    sketch.layout.max_sectors = UINT16_MAX;
    assert_misfit(&otter_swap_scratch, &sketch, "the trailer leaves no room for an image");
}

static void a_configuration_that_cannot_work_does_not_boot(void **state)
{
    (void)state;
    stage_open(&otter_swap_scratch, "unit8");
    stage.board.config.buffer_size = 128;
    assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
    stage.board.config.buffer_size = 260;
    assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
    stage.board.config.buffer_size = 256;
    stage.board.layout.area_count = 2;
    assert_int_equal(stage_boot(), OTTER_ERR_ARGUMENT);
    assert_int_equal(stage.outcome.verdict, OTTER_VERDICT_BAD);
    stage_close();
}

int test_strategies(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strategy_has_a_name),
        cmocka_unit_test(the_swap_limit_is_slot_less_trailer),
        cmocka_unit_test(the_swap_limit_leaves_room_for_the_scratch_trailer),
        cmocka_unit_test(the_overwrite_limit_is_where_swap_info_begins),
        cmocka_unit_test(layouts_that_cannot_work_are_refused_with_a_reason),
        cmocka_unit_test(a_configuration_that_cannot_work_does_not_boot),
    };

    return cmocka_run_group_tests_name("boot: strategies", tests, NULL, NULL);
}
