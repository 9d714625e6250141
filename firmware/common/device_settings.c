/* SPDX-License-Identifier: Apache-2.0 */

/* Settings by name (docs/formats/settings.md) to configuration. Texts are a table; the rest has a
 * default each. */

#include "device_settings.h"

#include <stddef.h>
#include <string.h>

#include "otter/log.h"

#define MQTT_TLS_PORT      8883u
#define KEEP_ALIVE_S       60u
#define BROKER_TIMEOUT_MS  20000u
#define JOB_CHECK_TIME_S   30u
#define PACKET_INTERVAL_S  10u
#define TRIAL_LIMIT_S      60u
#define MILLISECONDS_PER_S 1000u

struct text_setting {
    const char *name;
    const char *otherwise; /* NULL: the device cannot work without it */
    size_t member;         /* offset of a const char * in struct device_settings */
};

#define MEMBER(name) offsetof(struct device_settings, name)

static const struct text_setting texts[] = {
    { "device.name", NULL, MEMBER(session.client_id) },
    { "device.serial", "", MEMBER(identity.serial_number) },
    { "product", "", MEMBER(identity.product) },
    { "manufacturer", "", MEMBER(identity.manufacturer) },
    { "manufacturer-id", "", MEMBER(identity.manufacturer_id) },
    { "mqtt.host", NULL, MEMBER(session.endpoint.host) },
    { "mqtt.ca", NULL, MEMBER(ca) },
    { "mqtt.certificate", NULL, MEMBER(certificate) },
    { "mqtt.key", NULL, MEMBER(key) },
    { "mqtt.topic-prefix", "anycloud", MEMBER(topic_prefix) },
};

static const char *get_text(const struct otter_settings *settings, const char *name,
                            const char *otherwise)
{
    const char *value = otter_settings_get(settings, name, NULL);

    return value != NULL ? value : otherwise;
}

static const char *read_texts(const struct otter_settings *settings, struct device_settings *device)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char **member = (const char **)((char *)device + texts[i].member);

        *member = get_text(settings, texts[i].name, texts[i].otherwise);
        if (*member == NULL) {
            return texts[i].name;
        }
    }
    return NULL;
}

struct number_setting {
    const char *name;
    size_t member; /* offset of a uint32_t in struct otter_agent_timing */
};

#define TIMING(name) offsetof(struct otter_agent_timing, name)

static const struct number_setting timings[] = {
    { "agent.initial-check-s", TIMING(initial_check_s) },
    { "agent.next-check-interval-s", TIMING(next_check_interval_s) },
    { "agent.retry-interval-s", TIMING(retry_interval_s) },
    { "agent.retry-interval-max-s", TIMING(retry_interval_max_s) },
    { "agent.data-check-time-s", TIMING(data_check_time_s) },
    { "agent.connect-retries", TIMING(connect_retries) },
    { "agent.max-download-tries", TIMING(max_download_tries) },
};

void device_timing_read(const struct otter_settings *settings,
                        const struct otter_agent_timing *otherwise,
                        struct otter_agent_timing *timing)
{
    *timing = *otherwise;
    timing->job_check_time_s = 0; /* the transport's limit begins with the question, not before */
    for (size_t i = 0; i < sizeof timings / sizeof timings[0]; i++) {
        uint32_t *member = (uint32_t *)(void *)((char *)timing + timings[i].member);

        *member = otter_settings_get_u32(settings, timings[i].name, *member);
    }
}

static void read_allowed_brokers(const struct otter_settings *settings,
                                 const char *brokers[DEVICE_BROKERS_MAX + 1])
{
    static const char *const names[DEVICE_BROKERS_MAX] = {
        "mqtt.allowed-broker-1",
        "mqtt.allowed-broker-2",
        "mqtt.allowed-broker-3",
        "mqtt.allowed-broker-4",
    };
    size_t count = 0;

    for (size_t i = 0; i < DEVICE_BROKERS_MAX; i++) {
        brokers[count] = otter_settings_get(settings, names[i], NULL);
        count += brokers[count] != NULL ? 1 : 0;
    }
    brokers[count] = NULL;
}

/* @return false: it is neither */
static bool read_yes_or_no(const struct otter_settings *settings, const char *name, bool *is_yes)
{
    const char *value = get_text(settings, name, "no");

    *is_yes = strcmp(value, "yes") == 0;
    return *is_yes || strcmp(value, "no") == 0;
}

/* A number too large for milliseconds becomes the longest time there is. */
static uint32_t milliseconds(const struct otter_settings *settings, const char *name_of_seconds,
                             uint32_t otherwise_s)
{
    const uint32_t longest_s = OTTER_AGENT_INTERVAL_MAX_S;
    const uint32_t seconds = otter_settings_get_u32(settings, name_of_seconds, otherwise_s);

    return (seconds < longest_s ? seconds : longest_s) * MILLISECONDS_PER_S;
}

static bool read_fetch(const struct otter_settings *settings, enum otter_mqtt_fetch *fetch)
{
    static const char *const words[] = {
        [OTTER_MQTT_FETCH_CHUNKS] = "chunks",
        [OTTER_MQTT_FETCH_WHOLE] = "whole",
        [OTTER_MQTT_FETCH_TOPIC] = "topic",
    };
    const char *wanted = get_text(settings, "mqtt.fetch", words[0]);

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(wanted, words[i]) == 0) {
            *fetch = (enum otter_mqtt_fetch)i;
            return true;
        }
    }
    return false;
}

const char *device_settings_read(const struct otter_settings *settings,
                                 struct device_settings *device)
{
    *device = (struct device_settings){
        .session = {
            .endpoint = {
                .server_name = otter_settings_get(settings, "mqtt.server-name", NULL),
            },
            .keep_alive_s = KEEP_ALIVE_S,
            .timeout_ms = BROKER_TIMEOUT_MS,
        },
        .protocol = otter_settings_get(settings, "mqtt.alpn", NULL),
        .job_timeout_ms = milliseconds(settings, "agent.job-check-time-s", JOB_CHECK_TIME_S),
        .chunk_timeout_ms = milliseconds(settings, "agent.packet-interval-s", PACKET_INTERVAL_S),
        .trial_limit_ms = milliseconds(settings, "trial.limit-s", TRIAL_LIMIT_S),
    };
    device_timing_read(settings, &otter_agent_default_timing, &device->timing);
    read_allowed_brokers(settings, device->allowed_brokers);
    if (!read_yes_or_no(settings, "product-must-match", &device->identity.product_must_match)) {
        return "product-must-match";
    }
    if (otter_log_configure(get_text(settings, "log", "all=warning")) != OTTER_OK) {
        return "log";
    }
    if (!read_fetch(settings, &device->fetch)) {
        return "mqtt.fetch";
    }
    device->is_direct = strcmp(get_text(settings, "agent.flow", "job"), "direct") == 0;

    const uint32_t port = otter_settings_get_u32(settings, "mqtt.port", MQTT_TLS_PORT);

    if (port == 0 || port > UINT16_MAX) {
        return "mqtt.port";
    }
    device->session.endpoint.port = (uint16_t)port;
    return read_texts(settings, device);
}
