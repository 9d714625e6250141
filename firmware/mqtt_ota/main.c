/* SPDX-License-Identifier: Apache-2.0 */

/* The MQTT example: a program that blinks, and keeps itself up to date over MQTT with TLS.
 *
 * This file is the list of what it is made of, wired from the bottom up: flash, network, TLS, MQTT,
 * transport, agent; below that, the loop that steps them. */

#include <string.h>

#include "blinker.h"
#include "console.h"
#include "decryption.h"
#include "device_settings.h"
#include "figures.h"
#include "otter/agent.h"
#include "otter/board_layout.h"
#include "otter/direct.h"
#include "otter/handover.h"
#include "otter/image.h"
#include "otter/lwip_link.h"
#include "otter/lwip_network.h"
#include "otter/mbedtls_platform.h"
#include "otter/mbedtls_random.h"
#include "otter/mps2/clock.h"
#include "otter/mps2/console.h"
#include "otter/mps2/ethernet.h"
#include "otter/mps2/flash.h"
#include "otter/mps2/leds.h"
#include "otter/mps2/reset.h"
#include "otter/mps2/semihosting.h"
#include "otter/mps2/watchdog.h"
#include "otter/mqtt.h"
#include "otter/mqtt_transport.h"
#include "otter/tls_link.h"
#include "product.h"
#include "trial.h"
#include "trusted_keys.h"
#include "variant.h"

#define LED               0
#define LONGEST_SLEEP_MS  1000u /* the watchdog is fed at least this often */
#define SESSION_POLL_MS   2u    /* a TLS handshake goes on by itself, without new bytes */
#define CHUNK_SIZE        4096u
#define CHUNK_WINDOW      4u
#define CHUNK_TRIES       3u
#define RESULT_TIMEOUT_MS 5000u

/* Memory: all of it is here, nothing is allocated. */
static uint8_t settings_bytes[16384];
static uint8_t transport_buffer[OTTER_JOB_DOCUMENT_MAX + 1024];
static uint8_t agent_buffer[4096];
static uint8_t mqtt_send_buffer[2048];
static char mqtt_topic_buffer[160];
static _Alignas(8) uint8_t tls_pool[OTTER_MBEDTLS_TLS_POOL_SIZE];

static struct device_settings settings;
static struct blinker blinker;
static struct trial trial;
static bool agent_is_running;
static bool waits_for_button; /* before the agent is started */

/* Flash ---------------------------------------------------------------------------------------- */

static const struct otter_flash *devices[OTTER_LAYOUT_DEVICES_MAX];

static struct otter_area open_area(enum otter_area_role role)
{
    struct otter_area area = { 0 };

    if (otter_layout_open(&otter_board_layout, devices, role, 0, &area) != OTTER_OK) {
        otter_mps2_panic("the layout lacks an area that this program needs");
    }
    return area;
}

/* What the image says of itself: whoever signed it decided on its version. */
static struct otter_version running_version(void)
{
    const struct otter_area primary = open_area(OTTER_AREA_PRIMARY);
    struct otter_image image = { 0 };

    (void)otter_image_open(&primary, 0, primary.size, &image);
    return image.header.version;
}

/* Network, TLS, MQTT --------------------------------------------------------------------------- */

static struct otter_mbedtls_random random_source;

static const struct otter_lwip_ethernet ethernet = {
    .address = otter_mps2_ethernet_address,
    .receive = otter_mps2_ethernet_receive,
    .send = otter_mps2_ethernet_send,
};

static struct otter_lwip_config network = {
    .ethernet = &ethernet,
    .now_ms = otter_mps2_now_ms,
    .random = otter_mbedtls_random,
    .random_context = &random_source,
};

static struct otter_lwip_link tcp;
static struct otter_tls_link tls;
static struct otter_tls_config tls_config = {
    .random = otter_mbedtls_random,
    .random_context = &random_source,
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
    network.host_name = settings.session.client_id;
    return otter_mps2_ethernet_start() ? otter_lwip_start(&network) : OTTER_ERR_LINK;
}

static enum otter_result start_tls(void)
{
    tls_config.lower = otter_lwip_as_link(&tcp);
    tls_config.ca = otter_tls_pem(settings.ca);
    tls_config.certificate = otter_tls_pem(settings.certificate);
    tls_config.key = otter_tls_pem(settings.key);
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
    .random_context = &random_source,
    .buffer = transport_buffer,
    .buffer_size = sizeof transport_buffer,
};

static enum otter_agent_answer on_agent_event(void *context, const struct otter_agent_event *event)
{
    (void)context;
    console_say_event(event);
    return OTTER_ANSWER_CONTINUE;
}

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

static void restart(void *context)
{
    (void)context;
    if (figures_are_wanted()) {
        say_figures();
    }
    console_say("restarting");
    otter_mps2_reset();
}

static uint32_t random_number(void *context)
{
    uint32_t number = 0;

    (void)otter_mbedtls_random(context, (uint8_t *)&number, sizeof number);
    return number;
}

static const struct otter_agent_hooks agent_hooks = {
    .event = on_agent_event,
    .restart = restart,
    .random = random_number,
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
    .max_image_size = PRODUCT_MAX_IMAGE_SIZE,
    .jobs = &jobs,
    .data = &data,
    .hooks = &agent_hooks,
    .hooks_context = &random_source,
    .reboot_upon_completion = true,
    .validate_after_reboot = true,
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
    agent_config.primary = open_area(OTTER_AREA_PRIMARY);
    agent_config.secondary = open_area(OTTER_AREA_SECONDARY);
    agent_config.journal = open_area(OTTER_AREA_JOURNAL);
    return otter_agent_init(&agent, &agent_config, otter_mps2_now_ms());
}

/* Start-up ------------------------------------------------------------------------------------- */

static enum otter_result start_settings(void)
{
    const struct otter_area area = open_area(OTTER_AREA_SETTINGS);
    struct otter_settings found = { 0 };
    const enum otter_result result =
        otter_settings_load(&area, settings_bytes, sizeof settings_bytes, &found);

    if (result != OTTER_OK) {
        return result;
    }

    const char *wrong = device_settings_read(&found, &settings);

    if (wrong != NULL) {
        console_say_text("setting missing or impossible: ", wrong);
        return OTTER_ERR_ARGUMENT;
    }
    settings.identity.board = otter_board_layout.board;
    settings.identity.version = running_version();
    return OTTER_OK;
}

static enum otter_result start_random(void)
{
    otter_mbedtls_use_pool(tls_pool, sizeof tls_pool);
    otter_mbedtls_use_clock(otter_mps2_host_time);
    return otter_mbedtls_random_init(&random_source, settings.identity.serial_number);
}

static enum otter_result start_mqtt(void)
{
    return otter_mqtt_init(&mqtt, &mqtt_config);
}

struct part {
    const char *name;
    enum otter_result (*start)(void);
};

static const struct part parts[] = {
    { "settings", start_settings },  { "random numbers", start_random },
    { "network", start_network },    { "TLS", start_tls },
    { "MQTT", start_mqtt },          { "transport", start_transport },
    { "update agent", start_agent },
};

static bool start_parts(void)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const enum otter_result result = parts[i].start();

        if (result != OTTER_OK) {
            console_say_result(parts[i].name, result);
            return false;
        }
    }
    return true;
}

/* Without a record the bootloader is not ours, and nothing is known about its layout. */
static bool layouts_agree(void)
{
    struct otter_handover handover;

    if (otter_handover_decode(otter_mps2_handover(), &handover) != OTTER_OK) {
        console_say("the bootloader left no handover record");
        return true;
    }
    if (memcmp(handover.layout_digest, otter_board_layout.digest, OTTER_LAYOUT_DIGEST_SIZE) != 0) {
        console_say_mismatch(&handover, &otter_board_layout);
        return false;
    }
    agent_config.boot_refusal = handover.refusal;
    return true;
}

static void hang(void)
{
    console_say("this build hangs on purpose to test the revert");
    for (;;) {
    }
}

static bool is_on_trial(void)
{
    const struct otter_area primary = open_area(OTTER_AREA_PRIMARY);
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

/* The loop ------------------------------------------------------------------------------------- */

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
    return LONGEST_SLEEP_MS;
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
        return LONGEST_SLEEP_MS;
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
    return agent_is_running ? otter_lwip_step() : LONGEST_SLEEP_MS;
}

static uint32_t step_led(uint32_t now_ms)
{
    const uint32_t wait_ms = blinker_step(&blinker, now_ms);

    otter_mps2_led_set(LED, blinker.on);
    return wait_ms;
}

/* The watchdog is fed from here alone: only while all of the loop runs, and not once a trial has
 * failed. */
static uint32_t step_watchdog(uint32_t now_ms)
{
    (void)now_ms;
    if (!trial.has_failed) {
        otter_mps2_watchdog_feed();
    }
    return LONGEST_SLEEP_MS;
}

/* Each does what is due and says when it wants to be called again. */
static uint32_t (*const steps[])(uint32_t now_ms) = {
    step_network, step_agent, step_trial, step_led, step_watchdog,
};

static _Noreturn void run(void)
{
    for (;;) {
        uint32_t wait_ms = LONGEST_SLEEP_MS;

        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            const uint32_t wanted_ms = steps[i](otter_mps2_now_ms());

            wait_ms = wanted_ms < wait_ms ? wanted_ms : wait_ms;
        }
        otter_mps2_ethernet_listen();
        otter_mps2_sleep(wait_ms, otter_mps2_ethernet_is_waiting);
    }
}

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
    otter_mps2_console_start();
    otter_mps2_clock_start();
    otter_log_set_sink(console_log, NULL);
    otter_mps2_flash_open(&otter_board_layout, devices);

    const struct otter_version version = running_version();

    console_say_version(variant.title, &version, "");
    if (variant.hangs) {
        hang();
    }
    console_say_number("LED toggles every ", variant.blink_interval_ms, " ms");
    blinker_init(&blinker, variant.blink_interval_ms, otter_mps2_now_ms());
    start_program(layouts_agree());
    run();
}
