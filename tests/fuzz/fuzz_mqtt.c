/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as what a broker sends. The first byte says how the stream is cut and how much the
 * reader takes at a time. The session must end or go on, in bounded steps, and never deliver more
 * of a payload than it announced. */

#include <stdlib.h>
#include <string.h>

#include "otter/mqtt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
    const uint8_t *bytes;
    size_t size;
    size_t piece;
    bool is_dry; /* every other receive finds nothing */
};

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static enum otter_result open(void *port, const struct otter_endpoint *endpoint)
{
    (void)port;
    (void)endpoint;
    return OTTER_OK;
}

static enum otter_result progress(void *port)
{
    (void)port;
    return OTTER_OK;
}

static int send(void *port, const void *src, size_t len)
{
    (void)port;
    (void)src;
    return (int)(len > 3 ? len - 1 : len);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int receive(void *port, void *dst, size_t len)
{
    struct stream *stream = port;
    const size_t taken = smaller(smaller(len, stream->size), stream->piece);

    if (stream->size == 0) {
        return OTTER_ERR_CLOSED;
    }
    stream->is_dry = !stream->is_dry;
    if (stream->is_dry) {
        return 0;
    }
    memcpy(dst, stream->bytes, taken);
    stream->bytes += taken;
    stream->size -= taken;
    return (int)taken;
}

static void close(void *port)
{
    (void)port;
}

static const char *explain(void *port)
{
    (void)port;
    return "";
}

static const struct otter_link_ops ops = { .open = open,
                                           .progress = progress,
                                           .send = send,
                                           .receive = receive,
                                           .close = close,
                                           .explain = explain };

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
    const size_t read = client->ops->read(client->self, payload, smaller(len, sizeof payload));

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
    struct stream stream = { data, size, 1, false };
    const struct otter_link link = { &ops, &stream };
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
