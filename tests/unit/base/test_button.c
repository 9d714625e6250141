/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "otter/button.h"
#include "suites.h"

#define LOOK_MS 10u

static struct otter_button button;
static uint32_t now;
static unsigned changes;

static void start_at(uint32_t ms)
{
    now = ms;
    changes = 0;
    otter_button_init(&button, now);
}

static void keep(bool down, uint32_t ms)
{
    for (uint32_t i = 0; i < ms; i += LOOK_MS) {
        now += LOOK_MS;
        changes += otter_button_look(&button, down, now);
    }
}

static void a_press_counts_once_it_has_settled(void **state)
{
    (void)state;
    start_at(0);
    keep(true, OTTER_BUTTON_SETTLE_MS);
    assert_false(button.is_down);
    keep(true, LOOK_MS);
    assert_true(button.is_down);
    assert_int_equal(changes, 1);
}

static void bouncing_is_neither_press_nor_release(void **state)
{
    (void)state;
    start_at(0);
    for (int i = 0; i < 20; i++) {
        keep(i % 2 == 0, 2 * LOOK_MS);
    }
    assert_int_equal(changes, 0);
    keep(true, 100);
    for (int i = 0; i < 20; i++) {
        keep(i % 2 == 0, 2 * LOOK_MS);
    }
    assert_true(button.is_down);
    assert_int_equal(changes, 1);
}

static void it_tells_how_long_it_is_held_and_then_that_it_is_not(void **state)
{
    (void)state;
    start_at(0);
    keep(true, 5060);
    assert_in_range(otter_button_held_ms(&button, now), 5000, 5000 + LOOK_MS);
    keep(false, 100);
    assert_int_equal(otter_button_held_ms(&button, now), 0);
    assert_int_equal(changes, 2);
}

static void the_clock_may_wrap(void **state)
{
    (void)state;
    start_at(UINT32_MAX - 25);
    keep(true, 1060);
    assert_in_range(otter_button_held_ms(&button, now), 1000, 1000 + LOOK_MS);
}

int run_button_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_press_counts_once_it_has_settled),
        cmocka_unit_test(bouncing_is_neither_press_nor_release),
        cmocka_unit_test(it_tells_how_long_it_is_held_and_then_that_it_is_not),
        cmocka_unit_test(the_clock_may_wrap),
    };
    return cmocka_run_group_tests_name("button", tests, NULL, NULL);
}
