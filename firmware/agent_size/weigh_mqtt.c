/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/mqtt.h"
#include "otter/mqtt_transport.h"
#include "weigh.h"

static uint8_t buffer[OTTER_JOB_DOCUMENT_MAX + 1];
static uint8_t send_buffer[1024];
static char topic_buffer[OTTER_MQTT_TOPIC_SIZE];

static struct otter_mqtt mqtt;
static struct otter_mqtt_config mqtt_config;
static struct otter_mqtt_client client;
static struct otter_mqtt_transport transport;
static struct otter_mqtt_transport_config config;

void weigh_mqtt(struct otter_job_source *jobs, struct otter_data_source *data)
{
    mqtt_config.send_buffer = send_buffer;
    mqtt_config.send_size = sizeof send_buffer;
    mqtt_config.topic_buffer = topic_buffer;
    mqtt_config.topic_size = sizeof topic_buffer;
    weigh_result = otter_mqtt_init(&mqtt, &mqtt_config);
    client = otter_mqtt_as_client(&mqtt);
    config.client = &client;
    config.buffer = buffer;
    config.buffer_size = sizeof buffer;
    weigh_result = otter_mqtt_transport_init(&transport, &config);
    *jobs = otter_mqtt_job_source(&transport);
    *data = otter_mqtt_data_source(&transport);
}
