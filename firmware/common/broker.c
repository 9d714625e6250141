/* SPDX-License-Identifier: Apache-2.0 */

#include "broker.h"

static enum otter_result start_tls(struct broker *broker, const struct device_settings *settings)
{
    enum otter_result result;

    broker->tls_config.ca = otter_tls_pem(settings->ca);
    broker->tls_config.certificate = otter_tls_pem(settings->certificate);
    broker->tls_config.key = otter_tls_pem(settings->key);
    broker->tls_config.protocol = settings->protocol;
    result = otter_tls_link_init(&broker->tls, &broker->tls_config);
    if (result != OTTER_OK) {
        broker->problem = broker->tls.explanation;
    }
    return result;
}

static enum otter_result start_mqtt(struct broker *broker)
{
    enum otter_result result;

    broker->link = otter_tls_link(&broker->tls);
    broker->mqtt_config = (struct otter_mqtt_config){
        .link = &broker->link,
        .send_buffer = broker->send_buffer,
        .send_size = sizeof broker->send_buffer,
        .topic_buffer = broker->topic_buffer,
        .topic_size = sizeof broker->topic_buffer,
    };
    result = otter_mqtt_init(&broker->mqtt, &broker->mqtt_config);
    if (result != OTTER_OK) {
        otter_tls_link_free(&broker->tls);
        return result;
    }
    broker->client = otter_mqtt_as_client(&broker->mqtt);
    return OTTER_OK;
}

enum otter_result broker_start(struct broker *broker, const struct device_settings *settings)
{
    const enum otter_result result = start_tls(broker, settings);

    if (result != OTTER_OK) {
        return result;
    }
    broker->problem = "MQTT";
    return start_mqtt(broker);
}

void broker_stop(struct broker *broker)
{
    otter_tls_link_free(&broker->tls);
}
