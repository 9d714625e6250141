/* SPDX-License-Identifier: Apache-2.0 */

/* The MQTT example: a program that blinks, and keeps itself up to date over MQTT with TLS.
 *
 * This file is the list of what it is made of, wired from the bottom up: flash, network, TLS, MQTT,
 * transport, agent; below that, the steps of its loop, or of its tasks. */

#include "app_console.h"
#include "blinker.h"
#include "decryption.h"
#include "device_settings.h"
#include "network.h"
#include "otter/agent.h"
#include "otter/board_layout.h"
#include "otter/direct.h"
#include "otter/lwip_network.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/leds.h"
#include "otter/mps2/watchdog.h"
#include "otter/mqtt.h"
#include "otter/mqtt_transport.h"
#include "otter/tls_link.h"
#include "product.h"
#include "program.h"
#include "trial.h"
#include "trusted_keys.h"
#include "variant.h"

#define LED               0
#define SESSION_POLL_MS   2u /* a TLS handshake goes on by itself, without new bytes */
#define CHUNK_SIZE        4096u
#define CHUNK_WINDOW      4u
#define CHUNK_TRIES       3u
#define RESULT_TIMEOUT_MS 5000u

/* Memory: all of it is here, nothing is allocated. */
static uint8_t transport_buffer[OTTER_JOB_DOCUMENT_MAX + 1024];
static uint8_t agent_buffer[4096];
static uint8_t mqtt_send_buffer[2048];
static char mqtt_topic_buffer[160];

static struct device_settings settings;
static struct blinker blinker;
static struct trial trial;
static bool agent_is_running;
static bool waits_for_button; /* before the agent is started */

/* Network, TLS, MQTT --------------------------------------------------------------------------- */

static struct otter_tls_link tls;
static struct otter_tls_config tls_config = {
    .random = otter_mbedtls_random,
    .random_context = &network_random,
};

static struct otter_link secure_link;
static struct otter_mqtt mqtt;
static const struct otter_mqtt_config mqtt_config = {
    .link = &secure_link,
    .send_buffer = mqtt_send_buffer,
    .send_size = sizeof mqtt_send_buffer,
    .topic_buffer = mqtt_topic_buffer,
    .topic_size = sizeof mqtt_topic_buffer,
};

static enum otter_result start_network(void)
{
    return network_start(settings.session.client_id);
}

static enum otter_result start_tls(void)
{
    tls_config.lower = network_link();
    tls_config.ca = otter_tls_pem(settings.ca);
    tls_config.certificate = otter_tls_pem(settings.certificate);
    tls_config.key = otter_tls_pem(settings.key);
    tls_config.protocol = settings.protocol;
    secure_link = otter_tls_link(&tls);
    return otter_tls_link_init(&tls, &tls_config);
}

/* Transport and agent -------------------------------------------------------------------------- */

static struct otter_mqtt_client client;
static struct otter_mqtt_transport transport;
static struct otter_mqtt_transport_config transport_config = {
    .client = &client,
    .chunk_size = CHUNK_SIZE,
    .window = CHUNK_WINDOW,
    .chunk_tries = CHUNK_TRIES,
    .result_timeout_ms = RESULT_TIMEOUT_MS,
    .random = otter_mbedtls_random,
    .random_context = &network_random,
    .buffer = transport_buffer,
    .buffer_size = sizeof transport_buffer,
};

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

static const struct otter_job any_image = { .connection = OTTER_JOB_CONNECTION_MQTT };
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
    .hooks = &agent_hooks,
    .hooks_context = &network_random,
    .reboot_upon_completion = true,
    .validate_after_reboot = PRODUCT_HAS_TRIALS,
    .buffer = agent_buffer,
    .buffer_size = sizeof agent_buffer,
};

static enum otter_result start_transport(void)
{
    client = otter_mqtt_as_client(&mqtt);
    transport_config.session = settings.session;
    transport_config.allowed_brokers = settings.allowed_brokers;
    transport_config.topic_prefix = settings.topic_prefix;
    transport_config.fetch = settings.fetch;
    transport_config.job_timeout_ms = settings.job_timeout_ms;
    transport_config.chunk_timeout_ms = settings.chunk_timeout_ms;
    reports = otter_mqtt_job_source(&transport);
    jobs = settings.is_direct ? otter_direct_source(&direct, &any_image, &reports) : reports;
    data = otter_mqtt_data_source(&transport);
    return otter_mqtt_transport_init(&transport, &transport_config);
}

static enum otter_result start_agent(void)
{
    agent_config.identity = settings.identity;
    agent_config.timing = settings.timing;
    agent_config.primary = program_open_area(OTTER_AREA_PRIMARY);
    agent_config.secondary = program_open_area(OTTER_AREA_SECONDARY);
    agent_config.journal = program_open_area(OTTER_AREA_JOURNAL);
    return otter_agent_init(&agent, &agent_config, otter_mps2_now_ms());
}

/* Start-up ------------------------------------------------------------------------------------- */

static enum otter_result start_settings(void)
{
    struct otter_settings found = { 0 };
    const enum otter_result result = program_load_settings(&found);

    if (result != OTTER_OK) {
        return result;
    }

    const char *wrong = device_settings_read(&found, &settings);

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

static enum otter_result start_mqtt(void)
{
    return otter_mqtt_init(&mqtt, &mqtt_config);
}

static const struct program_part parts[] = {
    { "settings", start_settings },  { "random numbers", start_random },
    { "network", start_network },    { "TLS", start_tls },
    { "MQTT", start_mqtt },          { "transport", start_transport },
    { "update agent", start_agent },
};

static bool start_parts(void)
{
    return program_start_parts(parts, sizeof parts / sizeof parts[0]);
}

static void hang(void)
{
    console_say("this build hangs on purpose to test the revert");
    for (;;) {
    }
}

static bool is_on_trial(void)
{
    const struct otter_area primary = program_open_area(OTTER_AREA_PRIMARY);
    const struct otter_trailer_shape shape = otter_trailer_shape(&otter_board_layout);
    enum otter_standing standing = OTTER_STANDING_SETTLED;

    return otter_bootstate_standing(&primary, &shape, &standing) == OTTER_OK
           && standing == OTTER_STANDING_TRIAL;
}

static void start_trial(void)
{
    trial_init(&trial, is_on_trial(), settings.trial_limit_ms, otter_mps2_now_ms());
    if (trial.is_running) {
        console_say_number("on trial: to be confirmed within ", trial.limit_ms / 1000, " s");
    }
}

/* Steps ---------------------------------------------------------------------------------------- */

static uint32_t step_trial(uint32_t now_ms)
{
    if (trial.is_running && otter_agent_has_reached_source(&agent)
        && otter_agent_confirm(&agent) == OTTER_OK) {
        trial_pass(&trial);
        console_say_version("", &settings.identity.version, " confirmed");
    }
    if (trial_step(&trial, now_ms)) {
        console_say("not confirmed in time: waiting for the watchdog");
    }
    return PROGRAM_LONGEST_SLEEP_MS;
}

static bool is_in_session(void)
{
    return otter_agent_stage(&agent) != OTTER_STAGE_IDLE;
}

static void start_with_button(void)
{
    if (otter_mps2_button_pressed()) {
        waits_for_button = false;
        console_say("button: looking for an update");
        agent_is_running = start_parts();
    }
    if (agent_is_running) {
        otter_agent_check_now(&agent);
    }
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
    if (otter_mps2_button_pressed()) {
        console_say("button: looking for an update");
        otter_agent_check_now(&agent);
    }
    wait_ms = otter_agent_step(&agent, now_ms);
    return is_in_session() && wait_ms > SESSION_POLL_MS ? SESSION_POLL_MS : wait_ms;
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

static void start_program(bool may_update)
{
    waits_for_button = may_update && variant.waits_for_button;
    if (waits_for_button) {
        console_say("press the button to look for an update");
        return;
    }
    agent_is_running = may_update && start_parts();
    start_trial();
}

int main(void)
{
    struct otter_handover handover;

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
    start_program(layouts_agree);
    program_run(groups, sizeof groups / sizeof groups[0]);
}
