/* SPDX-License-Identifier: Apache-2.0 */

#include "network.h"

#include "console.h"
#include "otter/posix.h"

#define CHUNK_SIZE        4096u
#define CHUNK_WINDOW      4u
#define CHUNK_TRIES       3u
#define RESULT_TIMEOUT_MS 5000u

static enum otter_result start_transport(struct sim_network *network,
                                         const struct device_settings *settings)
{
    network->transport_config = (struct otter_mqtt_transport_config){
        .client = &network->broker.client,
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
    enum otter_result result;

    network->broker.tls_config = (struct otter_tls_config){
        .lower = otter_posix_link_init(&network->tcp),
        .random = otter_posix_random,
    };
    result = broker_start(&network->broker, settings);
    if (result != OTTER_OK) {
        console_say_result("app", network->broker.problem, result);
        return result;
    }
    result = start_transport(network, settings);
    if (result != OTTER_OK) {
        console_say_result("app", "MQTT", result);
        broker_stop(&network->broker);
    }
    return result;
}

void sim_network_stop(struct sim_network *network)
{
    broker_stop(&network->broker);
}
