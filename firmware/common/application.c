/* SPDX-License-Identifier: Apache-2.0 */

#include "application.h"

#include "app_console.h"
#include "blinker.h"
#include "decryption.h"
#include "network.h"
#include "otter/board_layout.h"
#include "otter/lwip_network.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/leds.h"
#include "otter/mps2/watchdog.h"
#include "product.h"
#include "trial.h"
#include "trusted_keys.h"
#include "variant.h"

#define LED 0
/* A TLS handshake goes on by itself, without new bytes: of a session, or of one that only listens. */
#define SESSION_POLL_MS 2u
#define LISTEN_POLL_MS  50u

struct application application;

static uint8_t agent_buffer[4096];
static struct blinker blinker;
static struct trial trial;
static const struct program_part *parts;
static size_t part_count;
static bool agent_is_running;
static bool waits_for_button; /* before the agent is started */

/* Parts ---------------------------------------------------------------------------------------- */

enum otter_result application_start_settings(void)
{
    struct device_settings *settings = &application.settings;
    const enum otter_result result = program_load_settings(&application.found);

    if (result != OTTER_OK) {
        return result;
    }

    const char *wrong = device_settings_read(&application.found, settings);

    if (wrong != NULL) {
        console_say_text("setting missing or impossible: ", wrong);
        return OTTER_ERR_ARGUMENT;
    }
    settings->identity.board = otter_board_layout.board;
    settings->identity.version = program_version();
    settings->identity.meaning = otter_result_meaning;
    return OTTER_OK;
}

enum otter_result application_start_random(void)
{
    return network_start_random(application.settings.identity.serial_number);
}

enum otter_result application_start_network(void)
{
    return network_start(application.settings.session.client_id);
}

enum otter_result application_start_broker(void)
{
    application.broker.tls_config = (struct otter_tls_config){
        .lower = network_link(APPLICATION_BROKER_LINK),
        .random = otter_mbedtls_random,
        .random_context = &network_random,
    };
    return broker_start(&application.broker, &application.settings);
}

/* The agent ------------------------------------------------------------------------------------ */

static enum otter_agent_answer on_agent_event(void *context, const struct otter_agent_event *event)
{
    (void)context;
    console_say_event(event);
    return OTTER_ANSWER_CONTINUE;
}

static const struct otter_agent_hooks agent_hooks = {
    .event = on_agent_event,
    .restart = program_restart,
    .random = network_random_number,
};

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
    .jobs = &application.jobs,
    .data = &application.data,
    .hooks = &agent_hooks,
    .hooks_context = &network_random,
    .reboot_upon_completion = true,
    .validate_after_reboot = PRODUCT_HAS_TRIALS,
    .buffer = agent_buffer,
    .buffer_size = sizeof agent_buffer,
};

enum otter_result application_start_agent(void)
{
    agent_config.identity = application.settings.identity;
    agent_config.timing = application.settings.timing;
    agent_config.bundles = application.bundles;
    agent_config.service = application.service;
    agent_config.primary = program_open_area(OTTER_AREA_PRIMARY);
    agent_config.secondary = program_open_area(OTTER_AREA_SECONDARY);
    agent_config.journal = program_open_area(OTTER_AREA_JOURNAL);
    return otter_agent_init(&application.agent, &agent_config, otter_mps2_now_ms());
}

/* The trial ------------------------------------------------------------------------------------ */

bool application_is_on_trial(void)
{
    const struct otter_area primary = program_open_area(OTTER_AREA_PRIMARY);
    const struct otter_trailer_shape shape = otter_trailer_shape(&otter_board_layout);
    enum otter_standing standing = OTTER_STANDING_SETTLED;

    return otter_bootstate_standing(&primary, &shape, &standing) == OTTER_OK
           && standing == OTTER_STANDING_TRIAL;
}

static void start_trial(void)
{
    trial_init(&trial, application_is_on_trial(), application.settings.trial_limit_ms,
               otter_mps2_now_ms());
    if (trial.is_running) {
        console_say_number("on trial: to be confirmed within ", trial.limit_ms / 1000, " s");
    }
}

static uint32_t step_trial(uint32_t now_ms)
{
    if (trial.is_running && otter_agent_has_reached_source(&application.agent)
        && otter_agent_confirm(&application.agent) == OTTER_OK) {
        trial_pass(&trial);
        console_say_version("", &application.settings.identity.version, " confirmed");
    }
    if (trial_step(&trial, now_ms)) {
        console_say("not confirmed in time: waiting for the watchdog");
    }
    return PROGRAM_LONGEST_SLEEP_MS;
}

/* The other steps ------------------------------------------------------------------------------ */

static bool is_in_session(void)
{
    return otter_agent_stage(&application.agent) != OTTER_STAGE_IDLE;
}

static bool start_parts(void)
{
    return program_start_parts(parts, part_count);
}

static void start_with_button(void)
{
    if (otter_mps2_button_pressed()) {
        waits_for_button = false;
        console_say("button: looking for an update");
        agent_is_running = start_parts();
    }
    if (agent_is_running) {
        otter_agent_check_now(&application.agent);
    }
}

static void look_for_a_call(uint32_t now_ms)
{
    if (otter_mps2_button_pressed()) {
        console_say("button: looking for an update");
        otter_agent_check_now(&application.agent);
    }
    if (application.is_called != NULL && !is_in_session() && application.is_called(now_ms)) {
        otter_agent_check_now(&application.agent);
    }
}

static uint32_t longest_wait(void)
{
    if (is_in_session()) {
        return SESSION_POLL_MS;
    }
    return application.is_called != NULL ? LISTEN_POLL_MS : PROGRAM_LONGEST_SLEEP_MS;
}

static uint32_t step_agent(uint32_t now_ms)
{
    uint32_t wait_ms;

    if (waits_for_button) {
        start_with_button();
    }
    if (!agent_is_running) {
        return PROGRAM_LONGEST_SLEEP_MS;
    }
    look_for_a_call(now_ms);
    wait_ms = otter_agent_step(&application.agent, now_ms);
    return wait_ms < longest_wait() ? wait_ms : longest_wait();
}

static uint32_t step_network(uint32_t now_ms)
{
    (void)now_ms;
    return agent_is_running ? otter_lwip_step() : PROGRAM_LONGEST_SLEEP_MS;
}

static uint32_t step_led(uint32_t now_ms)
{
    const uint32_t wait_ms = blinker_step(&blinker, now_ms);

    otter_mps2_led_set(LED, blinker.on);
    return wait_ms;
}

/* The watchdog is fed from here alone: only while everything else runs, and not once a trial has
 * failed. */
static uint32_t step_watchdog(uint32_t now_ms)
{
    (void)now_ms;
    if (!trial.has_failed) {
        otter_mps2_watchdog_feed();
    }
    return PROGRAM_LONGEST_SLEEP_MS;
}

static program_step *const update_steps[] = { step_network, step_agent, step_trial };
static program_step *const light_steps[] = { step_led };
static program_step *const watchdog_steps[] = { step_watchdog };

static const struct program_group groups[] = {
    { "update", update_steps, sizeof update_steps / sizeof update_steps[0] },
    { "light", light_steps, sizeof light_steps / sizeof light_steps[0] },
    { "watchdog", watchdog_steps, sizeof watchdog_steps / sizeof watchdog_steps[0] },
};

/* Start-up ------------------------------------------------------------------------------------- */

static void hang(void)
{
    console_say("this build hangs on purpose to test the revert");
    for (;;) {
    }
}

static void start_updates(bool may_update)
{
    waits_for_button = may_update && variant.waits_for_button;
    if (waits_for_button) {
        console_say("press the button to look for an update");
        return;
    }
    agent_is_running = may_update && start_parts();
    start_trial();
}

_Noreturn void application_run(const struct program_part list[], size_t count)
{
    struct otter_handover handover;

    parts = list;
    part_count = count;
    program_begin();

    const struct otter_version version = program_version();

    console_say_version(variant.title, &version, "");
    if (variant.hangs) {
        hang();
    }
    console_say_number("LED toggles every ", variant.blink_interval_ms, " ms");
    blinker_init(&blinker, variant.blink_interval_ms, otter_mps2_now_ms());

    const bool layouts_agree = program_read_handover(&handover);

    agent_config.boot_refusal = handover.refusal;
    start_updates(layouts_agree);
    program_run(groups, sizeof groups / sizeof groups[0]);
}
