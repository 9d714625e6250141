/* SPDX-License-Identifier: Apache-2.0 */

#include "scripted_broker.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void scripted_broker_send(struct scripted_broker *broker, const void *bytes, size_t len)
{
    assert(len <= SCRIPTED_ROOM - broker->stream_size);
    memcpy(broker->stream + broker->stream_size, bytes, len);
    broker->stream_size += len;
}

static size_t put_length(uint8_t *dst, size_t length)
{
    size_t size = 0;

    do {
        dst[size] = (uint8_t)(length % 128 + (length > 127 ? 128 : 0));
        length /= 128;
        size++;
    } while (length > 0);
    return size;
}

void scripted_broker_publish(struct scripted_broker *broker, const char *topic, uint8_t qos,
                             uint16_t packet, const void *payload, size_t len)
{
    const size_t topic_size = strlen(topic);
    const uint8_t topic_length[2] = { (uint8_t)(topic_size >> 8), (uint8_t)topic_size };
    const uint8_t number[2] = { (uint8_t)(packet >> 8), (uint8_t)packet };
    uint8_t header[5] = { (uint8_t)(0x30 | qos << 1) };
    const size_t header_size = 1 + put_length(header + 1, 2 + topic_size + (qos > 0 ? 2 : 0) + len);

    scripted_broker_send(broker, header, header_size);
    scripted_broker_send(broker, topic_length, 2);
    scripted_broker_send(broker, topic, topic_size);
    scripted_broker_send(broker, number, qos > 0 ? 2 : 0);
    if (len > 0) {
        scripted_broker_send(broker, payload, len);
    }
}

static void answer_publish(struct scripted_broker *broker, const uint8_t *body, size_t len)
{
    const size_t topic_size = (size_t)body[0] << 8 | body[1];
    const uint8_t puback[4] = { 0x40, 2, body[2 + topic_size], body[3 + topic_size] };
    char topic[400] = "";

    assert(topic_size < sizeof topic);
    memcpy(topic, body + 2, topic_size);
    scripted_broker_send(broker, puback, sizeof puback);
    if (broker->on_publish != NULL) {
        broker->on_publish(broker->context, broker, topic, body + 4 + topic_size,
                           len - 4 - topic_size);
    }
}

static void answer(struct scripted_broker *broker, unsigned type, const uint8_t *body, size_t len)
{
    const uint8_t connack[4] = { 0x20, 2, broker->connack[0], broker->connack[1] };
    const uint8_t pingresp[2] = { 0xD0, 0 };

    broker->counts[type]++;
    if (broker->is_silent) {
        return;
    }
    if (type == 1) {
        scripted_broker_send(broker, connack, sizeof connack);
    } else if (type == 3) {
        answer_publish(broker, body, len);
    } else if (type == 8) {
        const uint8_t suback[5] = { 0x90, 3, body[0], body[1], broker->suback_code };

        scripted_broker_send(broker, suback, sizeof suback);
    } else if (type == 12) {
        scripted_broker_send(broker, pingresp, sizeof pingresp);
    }
}

/* Answer each packet that the client has sent to its end. */
static void parse_sent(struct scripted_broker *broker)
{
    for (;;) {
        const uint8_t *packet = broker->sent + broker->parsed;
        const size_t left = broker->sent_size - broker->parsed;
        size_t length = 0;
        size_t at = 1;

        do {
            if (at >= left) {
                return;
            }
            length |= (size_t)(packet[at] & 0x7F) << 7 * (at - 1);
        } while (packet[at++] >= 0x80);
        if (left - at < length) {
            return;
        }
        broker->parsed += at + length;
        answer(broker, packet[0] >> 4, packet + at, length);
    }
}

static enum otter_result open(void *port, const struct otter_endpoint *endpoint)
{
    struct scripted_broker *broker = port;

    (void)snprintf(broker->host, sizeof broker->host, "%s", endpoint->host);
    broker->port = endpoint->port;
    /* A new connection knows nothing of what an older one left unread. */
    broker->delivered = broker->stream_size;
    broker->parsed = broker->sent_size;
    broker->is_open = broker->open_result == OTTER_AGAIN || broker->open_result == OTTER_OK;
    return broker->open_result;
}

static enum otter_result progress(void *port)
{
    const struct scripted_broker *broker = port;

    return broker->progress_result;
}

static int send(void *port, const void *src, size_t len)
{
    struct scripted_broker *broker = port;
    const size_t taken =
        broker->send_limit != 0 && broker->send_limit < len ? broker->send_limit : len;

    assert(broker->is_open && len > 0);
    if (broker->send_fails) {
        return OTTER_ERR_LINK;
    }
    assert(taken <= SCRIPTED_ROOM - broker->sent_size);
    memcpy(broker->sent + broker->sent_size, src, taken);
    broker->sent_size += taken;
    parse_sent(broker);
    return (int)taken;
}

static int receive(void *port, void *dst, size_t len)
{
    struct scripted_broker *broker = port;
    size_t size = broker->stream_size - broker->delivered;

    assert(broker->is_open && len > 0);
    if (size == 0) {
        return broker->end_result;
    }
    for (size_t i = 0; i < 2; i++) {
        const size_t distance = broker->cuts[i] - broker->delivered;

        if (broker->cuts[i] == broker->delivered && !broker->cut_done[i]) {
            broker->cut_done[i] = true;
            return 0;
        }
        if (broker->cuts[i] > broker->delivered && distance < size) {
            size = distance;
        }
    }
    size = size < len ? size : len;
    memcpy(dst, broker->stream + broker->delivered, size);
    broker->delivered += size;
    return (int)size;
}

static void close(void *port)
{
    struct scripted_broker *broker = port;

    broker->is_open = false;
}

static const char *explain(void *port)
{
    (void)port;
    return "said the link";
}

void scripted_broker_init(struct scripted_broker *broker)
{
    memset(broker, 0, sizeof *broker);
    broker->open_result = OTTER_AGAIN;
    broker->cuts[0] = SIZE_MAX;
    broker->cuts[1] = SIZE_MAX;
    broker->suback_code = 1;
    broker->ops = (struct otter_link_ops){ .open = open,
                                           .progress = progress,
                                           .send = send,
                                           .receive = receive,
                                           .close = close,
                                           .explain = explain };
    broker->link = (struct otter_link){ &broker->ops, broker };
}
