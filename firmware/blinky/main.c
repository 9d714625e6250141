/* SPDX-License-Identifier: Apache-2.0 */

/* Blinky: the smallest program that lives with the bootloader. It knows no network; the way back from it is
 * the golden image, which the button asks for. */

#include "blinker.h"
#include "otter/board_layout.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/flash.h"
#include "otter/mps2/leds.h"
#include "otter/mps2/reset.h"
#include "otter/mps2/watchdog.h"
#include "otter/recovery.h"
#include "otter/text.h"
#include "product.h"

#define LED              0
#define LONGEST_SLEEP_MS 1000u /* the watchdog is fed at least this often */
#define HEALTHY_AFTER_MS 5000u /* longer than the watchdog would have waited */

static const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX];
static struct otter_area recovery;
static struct blinker blinker;
static bool is_healthy;

static void say(const char *line)
{
    otter_mps2_console_line("app: ", line);
}

static void say_interval(void)
{
    char line[64];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "LED toggles every ");
    otter_text_append_u32(&text, PRODUCT_BLINK_INTERVAL_MS);
    otter_text_append(&text, " ms");
    say(line);
}

static _Noreturn void hang(void)
{
    say("this build hangs on purpose");
    for (;;) {
    }
}

/* Starts that ended badly are forgotten once one does not. */
static void report_health(uint32_t now_ms)
{
    if (!is_healthy && now_ms >= HEALTHY_AFTER_MS) {
        is_healthy = true;
        (void)otter_recovery_report_healthy(&recovery);
    }
}

static void look_at_button(void)
{
    if (!otter_mps2_button_pressed()) {
        return;
    }
    if (otter_recovery_request(&recovery) != OTTER_OK) {
        say("the golden image cannot be asked for: the recovery area failed");
        return;
    }
    say("button: asking for the golden image, restarting");
    otter_mps2_reset();
}

static bool never_busy(void)
{
    return false;
}

static _Noreturn void run(void)
{
    for (;;) {
        const uint32_t now_ms = otter_mps2_now_ms();
        const uint32_t wait_ms = blinker_step(&blinker, now_ms);

        otter_mps2_led_set(LED, blinker.on);
        report_health(now_ms);
        look_at_button();
        otter_mps2_watchdog_feed();
        otter_mps2_sleep(wait_ms < LONGEST_SLEEP_MS ? wait_ms : LONGEST_SLEEP_MS, never_busy);
    }
}

int main(void)
{
    otter_mps2_console_start();
    otter_mps2_clock_start();
    otter_mps2_flash_open(&otter_board_layout, devices);
    say("Otter blinky " PRODUCT_VERSION ", " PRODUCT_IMAGE_TYPE " image");
    if (PRODUCT_HANGS) {
        hang();
    }
    if (otter_layout_open(&otter_board_layout, devices, OTTER_AREA_RECOVERY, 0, &recovery)
        != OTTER_OK) {
        otter_mps2_panic("the layout lacks the area \"recovery\"");
    }
    say("feeding the watchdog: this start has succeeded");
    say_interval();
    blinker_init(&blinker, PRODUCT_BLINK_INTERVAL_MS, otter_mps2_now_ms());
    run();
}
