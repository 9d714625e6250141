/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/aws_transport.h"
#include "otter/mqtt.h"
#include "weigh.h"

#define BLOCK_SIZE 4096u

static uint8_t buffer[BLOCK_SIZE + OTTER_AWS_ENVELOPE_SIZE];
static uint8_t send_buffer[1024];
static char topic_buffer[OTTER_AWS_TOPIC_SIZE];

static struct otter_mqtt mqtt;
static struct otter_mqtt_config mqtt_config;
static struct otter_mqtt_client client;
static struct otter_aws_transport transport;
static struct otter_aws_transport_config config;

void weigh_aws(struct otter_job_source *jobs, struct otter_data_source *data)
{
    mqtt_config.send_buffer = send_buffer;
    mqtt_config.send_size = sizeof send_buffer;
    mqtt_config.topic_buffer = topic_buffer;
    mqtt_config.topic_size = sizeof topic_buffer;
    weigh_result = otter_mqtt_init(&mqtt, &mqtt_config);
    client = otter_mqtt_as_client(&mqtt);
    config.client = &client;
    config.block_size = BLOCK_SIZE;
    config.buffer = buffer;
    config.buffer_size = sizeof buffer;
    weigh_result = otter_aws_transport_init(&transport, &config);
    *jobs = otter_aws_job_source(&transport);
    *data = otter_aws_data_source(&transport);
}
