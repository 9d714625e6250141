/* SPDX-License-Identifier: Apache-2.0 */

#include "network.h"

#include "console.h"
#include "otter/posix.h"

#define CHUNK_SIZE        4096u
#define CHUNK_WINDOW      4u
#define CHUNK_TRIES       3u
#define RESULT_TIMEOUT_MS 5000u

static enum otter_result start_tls(struct sim_network *network,
                                   const struct device_settings *settings)
{
    enum otter_result result;

    network->tls_config = (struct otter_tls_config){
        .lower = otter_posix_link_init(&network->tcp),
        .ca = otter_tls_pem(settings->ca),
        .certificate = otter_tls_pem(settings->certificate),
        .key = otter_tls_pem(settings->key),
        .protocol = settings->protocol,
        .random = otter_posix_random,
    };
    result = otter_tls_link_init(&network->tls, &network->tls_config);
    if (result != OTTER_OK) {
        console_say_result("app", network->tls.explanation, result);
    }
    network->link = otter_tls_link(&network->tls);
    return result;
}

static enum otter_result start_mqtt(struct sim_network *network)
{
    enum otter_result result;

    network->mqtt_config = (struct otter_mqtt_config){
        .link = &network->link,
        .send_buffer = network->send_buffer,
        .send_size = sizeof network->send_buffer,
        .topic_buffer = network->topic_buffer,
        .topic_size = sizeof network->topic_buffer,
    };
    result = otter_mqtt_init(&network->mqtt, &network->mqtt_config);
    if (result == OTTER_OK) {
        network->client = otter_mqtt_as_client(&network->mqtt);
    }
    return result;
}

static enum otter_result start_transport(struct sim_network *network,
                                         const struct device_settings *settings)
{
    network->transport_config = (struct otter_mqtt_transport_config){
        .client = &network->client,
        .session = settings->session,
        .allowed_brokers = settings->allowed_brokers,
        .topic_prefix = settings->topic_prefix,
        .fetch = settings->fetch,
        .chunk_size = CHUNK_SIZE,
        .window = CHUNK_WINDOW,
        .job_timeout_ms = settings->job_timeout_ms,
        .chunk_timeout_ms = settings->chunk_timeout_ms,
        .chunk_tries = CHUNK_TRIES,
        .result_timeout_ms = RESULT_TIMEOUT_MS,
        .random = otter_posix_random,
        .buffer = network->transport_buffer,
        .buffer_size = sizeof network->transport_buffer,
    };
    return otter_mqtt_transport_init(&network->transport, &network->transport_config);
}

enum otter_result sim_network_start(struct sim_network *network,
                                    const struct device_settings *settings)
{
    enum otter_result result = start_tls(network, settings);

    if (result != OTTER_OK) {
        return result;
    }
    result = start_mqtt(network);
    if (result == OTTER_OK) {
        result = start_transport(network, settings);
    }
    if (result != OTTER_OK) {
        console_say_result("app", "MQTT", result);
        otter_tls_link_free(&network->tls);
    }
    return result;
}

void sim_network_stop(struct sim_network *network)
{
    otter_tls_link_free(&network->tls);
}
