/* SPDX-License-Identifier: Apache-2.0 */

/* The MQTT example: a program that blinks, and keeps itself up to date over MQTT with TLS.
 *
 * This file is the list of what it is made of, from the bottom up; ../common/application.c has the
 * parts that it shares with others, and the loop that steps them. */

#include "application.h"
#include "network.h"
#include "otter/direct.h"
#include "otter/mqtt_transport.h"

#define CHUNK_SIZE        4096u
#define CHUNK_WINDOW      4u
#define CHUNK_TRIES       3u
#define RESULT_TIMEOUT_MS 5000u

static uint8_t transport_buffer[OTTER_JOB_DOCUMENT_MAX + 1024];
static struct otter_mqtt_transport transport;
static struct otter_mqtt_transport_config transport_config = {
    .client = &application.broker.client,
    .chunk_size = CHUNK_SIZE,
    .window = CHUNK_WINDOW,
    .chunk_tries = CHUNK_TRIES,
    .result_timeout_ms = RESULT_TIMEOUT_MS,
    .random = otter_mbedtls_random,
    .random_context = &network_random,
    .buffer = transport_buffer,
    .buffer_size = sizeof transport_buffer,
};

static const struct otter_job any_image = { .connection = OTTER_JOB_CONNECTION_MQTT };
static struct otter_direct direct;
static struct otter_job_source reports;

static enum otter_result start_transport(void)
{
    const struct device_settings *settings = &application.settings;

    transport_config.session = settings->session;
    transport_config.allowed_brokers = settings->allowed_brokers;
    transport_config.topic_prefix = settings->topic_prefix;
    transport_config.fetch = settings->fetch;
    transport_config.job_timeout_ms = settings->job_timeout_ms;
    transport_config.chunk_timeout_ms = settings->chunk_timeout_ms;
    reports = otter_mqtt_job_source(&transport);
    application.jobs =
        settings->is_direct ? otter_direct_source(&direct, &any_image, &reports) : reports;
    application.data = otter_mqtt_data_source(&transport);
    return otter_mqtt_transport_init(&transport, &transport_config);
}

static const struct program_part parts[] = {
    { "settings", application_start_settings }, { "random numbers", application_start_random },
    { "network", application_start_network },   { "TLS and MQTT", application_start_broker },
    { "transport", start_transport },           { "update agent", application_start_agent },
};

int main(void)
{
    application_run(parts, sizeof parts / sizeof parts[0]);
}
