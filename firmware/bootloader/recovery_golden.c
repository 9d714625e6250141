/* SPDX-License-Identifier: Apache-2.0 */

/* Going back to the golden image by hand: held during the boot, the button asks for it; without a
 * program to start, a press does. product.h says what happens without a hand. */

#include "recovery.h"

#include "board_button.h"
#include "otter/boot_recovery.h"
#include "otter/button.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "product.h"

#define LOOK_MS 10u /* between two looks at the button */
#define HOLD_MS 5000u

static void say(const char *line)
{
    otter_mps2_console_line("boot: ", line);
}

static bool never_busy(void)
{
    return false;
}

/* Time is counted in looks: the bootloader has no other clock. */
static bool look(struct otter_button *button, uint32_t *now_ms)
{
    otter_mps2_sleep(LOOK_MS, never_busy);
    *now_ms += LOOK_MS;
    return otter_button_look(button, board_button_is_down(), *now_ms);
}

/* A button that is let go too early was not meant. It may bounce at first. */
static bool is_button_held(void *context)
{
    struct otter_button button;
    uint32_t now_ms = 0;

    (void)context;
    if (!board_button_is_down()) {
        return false;
    }
    say("the button is down: hold it for 5 s to go back to the golden image");
    otter_button_init(&button, now_ms);
    while (button.is_down || now_ms <= 2 * OTTER_BUTTON_SETTLE_MS) {
        (void)look(&button, &now_ms);
        if (otter_button_held_ms(&button, now_ms) >= HOLD_MS) {
            return true;
        }
    }
    say("the button was let go: no rollback");
    return false;
}

/* The emulated button has two forms: one that can be held, and bytes that stand for a whole press. */
static bool await_button(void *context)
{
    struct otter_button button;
    uint32_t now_ms = 0;

    (void)context;
    otter_button_init(&button, now_ms);
    for (;;) {
        if (otter_mps2_button_pressed()) {
            return true;
        }
        if (look(&button, &now_ms) && !button.is_down) {
            return true;
        }
    }
}

static const struct otter_boot_recovery recovery = {
    .restores_by_itself = PRODUCT_RESTORES_BY_ITSELF,
    .resumes = PRODUCT_RESTORES_BY_ITSELF,
    .failed_starts_max = PRODUCT_FAILED_STARTS_MAX,
    .is_button_held = is_button_held,
    .await_button = await_button,
};

enum otter_result find_program(const struct otter_boot_config *config,
                               const struct otter_mps2_reset *reset,
                               struct otter_boot_outcome *outcome)
{
    const bool last_start_failed =
        reset->cause == OTTER_MPS2_WATCHDOG || reset->cause == OTTER_MPS2_FAULT;

    board_button_open(config->layout, config->devices);
    return otter_boot_go_or_recover(config, &recovery, last_start_failed, outcome);
}
