/* SPDX-License-Identifier: Apache-2.0 */

/* What was provisioned into the device, in the shapes that agent, transport and TLS want. */
#ifndef OTTER_FIRMWARE_DEVICE_SETTINGS_H
#define OTTER_FIRMWARE_DEVICE_SETTINGS_H

#include <stdbool.h>

#include "otter/agent.h"
#include "otter/mqtt_transport.h"
#include "otter/settings.h"

/* Brokers besides its own that a job may send the device to. */
#define DEVICE_BROKERS_MAX 4

struct device_settings {
    struct otter_identity identity; /* its board and version are the program's to fill in */
    struct otter_agent_timing timing;
    struct otter_mqtt_session session;
    const char *allowed_brokers[DEVICE_BROKERS_MAX + 1]; /* behind the last one NULL */
    const char *topic_prefix;
    enum otter_mqtt_fetch fetch;
    bool is_direct; /* no job is asked for */
    const char *ca; /* PEM */
    const char *certificate;
    const char *key;
    const char *protocol; /* asked for by ALPN; NULL: none is */
    uint32_t job_timeout_ms;
    uint32_t chunk_timeout_ms;
    uint32_t trial_limit_ms;
};

/* Translate @p settings, whose buffer is borrowed.
 *
 * @return NULL, or the name of a setting that is missing or impossible */
const char *device_settings_read(const struct otter_settings *settings,
                                 struct device_settings *device);

/* Timing alone, with other values where the settings say nothing. */
void device_timing_read(const struct otter_settings *settings,
                        const struct otter_agent_timing *otherwise,
                        struct otter_agent_timing *timing);

#endif
