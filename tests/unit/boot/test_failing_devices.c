/* SPDX-License-Identifier: Apache-2.0 */

/* Every strategy with an external flash device that fails: a program that is whole in the primary slot
 * starts all the same; where an update had begun, and cannot go on, that is what is said, and once
 * the device works again it goes on as if nothing had happened. */

#include <setjmp.h>
#include <string.h>

#include "set_stage.h"
#include "stage.h"
#include "tests.h"

/* The external device's sectors are those of the internal one, so that they suit every strategy. */
static const struct otter_test_geometry boards[] = {
    { .name = "twins",
      .sector_size = 1024,
      .slot_size = 4096,
      .scratch_size = 1024,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8,
      .external_sector_size = 1024,
      .external_write_size = 8,
      .external_erased_byte = 0xFF },
    { .name = "scratch-beside-secondary",
      .sector_size = 1024,
      .slot_size = 4096,
      .scratch_size = 1024,
      .write_size = 8,
      .erased_byte = 0xFF,
      .max_align = 8,
      .external_sector_size = 1024,
      .external_write_size = 4,
      .external_erased_byte = 0x00,
      .scratch_is_external = true },
};

#define BOARDS (sizeof boards / sizeof boards[0])

/* ---- a device that fails --------------------------------------------------------------------- */

enum operation { READ, PROGRAM, ERASE };

struct failure {
    const char *name;
    bool is_missing;
    bool fails[3];        /* this kind of operation */
    bool is_mute;         /* reads find nothing, and what is written is lost; nothing says so */
    bool falls_mute;      /* instead of dying, when it has no operations left */
    bool is_noticed_late; /* by nothing but what the move itself does to the device */
};

static const struct failure failures[] = {
    { .name = "missing", .is_missing = true },
    { .name = "cannot be read", .fails = { [READ] = true } },
    { .name = "cannot be programmed", .fails = { [PROGRAM] = true } },
    { .name = "cannot be erased", .fails = { [ERASE] = true }, .is_noticed_late = true },
    { .name = "cannot be written", .fails = { [PROGRAM] = true, [ERASE] = true } },
    { .name = "dead", .fails = { true, true, true } },
    { .name = "mute", .is_mute = true },
};

static const struct failure falls_mute = { .name = "falls mute", .falls_mute = true };
static const struct failure none = { .name = "none" };

/* Stands before the external device. */
static struct {
    struct otter_flash flash;
    const struct otter_flash *behind;
    struct failure failure;
    uint32_t operations_left; /* then it is dead, or mute */
} fragile;

static bool fails(enum operation operation)
{
    if (fragile.operations_left == 0) {
        return !fragile.failure.falls_mute;
    }
    fragile.operations_left--;
    return fragile.failure.fails[operation];
}

static bool is_mute(void)
{
    return fragile.failure.is_mute || (fragile.failure.falls_mute && fragile.operations_left == 0);
}

static enum otter_result fragile_read(void *port, uint32_t offset, void *dst, size_t len)
{
    if (fails(READ)) {
        return OTTER_ERR_FLASH;
    }
    if (is_mute()) {
        memset(dst, fragile.flash.geometry->erased_byte, len);
        return OTTER_OK;
    }
    return fragile.behind->ops->read(port, offset, dst, len);
}

static enum otter_result fragile_program(void *port, uint32_t offset, const void *src, size_t len)
{
    if (fails(PROGRAM)) {
        return OTTER_ERR_FLASH;
    }
    return is_mute() ? OTTER_OK : fragile.behind->ops->program(port, offset, src, len);
}

static enum otter_result fragile_erase(void *port, uint32_t offset)
{
    if (fails(ERASE)) {
        return OTTER_ERR_FLASH;
    }
    return is_mute() ? OTTER_OK : fragile.behind->ops->erase(port, offset);
}

static const struct otter_flash_ops fragile_ops = {
    .read = fragile_read,
    .program = fragile_program,
    .erase = fragile_erase,
};

static void let_fail(const struct failure *failure, uint32_t operations_left)
{
    fragile.failure = *failure;
    fragile.operations_left = operations_left;
    stage.board.device_list[1] = failure->is_missing ? NULL : &fragile.flash;
}

static void repair(void)
{
    let_fail(&none, UINT32_MAX);
}

/* ---- what must hold -------------------------------------------------------------------------- */

/* Which of the many cases this is. */
static struct {
    const struct otter_strategy *strategy;
    const struct otter_test_geometry *board;
    uint32_t cut_at;
} now;

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fail_msg("%s on %s, device %s, %u operations left, cut at %u: %s",
                 otter_strategy_name(now.strategy), now.board->name, fragile.failure.name,
                 (unsigned)fragile.operations_left, (unsigned)now.cut_at, what);
    }
}

/* ---- the stage ------------------------------------------------------------------------------- */

static bool open_board(const struct otter_strategy *strategy,
                       const struct otter_test_geometry *board)
{
    now.strategy = strategy;
    now.board = board;
    now.cut_at = 0;
    if (!stage_open_on(strategy, board)) {
        return false;
    }
    fragile.behind = &stage.board.devices[1].flash;
    fragile.flash = (struct otter_flash){ .ops = &fragile_ops,
                                          .port = fragile.behind->port,
                                          .geometry = fragile.behind->geometry };
    repair();
    if (!stage_moves(strategy)) {
        assert_int_equal(otter_bootstate_request(&stage.board.primary, &stage.board.shape, 0, true),
                         OTTER_OK);
    }
    return true;
}

static bool runs(uint8_t minor)
{
    return stage.outcome.verdict == OTTER_VERDICT_GOOD
           && stage.outcome.image.header.version.minor == minor;
}

/* Boot until the power is cut at its operation @p at.
 *
 * @return false if the boot ends before */
static bool boot_until_cut(struct otter_sim_power *power, enum otter_result (*boot)(void),
                           uint32_t at)
{
    jmp_buf reset;
    bool was_cut;

    otter_sim_power_on(power);
    otter_sim_power_cut_at(power, at, OTTER_SIM_TORN, 1);
    power->reset = &reset;
    if (setjmp(reset) == 0) {
        assert_int_equal(boot(), OTTER_OK);
    }
    power->reset = NULL;
    was_cut = power->is_off;
    otter_sim_power_on(power);
    return was_cut;
}

/* A program starts, or the failing device is the reason that is given. What a mute one says is taken for what
 * lies there, where nothing speaks against it. */
static void starts_or_says_why(void)
{
    const enum otter_result result = stage_boot();

    if (result == OTTER_OK) {
        expect(runs(0) || runs(1), "another program starts");
        return;
    }
    if (!is_mute()) {
        expect(result == OTTER_ERR_FLASH, "another reason is given");
        expect(stage.outcome.refusal == OTTER_ERR_FLASH, "the reason is not recorded");
    }
    expect(stage.outcome.verdict != OTTER_VERDICT_GOOD, "the verdict is good all the same");
    expect(stage_reported(OTTER_BOOT_INVALID), "nothing is reported");
}

/* A request that a mute device did not let go of counts once more, for the image that lies there by then:
 * the old one. */
static void goes_on_once_repaired(void)
{
    const bool was_mute = is_mute();

    repair();
    for (int boot = 0; boot < 2; boot++) {
        expect(stage_boot() == OTTER_OK && (runs(1) || (was_mute && runs(0))),
               "the update is lost");
    }
}

/* What is checked on a board, with an external device that fails in one way. */
typedef void check_function(const struct otter_strategy *strategy,
                            const struct otter_test_geometry *board, const struct failure *failure);

/* Calls @p check for each strategy and board that fit. */
static void for_each_strategy(check_function *check, const struct failure *failure)
{
    for (size_t i = 0; otter_strategies[i] != NULL; i++) {
        bool fits = false;

        for (size_t b = 0; b < BOARDS; b++) {
            if (open_board(otter_strategies[i], &boards[b])) {
                stage_close();
                check(otter_strategies[i], &boards[b], failure);
                fits = true;
            }
        }
        assert_true(fits);
    }
}

static void for_each_failure(check_function *check)
{
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        for_each_strategy(check, &failures[i]);
    }
}

/* ---- nothing pending ------------------------------------------------------------------------- */

static void boot_with_nothing_pending(const struct otter_strategy *strategy,
                                      const struct otter_test_geometry *board,
                                      const struct failure *failure)
{
    (void)open_board(strategy, board);
    let_fail(failure, UINT32_MAX);
    otter_sim_flash_reset_counters(&stage.board.devices[0]);
    for (int boot = 0; boot < 2; boot++) {
        expect(stage_boot() == OTTER_OK && runs(0), "the program does not start");
    }
    expect(stage.board.devices[0].counters.programs + stage.board.devices[0].counters.erases == 0,
           "something is written");
    stage_close();
}

static void a_program_without_an_update_starts_whatever_fails(void **state)
{
    (void)state;
    for_each_failure(boot_with_nothing_pending);
}

/* ---- an update pending ----------------------------------------------------------------------- */

static void boot_with_update_pending(const struct otter_strategy *strategy,
                                     const struct otter_test_geometry *board,
                                     const struct failure *failure)
{
    (void)open_board(strategy, board);
    stage_request_update(true);
    let_fail(failure, UINT32_MAX);
    for (int boot = 0; boot < 2; boot++) {
        starts_or_says_why();
        expect(stage.outcome.verdict == OTTER_VERDICT_GOOD || failure->is_noticed_late,
               "no program starts");
    }
    goes_on_once_repaired();
    stage_close();
}

static void an_update_waits_for_a_device_that_fails(void **state)
{
    (void)state;
    for_each_failure(boot_with_update_pending);
}

/* ---- in the middle --------------------------------------------------------------------------- */

static void die(const struct otter_strategy *strategy, const struct otter_test_geometry *board,
                const struct failure *way)
{
    bool is_over = false;

    for (uint32_t operations = 0; !is_over; operations++) {
        (void)open_board(strategy, board);
        stage_request_update(true);
        let_fail(way, operations);
        starts_or_says_why();
        is_over = fragile.operations_left > 0;
        starts_or_says_why();
        goes_on_once_repaired();
        stage_close();
    }
}

static void a_device_that_dies_while_an_update_is_moved_destroys_nothing(void **state)
{
    (void)state;
    for_each_strategy(die, &none);
    for_each_strategy(die, &falls_mute);
}

/* @return whether the power was cut */
static bool resume_with(const struct otter_strategy *strategy,
                        const struct otter_test_geometry *board, uint32_t cut_at,
                        const struct failure *failure)
{
    bool was_cut;

    (void)open_board(strategy, board);
    now.cut_at = cut_at;
    stage_request_update(true);
    was_cut = boot_until_cut(&stage.board.power, stage_boot, cut_at);
    let_fail(failure, UINT32_MAX);
    starts_or_says_why();
    starts_or_says_why();
    goes_on_once_repaired();
    stage_close();
    return was_cut;
}

static void resume_after_each_cut(const struct otter_strategy *strategy,
                                  const struct otter_test_geometry *board,
                                  const struct failure *failure)
{
    uint32_t at = 1;

    while (resume_with(strategy, board, at, failure)) {
        at++;
    }
}

static void a_half_moved_update_waits_for_a_device_that_fails(void **state)
{
    (void)state;
    for_each_failure(resume_after_each_cut);
}

/* ---- several images -------------------------------------------------------------------------- */

static void secondaries_fail(bool fail)
{
    struct otter_sim_flash *external = &set.board.devices[1];

    external->reads_fail = fail;
    external->programs_fail = fail;
    external->erases_fail = fail;
}

/* @return whether the power was cut */
static bool resume_set(const struct otter_strategy *strategy, uint32_t cut_at)
{
    bool was_cut;

    set_open(strategy, 2, true);
    set_request_release(2, true);
    was_cut = boot_until_cut(&set.board.power, set_boot, cut_at);
    secondaries_fail(true);
    for (int boot = 0; boot < 2; boot++) {
        const enum otter_result result = set_boot();

        if (result == OTTER_OK) {
            assert_int_not_equal(set_release(), 0);
        } else {
            assert_int_equal(result, OTTER_ERR_FLASH);
            assert_int_not_equal(set.outcome.verdict, OTTER_VERDICT_GOOD);
        }
    }
    secondaries_fail(false);
    for (int boot = 0; boot < 2; boot++) {
        assert_int_equal(set_boot(), OTTER_OK);
        assert_int_equal(set_release(), 2);
    }
    set_close();
    return was_cut;
}

static void a_half_moved_set_waits_for_a_device_that_fails(void **state)
{
    static const struct otter_strategy *const strategies[] = { &otter_overwrite,
                                                               &otter_swap_scratch,
                                                               &otter_swap_move };

    (void)state;
    for (size_t i = 0; i < sizeof strategies / sizeof strategies[0]; i++) {
        uint32_t at = 1;

        while (resume_set(strategies[i], at)) {
            at++;
        }
    }
}

int test_failing_devices(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_without_an_update_starts_whatever_fails),
        cmocka_unit_test(an_update_waits_for_a_device_that_fails),
        cmocka_unit_test(a_device_that_dies_while_an_update_is_moved_destroys_nothing),
        cmocka_unit_test(a_half_moved_update_waits_for_a_device_that_fails),
        cmocka_unit_test(a_half_moved_set_waits_for_a_device_that_fails),
    };

    return cmocka_run_group_tests_name("boot: failing devices", tests, NULL, NULL);
}
