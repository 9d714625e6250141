/* SPDX-License-Identifier: Apache-2.0 */

/* Board check: proves each driver of ports/mps2 and the TCP link of ports/lwip on the emulated
 * board, one check a run. QEMU names it with -semihosting-config arg=...; the exit status is 0 if
 * it passed (tests/e2e/test_board.py). */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "otter/lwip_link.h"
#include "otter/lwip_network.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/ethernet.h"
#include "otter/mps2/flash.h"
#include "otter/mps2/leds.h"
#include "otter/mps2/reset.h"
#include "otter/mps2/semihosting.h"
#include "otter/mps2/stack.h"
#include "otter/mps2/watchdog.h"
#include "otter/text.h"

#define SECTOR 4096u

static const struct otter_sector_run runs[] = { { SECTOR, 512 } };
static const struct otter_flash_geometry geometry[] = {
    { "internal", 0x21000000u, 512 * SECTOR, runs, 1, 8, 0xFF },
};
static const struct otter_layout layout = { .devices = geometry, .device_count = 1 };

static struct otter_mps2_reset last_reset;

static void say(const char *text)
{
    otter_mps2_console_line("check: ", text);
}

static bool never_busy(void)
{
    return false;
}

/* Open the flash and return its first two sectors. */
static struct otter_area open_flash(void)
{
    const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX];

    otter_mps2_flash_open(&layout, devices);
    return (struct otter_area){ .flash = devices[0], .offset = 0, .size = 2 * SECTOR };
}

static bool check_clock(void)
{
    const uint32_t start_ms = otter_mps2_now_ms();
    const int64_t host_start_s = otter_mps2_host_time();

    while (otter_mps2_now_ms() - start_ms < 2000) {
        otter_mps2_sleep(50, never_busy);
    }

    const int64_t host_s = otter_mps2_host_time() - host_start_s;

    return host_s >= 1 && host_s <= 4;
}

static bool check_random(void)
{
    uint8_t first[16] = { 0 };
    uint8_t second[16] = { 0 };

    return otter_mps2_host_random(NULL, first, sizeof first) == OTTER_OK
           && otter_mps2_host_random(NULL, second, sizeof second) == OTTER_OK
           && memcmp(first, second, sizeof first) != 0;
}

static bool check_button(void)
{
    say("waiting for the button");
    while (!otter_mps2_button_pressed()) {
        otter_mps2_sleep(1000, never_busy);
    }
    otter_mps2_led_set(0, true);
    return !otter_mps2_button_pressed();
}

static bool check_flash(void)
{
    static const uint8_t pattern[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    const struct otter_area area = open_flash();
    uint8_t back[8];
    bool is_erased = false;

    return otter_area_erase(&area, 0, 2 * SECTOR) == OTTER_OK
           && otter_area_program(&area, SECTOR, pattern, sizeof pattern) == OTTER_OK
           && otter_area_read(&area, SECTOR, back, sizeof back) == OTTER_OK
           && memcmp(back, pattern, sizeof back) == 0
           && otter_area_is_erased(&area, 0, SECTOR, &is_erased) == OTTER_OK && is_erased
           && otter_mps2_flash_count().erased_sectors == 2
           && otter_mps2_flash_count().programs == 1;
}

/* The checks below end in a reset; the boot after it tells whether it was the right one. */

static bool check_programming_twice(void)
{
    static const uint8_t zeroes[8] = { 0 };
    const struct otter_area area = open_flash();

    if (last_reset.cause == OTTER_MPS2_FAULT) {
        return true;
    }
    (void)otter_area_erase(&area, 0, SECTOR);
    (void)otter_area_program(&area, 0, zeroes, sizeof zeroes);
    (void)otter_area_program(&area, 0, zeroes, sizeof zeroes);
    return false;
}

static bool check_write_to(uintptr_t address)
{
    if (last_reset.cause == OTTER_MPS2_FAULT) {
        return last_reset.pc != 0;
    }
    *(volatile uint32_t *)address = 0;
    return false;
}

static bool check_stray_write(void)
{
    return check_write_to(0x21000100u);
}

static bool check_null_write(void)
{
    volatile uintptr_t null = 0; /* volatile: the compiler must not see what it is */

    return check_write_to(null);
}

static uint32_t recurse(uint32_t depth)
{
    volatile uint8_t frame[128];

    frame[0] = (uint8_t)depth;
    return depth == 0 ? frame[0] : recurse(depth - 1) + frame[0];
}

static bool check_stack_overflow(void)
{
    return last_reset.cause == OTTER_MPS2_FAULT || recurse(1000000) == 0;
}

static bool check_reset(void)
{
    if (last_reset.cause == OTTER_MPS2_SOFTWARE) {
        return true;
    }
    otter_mps2_reset();
}

static bool check_watchdog(void)
{
    if (last_reset.cause == OTTER_MPS2_WATCHDOG) {
        return last_reset.pc != 0;
    }
    otter_mps2_watchdog_start(200);
    for (uint32_t start_ms = otter_mps2_now_ms(); otter_mps2_now_ms() - start_ms < 600;) {
        otter_mps2_watchdog_feed();
    }
    say("hanging after 600 ms with feeding");
    for (;;) {
    }
}

static const struct otter_lwip_ethernet ethernet = {
    .address = otter_mps2_ethernet_address,
    .receive = otter_mps2_ethernet_receive,
    .send = otter_mps2_ethernet_send,
};

static const struct otter_lwip_config network = {
    .ethernet = &ethernet,
    .host_name = "board-check",
    .now_ms = otter_mps2_now_ms,
    .random = otter_mps2_host_random,
};

static void turn(void)
{
    const uint32_t wait_ms = otter_lwip_step();

    otter_mps2_ethernet_listen();
    otter_mps2_sleep(wait_ms, otter_mps2_ethernet_is_waiting);
}

static uint8_t byte_at(uint32_t position)
{
    return (uint8_t)(position * 7 + (position >> 8));
}

/* Send @p total bytes to an echo server and compare what comes back. */
static bool echo(const struct otter_link *link, uint32_t total)
{
    uint32_t sent = 0;
    uint32_t received = 0;

    while (received < total) {
        uint8_t piece[512];
        size_t length = 0;

        while (length < sizeof piece && sent + length < total) {
            piece[length] = byte_at(sent + (uint32_t)length);
            length++;
        }

        const int taken = link->ops->send(link->port, piece, length);
        const int arrived = link->ops->receive(link->port, piece, sizeof piece);

        if (taken < 0 || arrived < 0) {
            say(link->ops->explain(link->port));
            return false;
        }
        sent += (uint32_t)taken;
        for (int i = 0; i < arrived; i++) {
            if (piece[i] != byte_at(received++)) {
                return false;
            }
        }
        if (taken == 0 && arrived == 0) {
            turn();
        }
    }
    return true;
}

static enum otter_result connect_to(const struct otter_link *link, const char *host, uint16_t port)
{
    const struct otter_endpoint endpoint = { .host = host, .port = port };
    enum otter_result result = link->ops->open(link->port, &endpoint);

    while (result == OTTER_AGAIN) {
        turn();
        result = link->ops->progress(link->port);
    }
    return result;
}

/* The test forwards 10.0.2.100:7 to an echo server, and lets 10.0.2.2:9 refuse connections. */
static bool check_network(void)
{
    static struct otter_lwip_link tcp;
    const struct otter_link link = otter_lwip_as_link(&tcp);
    char address[OTTER_LWIP_ADDRESS_SIZE];

    if (!otter_mps2_ethernet_start() || otter_lwip_start(&network) != OTTER_OK
        || connect_to(&link, "10.0.2.100", 7) != OTTER_OK) {
        return false;
    }
    say(otter_lwip_address(address));

    const bool echoed = echo(&link, 300000);

    link.ops->close(link.port);

    const bool refused = connect_to(&link, "10.0.2.2", 9) == OTTER_ERR_HOST;

    say(link.ops->explain(link.port));
    link.ops->close(link.port);
    return echoed && refused;
}

struct check {
    const char *name;
    bool (*run)(void);
};

static const struct check checks[] = {
    { "clock", check_clock },
    { "random", check_random },
    { "button", check_button },
    { "flash", check_flash },
    { "programming-twice", check_programming_twice },
    { "stray-write", check_stray_write },
    { "null-write", check_null_write },
    { "stack-overflow", check_stack_overflow },
    { "reset", check_reset },
    { "watchdog", check_watchdog },
    { "network", check_network },
};

static void say_stack_used(void)
{
    char line[48];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "stack used: ");
    otter_text_append_u32(&text, otter_mps2_stack_used());
    say(line);
}

int main(void)
{
    last_reset = otter_mps2_reset_take();
    otter_mps2_console_start();
    otter_mps2_clock_start();
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (otter_mps2_host_argument(checks[i].name)) {
            const bool passed = checks[i].run();

            say(checks[i].name);
            say(passed ? "passed" : "failed");
            say_stack_used();
            otter_mps2_host_exit(passed ? 0 : 1);
        }
    }
    say("no such check");
    otter_mps2_host_exit(2);
}
