/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as what a broker sends. The first byte says how the stream is cut and how much the
 * reader takes at a time. The session must end or go on, in bounded steps, and never deliver more
 * of a payload than it announced. */

#include <string.h>

#include "byte_link.h"
#include "otter/mqtt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct otter_mqtt_client *client, const struct otter_mqtt_event *event)
{
    demand(event->kind != OTTER_MQTT_MESSAGE || strlen(event->topic) < 16);
    demand(event->kind != OTTER_MQTT_MESSAGE
           || event->payload_size == client->ops->unread(client->self));
    if (event->kind == OTTER_MQTT_CONNECTED) {
        (void)client->ops->subscribe(client->self, "t");
        (void)client->ops->publish(client->self, "t", "x", 1);
    }
}

static void read_some(const struct otter_mqtt_client *client, size_t len)
{
    uint8_t payload[64];
    const uint32_t unread = client->ops->unread(client->self);
    const size_t read = client->ops->read(client->self, payload, smaller_size(len, sizeof payload));

    demand(read <= unread);
    demand(client->ops->unread(client->self) == unread - read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t send_buffer[128];
    static char topic_buffer[16];
    static const struct otter_mqtt_session session = { .client_id = "fuzz",
                                                       .keep_alive_s = 1,
                                                       .timeout_ms = 100000 };
    struct byte_link stream = { data, size, 1, false };
    const struct otter_link link = { &byte_link_ops, &stream };
    const struct otter_mqtt_config config = { &link, send_buffer, sizeof send_buffer, topic_buffer,
                                              sizeof topic_buffer };
    struct otter_mqtt mqtt;
    struct otter_mqtt_client client;
    struct otter_mqtt_event event;
    uint32_t now_ms = 0;

    if (size == 0) {
        return 0;
    }
    stream.piece = 1 + data[0] % 16;
    stream.bytes++;
    stream.size--;
    demand(otter_mqtt_init(&mqtt, &config) == OTTER_OK);
    client = otter_mqtt_as_client(&mqtt);
    demand(client.ops->open(client.self, &session, 0) == OTTER_OK);
    for (size_t i = 0; i < 4 * size + 100; i++) {
        client.ops->step(client.self, now_ms += 10, &event);
        if (event.kind == OTTER_MQTT_CLOSED) {
            return 0;
        }
        look_at(&client, &event);
        read_some(&client, 1 + data[0] / 16);
    }
    client.ops->close(client.self);
    return 0;
}
