/* SPDX-License-Identifier: Apache-2.0 */

/* The HTTP example with code executed in place: the launcher, image 0. It keeps both images up to date
 * over HTTP or HTTPS, and calls the part in external flash, image 1 (part.h).
 *
 * It looks for an update when the button is pressed, and not before. The update is a bundle with both
 * images, installed together. */

#include <string.h>

#include "app_console.h"
#include "decryption.h"
#include "device_settings.h"
#include "network.h"
#include "otter/agent.h"
#include "otter/agent_bundle.h"
#include "otter/board_layout.h"
#include "otter/direct.h"
#include "otter/lwip_network.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/leds.h"
#include "otter/mps2/reset.h"
#include "otter/mps2/watchdog.h"
#include "part.h"
#include "product.h"
#include "program.h"
#include "trusted_keys.h"
#include "web.h"

#define LED             0
#define PART_IMAGE      1
#define SESSION_POLL_MS 2u /* a TLS handshake goes on by itself, without new bytes */

static uint8_t agent_buffer[4096];
static struct device_settings settings;
static struct http_settings web_settings;
static struct web web;
static const struct xip_part *part;
static struct blinker blinker;
static bool agent_is_running;
static bool was_asked; /* by the button, for the present or the next session */

/* The part ------------------------------------------------------------------------------------- */

/* The bootloader has seen to it that it belongs to this image. */
static const struct xip_part *find_part(void)
{
    const struct otter_area slot = program_open_slot(OTTER_AREA_PRIMARY, PART_IMAGE);
    const uintptr_t address =
        slot.flash->geometry->address + slot.offset + otter_board_layout.header_size;
    const struct xip_part *found = (const struct xip_part *)address;

    if (found->magic != XIP_PART_MAGIC) {
        otter_mps2_panic("image 1 is not the part that this program calls");
    }
    return found;
}

static void start_part(void)
{
    part = find_part();
    console_say_text("image 1: ", part->about);
    console_say_number("LED toggles every ", part->blink_interval_ms, " ms");
    part->blinker_init(&blinker, part->blink_interval_ms, otter_mps2_now_ms());
}

/* The agent ------------------------------------------------------------------------------------ */

/* How the last update ended is told without being asked for, at the first check. */
static enum otter_agent_answer on_agent_event(void *context, const struct otter_agent_event *event)
{
    (void)context;
    if (event->stage == OTTER_STAGE_ASKING && !was_asked) {
        return OTTER_ANSWER_STOP;
    }
    console_say_event(event);
    return OTTER_ANSWER_CONTINUE;
}

static const struct otter_agent_hooks agent_hooks = {
    .event = on_agent_event,
    .restart = program_restart,
    .random = network_random_number,
};

static struct otter_agent_slots part_slots = { .max_image_size = PRODUCT_MAX_PART_SIZE };
static struct otter_agent_bundle bundle;
static const struct otter_agent_bundles bundles = {
    .ops = &otter_agent_bundle_ops,
    .state = &bundle,
    .others = &part_slots,
    .other_count = 1,
};

static struct otter_job place; /* of the bundle, in direct flow */
static struct otter_direct direct;
static struct otter_job_source reports;
static struct otter_job_source jobs;
static struct otter_data_source data;
static struct otter_agent agent;
static struct otter_agent_config agent_config = {
    .layout = &otter_board_layout,
    .trust = {
        .crypto = &DECRYPTION_CRYPTO,
        .keys = otter_trusted_keys,
        .key_count = OTTER_TRUSTED_KEY_COUNT,
        .decryption_key = DECRYPTION_KEY,
        .layout_digest = otter_board_layout.digest,
    },
    .decrypt = otter_image_decrypt,
    .max_image_size = PRODUCT_MAX_IMAGE_SIZE,
    .jobs = &jobs,
    .data = &data,
    .bundles = &bundles,
    .hooks = &agent_hooks,
    .hooks_context = &network_random,
    .reboot_upon_completion = true,
    .validate_after_reboot = false, /* what was overwritten cannot come back: there is no trial */
    .buffer = agent_buffer,
    .buffer_size = sizeof agent_buffer,
};

static struct otter_job_source direct_flow(void)
{
    struct otter_text file;

    place.connection = OTTER_JOB_CONNECTION_SAME;
    otter_text_init(&file, place.file, sizeof place.file);
    otter_text_append(&file, web_settings.image_path);
    return otter_direct_source(&direct, &place, &reports);
}

static enum otter_result start_agent(void)
{
    part_slots.primary = program_open_slot(OTTER_AREA_PRIMARY, PART_IMAGE);
    part_slots.secondary = program_open_slot(OTTER_AREA_SECONDARY, PART_IMAGE);
    reports = otter_http_job_source(&web.transport);
    jobs = settings.is_direct ? direct_flow() : reports;
    data = otter_http_data_source(&web.transport);
    agent_config.identity = settings.identity;
    agent_config.timing = settings.timing;
    agent_config.primary = program_open_area(OTTER_AREA_PRIMARY);
    agent_config.secondary = program_open_area(OTTER_AREA_SECONDARY);
    agent_config.journal = program_open_area(OTTER_AREA_JOURNAL);
    return otter_agent_init(&agent, &agent_config, otter_mps2_now_ms());
}

/* Start-up ------------------------------------------------------------------------------------- */

/* A device with an HTTP server needs no broker, whose host is the first of the settings of one. */
static const char *read_settings(const struct otter_settings *found)
{
    const char *const wrong = device_settings_read(found, &settings);

    if (wrong != NULL && strcmp(wrong, "mqtt.host") != 0) {
        return wrong;
    }
    if (otter_settings_get(found, "http.host", NULL) == NULL) {
        return "http.host";
    }
    return http_settings_read(found, &web_settings);
}

static enum otter_result start_settings(void)
{
    struct otter_settings found = { 0 };
    const enum otter_result result = program_load_settings(&found);

    if (result != OTTER_OK) {
        return result;
    }

    const char *wrong = read_settings(&found);

    if (wrong != NULL) {
        console_say_text("setting missing or impossible: ", wrong);
        return OTTER_ERR_ARGUMENT;
    }
    settings.identity.board = otter_board_layout.board;
    settings.identity.version = program_version();
    settings.identity.meaning = otter_result_meaning;
    return OTTER_OK;
}

static enum otter_result start_random(void)
{
    return network_start_random(settings.identity.serial_number);
}

static enum otter_result start_network(void)
{
    return network_start(settings.session.client_id);
}

static enum otter_result start_web(void)
{
    web.tls_config.lower = network_link(0);
    web.tls_config.random = otter_mbedtls_random;
    web.tls_config.random_context = &network_random;
    return web_start(&web, &web_settings, &settings.identity);
}

static const struct program_part parts[] = {
    { "settings", start_settings },  { "random numbers", start_random },
    { "network", start_network },    { "HTTP", start_web },
    { "update agent", start_agent },
};

/* The loop ------------------------------------------------------------------------------------- */

static bool is_in_session(void)
{
    return otter_agent_stage(&agent) != OTTER_STAGE_IDLE;
}

static void look_at_button(void)
{
    if (otter_mps2_button_pressed()) {
        console_say("button: looking for an update");
        was_asked = true;
        otter_agent_check_now(&agent);
    }
}

static uint32_t step_agent(uint32_t now_ms)
{
    uint32_t wait_ms;
    bool was_in_session;

    if (!agent_is_running) {
        return PROGRAM_LONGEST_SLEEP_MS;
    }
    look_at_button();
    was_in_session = is_in_session();
    wait_ms = otter_agent_step(&agent, now_ms);
    if (was_in_session && !is_in_session()) {
        was_asked = false;
    }
    return is_in_session() && wait_ms > SESSION_POLL_MS ? SESSION_POLL_MS : wait_ms;
}

static uint32_t step_network(uint32_t now_ms)
{
    (void)now_ms;
    return agent_is_running ? otter_lwip_step() : PROGRAM_LONGEST_SLEEP_MS;
}

static uint32_t step_led(uint32_t now_ms)
{
    const uint32_t wait_ms = part->blinker_step(&blinker, now_ms);

    otter_mps2_led_set(LED, blinker.on);
    return wait_ms;
}

/* The watchdog is fed from here alone: only while everything else runs. */
static uint32_t step_watchdog(uint32_t now_ms)
{
    (void)now_ms;
    otter_mps2_watchdog_feed();
    return PROGRAM_LONGEST_SLEEP_MS;
}

static program_step *const update_steps[] = { step_network, step_agent };
static program_step *const light_steps[] = { step_led };
static program_step *const watchdog_steps[] = { step_watchdog };

static const struct program_group groups[] = {
    { "update", update_steps, sizeof update_steps / sizeof update_steps[0] },
    { "light", light_steps, sizeof light_steps / sizeof light_steps[0] },
    { "watchdog", watchdog_steps, sizeof watchdog_steps / sizeof watchdog_steps[0] },
};

int main(void)
{
    struct otter_handover handover;

    program_begin();

    const struct otter_version version = program_version();

    console_say_version("Otter HTTP example ", &version, ", " PRODUCT_IMAGE_TYPE " image");
    start_part();

    const bool layouts_agree = program_read_handover(&handover);

    agent_config.boot_refusal = handover.refusal;
    agent_is_running = layouts_agree && program_start_parts(parts, sizeof parts / sizeof parts[0]);
    if (agent_is_running) {
        console_say("press the button to look for an update");
    }
    program_run(groups, sizeof groups / sizeof groups[0]);
}
