/* SPDX-License-Identifier: Apache-2.0 */

/* The end of the bootloader: the jump, or the admission that there is nothing to jump to. */

#include "start.h"

#include "console.h"
#include "figures.h"
#include "handover.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/watchdog.h"
#include "otter/verdict.h"

/* An application that does not feed it within this time is reset, and reverted if on trial. */
#define WATCHDOG_TIMEOUT_MS 4000u

static void say_start(const struct otter_boot_outcome *outcome)
{
    char line[CONSOLE_LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "starting ");
    otter_text_append_version(&text, &outcome->image.header.version);
    otter_text_append(&text, " at ");
    otter_text_append_hex32(&text, outcome->vector_table);
    console_say(&text);
}

/* QEMU with -icount makes the ticks exact. */
static void say_figures(void)
{
    const uint32_t ticks = otter_mps2_stopwatch_ticks();
    char line[CONSOLE_LINE_SIZE];
    struct otter_text text;

    if (!figures_are_wanted()) {
        return;
    }
    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "figures: ");
    otter_text_append_u32(&text, ticks);
    otter_text_append(&text, " ticks, ");
    figures_append(&text);
    console_say(&text);
}

_Noreturn void start_program(const struct otter_boot_config *config,
                             const struct otter_boot_outcome *outcome,
                             const struct otter_mps2_reset *reset)
{
    if (!otter_verdict_is_good(&outcome->verdict)) {
        stay_here(OTTER_ERR_IMAGE_SIGNATURE);
    }
    leave_handover(config->layout, outcome, reset->cause);
    say_figures();
    say_start(outcome);
    otter_mps2_watchdog_start(WATCHDOG_TIMEOUT_MS);
    if (!otter_verdict_is_good(&outcome->verdict)) {
        stay_here(OTTER_ERR_IMAGE_SIGNATURE);
    }
    otter_mps2_start(outcome->vector_table);
}

static bool never_busy(void)
{
    return false;
}

_Noreturn void stay_here(enum otter_result why)
{
    char line[CONSOLE_LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "nothing to start: ");
    otter_text_append(&text, otter_result_meaning(why));
    otter_text_append(&text, "; program an image and reset the device");
    console_say(&text);
    for (;;) {
        otter_mps2_sleep(UINT32_MAX, never_busy);
    }
}
