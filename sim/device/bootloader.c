/* SPDX-License-Identifier: Apache-2.0 */

/* The bootloader of the simulated device: libs/boot, with the board's strategy. */

#include <string.h>

#include "console.h"
#include "sim.h"

static void feed_watchdog(void *context)
{
    (void)context; /* the host has none to feed */
}

/* A line for each quarter of the way; one for each sector would bury the rest. */
static bool is_worth_a_line(const struct otter_boot_event *event)
{
    return event->kind != OTTER_BOOT_PROGRESS || event->total < 4
           || event->done % (event->total / 4) == 0;
}

static void report(void *context, const struct otter_boot_event *event)
{
    char line[200];

    (void)context;
    if (is_worth_a_line(event)) {
        console_say("boot", "%s", otter_boot_event_text(event, line, sizeof line));
    }
}

/* Where there are several images, which version of the others goes with the one that is started. */
static void tell_others(const struct sim_board *board, const struct otter_boot_outcome *outcome)
{
    for (uint8_t image = 1; image < board->layout->image_count; image++) {
        char version[OTTER_VERSION_TEXT_SIZE];

        otter_version_format(&outcome->other_versions[image - 1], version);
        console_say("boot", "with image %u, %s", (unsigned)image, version);
    }
}

static const struct otter_boot_hooks hooks = {
    .feed_watchdog = feed_watchdog,
    .report = report,
};

enum otter_result sim_boot(const struct sim_board *board, struct otter_boot_outcome *outcome)
{
    static uint8_t buffer[4096];
    struct otter_signature_memory memory = { 0 }; /* of this boot alone, as on a device */
    struct otter_boot_config config = {
        .layout = board->layout,
        .devices = board->devices,
        .strategy = &SIM_STRATEGY,
        .trust = board->trust,
        .encryption = board->trust.decryption_key != NULL ? &otter_boot_encryption : NULL,
        .several = board->layout->image_count > 1 ? &otter_boot_several : NULL,
        .hooks = &hooks,
        .buffer = buffer,
        .buffer_size = sizeof buffer,
    };
    char version[OTTER_VERSION_TEXT_SIZE];
    enum otter_result result;

    config.trust.memory = &memory;
    console_say("boot", "Otter bootloader, simulated, layout %s", board->layout->name);
    result = otter_boot_go(&config, outcome);
    if (result == OTTER_OK && outcome->verdict != OTTER_VERDICT_GOOD) {
        result = OTTER_ERR_IMAGE_SIGNATURE;
    }
    if (result != OTTER_OK) {
        console_say_result("boot", "no program to start", result);
        return result;
    }
    otter_version_format(&outcome->image.header.version, version);
    console_say("boot", "starting %s", version);
    tell_others(board, outcome);
    return OTTER_OK;
}

bool sim_program_hangs(const struct otter_boot_outcome *outcome)
{
    char text[sizeof SIM_HANGS - 1];

    return otter_area_read(&outcome->slot, outcome->image.start + outcome->image.header.header_size,
                           text, sizeof text)
               == OTTER_OK
           && memcmp(text, SIM_HANGS, sizeof text) == 0;
}
