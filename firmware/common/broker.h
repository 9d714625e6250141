/* SPDX-License-Identifier: Apache-2.0 */

/* TLS and an MQTT client, wired over a link of the platform's. */
#ifndef OTTER_FIRMWARE_BROKER_H
#define OTTER_FIRMWARE_BROKER_H

#include "device_settings.h"
#include "otter/mqtt.h"
#include "otter/tls_link.h"

/* Bytes of the longest topic, with its terminator. */
#define BROKER_TOPIC_SIZE 304

/* Do not move it after start; stop it before throwing it away. */
struct broker {
    struct otter_tls_config tls_config;
    struct otter_tls_link tls;
    const char *problem; /* what a failed start was about */
    struct otter_link link;
    struct otter_mqtt_config mqtt_config;
    struct otter_mqtt mqtt;
    struct otter_mqtt_client client;
    uint8_t send_buffer[2048];
    char topic_buffer[BROKER_TOPIC_SIZE];
};

/* Fill in lower, random and random_context of broker->tls_config first: what the platform has.
 *
 * @return OTTER_OK; or why TLS or the client cannot work */
enum otter_result broker_start(struct broker *broker, const struct device_settings *settings);

void broker_stop(struct broker *broker);

#endif
