/* SPDX-License-Identifier: Apache-2.0 */

#include "stage.h"

#include <string.h>

#include "tests.h"

struct stage stage;

static void feed(void *context)
{
    (void)context;
    stage.feeds++;
}

static void record(void *context, const struct otter_boot_event *event)
{
    (void)context;
    if (stage.event_count < sizeof stage.events / sizeof stage.events[0]) {
        stage.events[stage.event_count++] = *event;
    }
}

static const struct otter_boot_hooks hooks = { .feed_watchdog = feed, .report = record };

static uint32_t largest(void)
{
    return otter_strategy_max_image_size(stage.board.config.strategy, &stage.board.layout, 0, NULL);
}

static void load_old(void)
{
    stage.board.config.hooks = &hooks;
    stage.old_size =
        otter_test_image_make(&(struct otter_test_image){ .version = { .major = 1 },
                                                          .header_size = OTTER_IMAGE_HEADER_SIZE,
                                                          .size = largest(),
                                                          .program_size = 100,
                                                          .signer = &stage.vendor },
                              stage.old_image, sizeof stage.old_image);
    otter_test_board_load(&stage.board, &stage.board.primary, stage.old_image, stage.old_size);
}

bool stage_open_on(const struct otter_strategy *strategy,
                   const struct otter_test_geometry *geometry)
{
    memset(&stage, 0, sizeof stage);
    otter_test_signer_fake(&stage.vendor, "vendor");
    otter_test_signer_fake(&stage.stranger, "stranger");
    otter_test_board_init(&stage.board, geometry, strategy, &stage.vendor);
    if (largest() == 0) {
        stage_close();
        return false;
    }
    load_old();
    return true;
}

void stage_open(const struct otter_strategy *strategy, const char *geometry)
{
    (void)stage_open_on(strategy, otter_test_geometry_find(geometry));
}

void stage_open_ecdsa(const struct otter_strategy *strategy, const char *geometry)
{
    memset(&stage, 0, sizeof stage);
    otter_test_signer_ecdsa(&stage.vendor);
    otter_test_signer_ecdsa(&stage.stranger);
    otter_test_board_init(&stage.board, otter_test_geometry_find(geometry), strategy,
                          &stage.vendor);
    load_old();
}

void stage_close(void)
{
    otter_test_signer_free(&stage.vendor);
    otter_test_signer_free(&stage.stranger);
    otter_test_board_free(&stage.board);
}

struct otter_test_image stage_update(void)
{
    return (struct otter_test_image){
        .version = { .major = 1, .minor = 1 },
        .header_size = OTTER_IMAGE_HEADER_SIZE,
        .size = largest(),
        .program_size = 100,
        .seed = 1,
        .signer = &stage.vendor,
    };
}

void stage_request(const struct otter_test_image *update, bool permanent)
{
    struct otter_test_board *board = &stage.board;

    stage.new_size = otter_test_image_make(update, stage.new_image, board->secondary.size);
    otter_test_board_stage(board, stage.new_image, stage.new_size);
    assert_int_equal(otter_bootstate_request(&board->secondary, &board->shape, 0, permanent),
                     OTTER_OK);
}

void stage_request_update(bool permanent)
{
    const struct otter_test_image update = stage_update();

    stage_request(&update, permanent);
}

void stage_open_small(const struct otter_strategy *strategy, const char *geometry, uint32_t size)
{
    struct otter_test_image update;

    stage_open(strategy, geometry);
    stage.old_size = otter_test_image_make(
        &(struct otter_test_image){
            .header_size = OTTER_IMAGE_HEADER_SIZE, .size = size, .signer = &stage.vendor },
        stage.old_image, sizeof stage.old_image);
    otter_test_board_load(&stage.board, &stage.board.primary, stage.old_image, stage.old_size);
    update = stage_update();
    update.size = size;
    stage_request(&update, true);
}

static const uint8_t mark = 0x5A;

void stage_mark(const struct otter_area *slot, uint32_t from, uint32_t to)
{
    struct otter_sim_flash *device = otter_test_board_device(&stage.board, slot);

    for (uint32_t at = from; at < to; at++) {
        otter_sim_flash_load(device, slot->offset + at, &mark, 1);
    }
}

bool stage_is_marked(const struct otter_area *slot, uint32_t from, uint32_t to)
{
    const uint8_t *bytes = otter_test_board_bytes(&stage.board, slot);

    while (from < to && bytes[from] == mark) {
        from++;
    }
    return from == to;
}

void stage_assert_limit(const struct otter_strategy *strategy, uint32_t bytes, const char *because)
{
    const char *found = NULL;

    assert_int_equal(otter_strategy_max_image_size(strategy, &stage.board.layout, 0, &found),
                     bytes);
    if (because == NULL) {
        assert_null(found);
    } else {
        assert_non_null(found);
        assert_string_equal(found, because);
    }
}

bool stage_moves(const struct otter_strategy *strategy)
{
    return strategy != &otter_direct_xip && strategy != &otter_direct_xip_revert;
}

void stage_with_every_move(void (*test)(const struct otter_strategy *strategy))
{
    for (size_t i = 0; otter_strategies[i] != NULL; i++) {
        if (stage_moves(otter_strategies[i])) {
            test(otter_strategies[i]);
        }
    }
}

bool stage_swaps(const struct otter_strategy *strategy)
{
    return stage_moves(strategy) && strategy != &otter_overwrite;
}

enum otter_result stage_boot(void)
{
    stage.event_count = 0;
    return otter_boot_go(&stage.board.config, &stage.outcome);
}

static bool holds(const struct otter_area *slot, const uint8_t *image, uint32_t size)
{
    return memcmp(otter_test_board_bytes(&stage.board, slot), image, size) == 0;
}

bool stage_runs_old(void)
{
    return stage.outcome.verdict == OTTER_VERDICT_GOOD && stage_holds_old(&stage.board.primary);
}

bool stage_runs_new(void)
{
    return stage.outcome.verdict == OTTER_VERDICT_GOOD
           && holds(&stage.board.primary, stage.new_image, stage.new_size);
}

bool stage_holds_old(const struct otter_area *slot)
{
    return holds(slot, stage.old_image, stage.old_size);
}

struct otter_trailer stage_trailer(const struct otter_area *slot)
{
    struct otter_trailer trailer = { 0 };

    otter_trailer_read(slot, &stage.board.shape, &trailer);
    return trailer;
}

bool stage_reported(enum otter_boot_event_kind kind)
{
    for (uint32_t i = 0; i < stage.event_count; i++) {
        if (stage.events[i].kind == kind) {
            return true;
        }
    }
    return false;
}
