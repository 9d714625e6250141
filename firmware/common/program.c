/* SPDX-License-Identifier: Apache-2.0 */

#include "program.h"

#include <string.h>

#include "app_console.h"
#include "figures.h"
#include "otter/board_layout.h"
#include "otter/image.h"
#include "otter/mbedtls_platform.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/ethernet.h"
#include "otter/mps2/flash.h"
#include "otter/mps2/reset.h"
#include "otter/text.h"

#define SETTINGS_SIZE 16384u

static const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX];

void program_begin(void)
{
    otter_mps2_console_start();
    otter_mps2_clock_start();
    otter_log_set_sink(console_log, NULL);
    otter_mps2_flash_open(&otter_board_layout, devices);
}

/* Flash ---------------------------------------------------------------------------------------- */

struct otter_area program_open_slot(enum otter_area_role role, uint8_t image)
{
    struct otter_area area = { 0 };

    if (otter_layout_open(&otter_board_layout, devices, role, image, &area) != OTTER_OK) {
        otter_mps2_panic("the layout lacks an area that this program needs");
    }
    return area;
}

struct otter_area program_open_area(enum otter_area_role role)
{
    return program_open_slot(role, 0);
}

struct otter_version program_version(void)
{
    const struct otter_area primary = program_open_area(OTTER_AREA_PRIMARY);
    struct otter_image image = { 0 };

    (void)otter_image_open(&primary, 0, primary.size, &image);
    return image.header.version;
}

enum otter_result program_load_settings(struct otter_settings *settings)
{
    static uint8_t bytes[SETTINGS_SIZE];
    const struct otter_area area = program_open_area(OTTER_AREA_SETTINGS);

    return otter_settings_load(&area, bytes, sizeof bytes, settings);
}

/* The bootloader ------------------------------------------------------------------------------- */

bool program_read_handover(struct otter_handover *handover)
{
    if (otter_handover_decode(otter_mps2_handover(), handover) != OTTER_OK) {
        *handover = (struct otter_handover){ 0 };
        console_say("the bootloader left no handover record");
        return true;
    }
    if (memcmp(handover->layout_digest, otter_board_layout.digest, OTTER_LAYOUT_DIGEST_SIZE) != 0) {
        console_say_mismatch(handover, &otter_board_layout);
        return false;
    }
    return true;
}

/* Restarting ---------------------------------------------------------------------------------- */

static void say_figures(void)
{
    char line[128];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "figures: TLS memory ");
    otter_text_append_u32(&text, (uint32_t)otter_mbedtls_pool_high_water());
    otter_text_append(&text, " bytes, ");
    figures_append(&text);
    console_say(line);
}

void program_restart(void *context)
{
    (void)context;
    if (figures_are_wanted()) {
        say_figures();
    }
    console_say("restarting");
    otter_mps2_reset();
}

/* Parts and groups -------------------------------------------------------------------------------- */

bool program_start_parts(const struct program_part parts[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const enum otter_result result = parts[i].start();

        if (result != OTTER_OK) {
            console_say_result(parts[i].name, result);
            return false;
        }
    }
    return true;
}

uint32_t program_step_group(const struct program_group *group)
{
    uint32_t wait_ms = PROGRAM_LONGEST_SLEEP_MS;

    for (size_t i = 0; i < group->count; i++) {
        const uint32_t wanted_ms = group->steps[i](otter_mps2_now_ms());

        wait_ms = wanted_ms < wait_ms ? wanted_ms : wait_ms;
    }
    return wait_ms;
}
