/* SPDX-License-Identifier: Apache-2.0 */

/* The session: what is sent when, what is waited for, and when to give up.
 *
 * Packets to send are queued as bytes; the link takes them as it can. Packets received are parsed
 * one at a time, and while a message's payload is unread nothing behind it is touched: that is the
 * back-pressure, and the reason why a message is acknowledged only after its last byte was read.
 *
 * Answers are timed with a clock that stands still while the reader holds the stream up: an answer
 * that queues behind an unread payload is not the broker's fault. */

#include "otter/mqtt.h"

#include <assert.h>
#include <string.h>

#include "decode.h"
#include "encode.h"
#include "packet.h"

/* A flood of packets that need no answer must not keep a step from ending. */
#define PACKETS_PER_STEP 16

/* How soon to come back for a link that is still connecting, or that did not take all bytes: it
 * has no way to tell. */
#define LINK_BUSY_MS 10u

enum phase { PHASE_IDLE, PHASE_LINKING, PHASE_GREETING, PHASE_UP, PHASES };

static bool is_over(const struct otter_mqtt *mqtt)
{
    return mqtt->ended != OTTER_OK;
}

/* The first reason stands: what fails after it is a consequence. */
static void end(struct otter_mqtt *mqtt, enum otter_result result, const char *why)
{
    if (!is_over(mqtt)) {
        mqtt->ended = result;
        mqtt->why = why;
    }
}

static void enter(struct otter_mqtt *mqtt, enum phase phase)
{
    mqtt->phase = (uint8_t)phase;
    mqtt->since_ms = mqtt->broker_ms;
    mqtt->heard_ms = mqtt->broker_ms;
}

/* ---- sending ---- */

static uint8_t *queue_end(struct otter_mqtt *mqtt)
{
    return mqtt->config->send_buffer + mqtt->queued;
}

static size_t queue_room(const struct otter_mqtt *mqtt)
{
    return mqtt->config->send_size - mqtt->queued;
}

/* Keep the packet of @p size bytes that was encoded at the end of the queue.
 * @return > 0, or 0 or a result as publish() and subscribe() return them */
static int keep_packet(struct otter_mqtt *mqtt, size_t size)
{
    if (size > mqtt->config->send_size) {
        return OTTER_ERR_NO_SPACE;
    }
    if (size > queue_room(mqtt)) {
        return 0;
    }
    mqtt->queued += size;
    mqtt->sent_ms = mqtt->now_ms;
    return 1;
}

static void flush(struct otter_mqtt *mqtt)
{
    const struct otter_link *link = mqtt->config->link;
    uint8_t *queue = mqtt->config->send_buffer;
    int sent;

    if (mqtt->queued == 0 || is_over(mqtt)) {
        return;
    }
    sent = link->ops->send(link->port, queue, mqtt->queued);
    if (sent < 0) {
        end(mqtt, (enum otter_result)sent, NULL);
        return;
    }
    mqtt->queued -= (size_t)sent;
    memmove(queue, queue + sent, mqtt->queued);
}

/* Half of the keep-alive time leaves room for a late step and a slow network. */
static uint32_t ping_interval_ms(const struct otter_mqtt *mqtt)
{
    return mqtt->session->keep_alive_s * 500u;
}

static bool is_ping_due(const struct otter_mqtt *mqtt)
{
    return mqtt->session->keep_alive_s != 0 && !mqtt->pinged
           && mqtt->now_ms - mqtt->sent_ms >= ping_interval_ms(mqtt);
}

/* What the client sends of its own accord. It needs no reserve in the queue: no further packet is
 * received before an owed acknowledgement is queued. */
static void send_owed(struct otter_mqtt *mqtt)
{
    if (mqtt->owed_puback != 0
        && keep_packet(
               mqtt, otter_mqtt_encode_puback(queue_end(mqtt), queue_room(mqtt), mqtt->owed_puback))
               > 0) {
        mqtt->owed_puback = 0;
    }
    if (is_ping_due(mqtt)
        && keep_packet(mqtt,
                       otter_mqtt_encode_bare(queue_end(mqtt), queue_room(mqtt), PACKET_PINGREQ))
               > 0) {
        mqtt->pinged = true;
        mqtt->pinged_ms = mqtt->broker_ms;
    }
}

/* ---- requests and their answers ---- */

static struct otter_mqtt_request *find_request(struct otter_mqtt *mqtt, uint16_t packet)
{
    for (size_t i = 0; i < OTTER_MQTT_OUTSTANDING; i++) {
        if (mqtt->requests[i].packet == packet) {
            return &mqtt->requests[i];
        }
    }
    return NULL;
}

/* An identifier that no open request has; 0 is not one (section 2.3.1). */
static uint16_t next_packet(struct otter_mqtt *mqtt)
{
    uint16_t packet = mqtt->last_packet;

    do {
        packet = (uint16_t)(packet + 1u);
    } while (packet == 0 || find_request(mqtt, packet) != NULL);
    return packet;
}

/* Note that @p packet, whose bytes are encoded at the end of the queue, waits for @p answer. */
static int keep_request(struct otter_mqtt *mqtt, size_t size, uint16_t packet, uint8_t answer)
{
    struct otter_mqtt_request *place = find_request(mqtt, 0);
    const int kept = keep_packet(mqtt, size);

    if (kept <= 0) {
        return kept;
    }
    *place = (struct otter_mqtt_request){ packet, answer, mqtt->broker_ms };
    mqtt->last_packet = packet;
    flush(mqtt); /* the next step may be a long wait away */
    return packet;
}

/* @return OTTER_OK if a request may be made, OTTER_AGAIN, OTTER_ERR_CLOSED */
static enum otter_result may_request(struct otter_mqtt *mqtt)
{
    if (mqtt->phase == PHASE_IDLE || is_over(mqtt)) {
        return OTTER_ERR_CLOSED;
    }
    return mqtt->phase == PHASE_UP && find_request(mqtt, 0) != NULL ? OTTER_OK : OTTER_AGAIN;
}

static int subscribe(void *client, const char *filter)
{
    struct otter_mqtt *mqtt = client;
    const enum otter_result ready = may_request(mqtt);
    const uint16_t packet = next_packet(mqtt);

    if (ready != OTTER_OK) {
        return ready == OTTER_AGAIN ? 0 : ready;
    }
    return keep_request(
        mqtt, otter_mqtt_encode_subscribe(queue_end(mqtt), queue_room(mqtt), packet, filter),
        packet, PACKET_SUBACK);
}

static int publish(void *client, const char *topic, const void *payload, size_t len)
{
    struct otter_mqtt *mqtt = client;
    const enum otter_result ready = may_request(mqtt);
    const uint16_t packet = next_packet(mqtt);

    if (ready != OTTER_OK) {
        return ready == OTTER_AGAIN ? 0 : ready;
    }
    return keep_request(
        mqtt,
        otter_mqtt_encode_publish(queue_end(mqtt), queue_room(mqtt), packet, topic, payload, len),
        packet, PACKET_PUBACK);
}

/* ---- packets received ---- */

static void end_message(struct otter_mqtt *mqtt)
{
    mqtt->in_message = false;
    mqtt->owed_puback = mqtt->decoder.packet;
    otter_mqtt_decoder_next(&mqtt->decoder);
}

/* Why a broker refuses a session, section 3.2.2.3. */
static const char *const refusals[] = {
    NULL,
    "the broker does not speak MQTT 3.1.1",
    "the broker refused the client id",
    "the broker is not available",
    "the broker refused the user name or password",
    "the broker says that this device is not authorized",
};

static void on_connack(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    const uint8_t flags = mqtt->decoder.bytes[0];
    const uint8_t code = mqtt->decoder.bytes[1];

    if (mqtt->phase != PHASE_GREETING || flags > 1
        || code >= sizeof refusals / sizeof refusals[0]) {
        end(mqtt, OTTER_ERR_PROTOCOL, "the broker's CONNACK is malformed or out of place");
        return;
    }
    if (code != 0) {
        end(mqtt, OTTER_ERR_REFUSED, refusals[code]);
        return;
    }
    enter(mqtt, PHASE_UP);
    event->kind = OTTER_MQTT_CONNECTED;
}

/* An answer that nothing waits for is a duplicate, and harmless. */
static bool settle(struct otter_mqtt *mqtt)
{
    struct otter_mqtt_request *request = NULL;

    if (mqtt->decoder.packet != 0) {
        request = find_request(mqtt, mqtt->decoder.packet);
    }
    if (request == NULL || request->answer != mqtt->decoder.type) {
        return false;
    }
    request->packet = 0;
    return true;
}

static void on_puback(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    if (settle(mqtt)) {
        event->kind = OTTER_MQTT_PUBLISHED;
        event->packet = mqtt->decoder.packet;
    }
}

static void on_suback(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    if (!settle(mqtt)) {
        return;
    }
    if (mqtt->decoder.bytes[2] > 1) {
        end(mqtt, OTTER_ERR_REFUSED, "the broker refused the subscription");
        return;
    }
    event->kind = OTTER_MQTT_SUBSCRIBED;
    event->packet = mqtt->decoder.packet;
}

static void on_pingresp(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    (void)event;
    mqtt->pinged = false;
}

static void on_publish(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    mqtt->in_message = true;
    mqtt->dry = false;
    if (mqtt->decoder.topic_skipped) {
        return;
    }
    event->kind = OTTER_MQTT_MESSAGE;
    event->topic = mqtt->config->topic_buffer;
    event->payload_size = mqtt->decoder.remaining;
    if (event->payload_size == 0) {
        end_message(mqtt);
    }
}

/* The decoder lets no other type through. */
static void (*const handlers[PACKET_TYPES])(struct otter_mqtt *, struct otter_mqtt_event *) = {
    [PACKET_CONNACK] = on_connack,   [PACKET_PUBACK] = on_puback,   [PACKET_SUBACK] = on_suback,
    [PACKET_PINGRESP] = on_pingresp, [PACKET_PUBLISH] = on_publish,
};

static void handle_packet(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    if (mqtt->phase == PHASE_GREETING && mqtt->decoder.type != PACKET_CONNACK) {
        end(mqtt, OTTER_ERR_PROTOCOL, "the broker did not begin with CONNACK");
        return;
    }
    handlers[mqtt->decoder.type](mqtt, event);
    if (!mqtt->in_message) {
        otter_mqtt_decoder_next(&mqtt->decoder);
    }
}

/* ---- receiving ---- */

static size_t receive(struct otter_mqtt *mqtt, void *dst, size_t len)
{
    const struct otter_link *link = mqtt->config->link;
    int received;

    if (is_over(mqtt)) {
        return 0;
    }
    received = link->ops->receive(link->port, dst, len);
    if (received < 0) {
        end(mqtt, (enum otter_result)received, NULL);
        return 0;
    }
    if (received > 0) {
        mqtt->heard_ms = mqtt->broker_ms;
    }
    return (size_t)received;
}

/* Gather a packet's fields. @return true if it is complete */
static bool receive_packet(struct otter_mqtt *mqtt)
{
    for (;;) {
        uint8_t *place;
        const size_t wanted = otter_mqtt_decoder_wants(&mqtt->decoder, &place);
        const size_t received = receive(mqtt, place, wanted);
        enum otter_mqtt_decoded decoded;

        if (received == 0) {
            return false;
        }
        decoded = otter_mqtt_decoder_filled(&mqtt->decoder, received);
        if (decoded == OTTER_MQTT_DECODED_BAD) {
            end(mqtt, OTTER_ERR_PROTOCOL, "the broker sent a malformed MQTT packet");
        }
        if (decoded != OTTER_MQTT_DECODED_PART) {
            return decoded == OTTER_MQTT_DECODED_PACKET;
        }
    }
}

static size_t read_payload(struct otter_mqtt *mqtt, void *dst, size_t len)
{
    size_t received;

    if (!mqtt->in_message || len == 0) {
        return 0;
    }
    received = receive(mqtt, dst, len < mqtt->decoder.remaining ? len : mqtt->decoder.remaining);
    mqtt->dry = received == 0;
    mqtt->decoder.remaining -= (uint32_t)received;
    if (mqtt->decoder.remaining == 0) {
        end_message(mqtt);
    }
    return received;
}

/* Read away some of a message whose topic did not fit. */
static void skip_message(struct otter_mqtt *mqtt)
{
    uint8_t forgotten[64];

    if (mqtt->decoder.remaining == 0) {
        end_message(mqtt);
    }
    for (int i = 0; i < PACKETS_PER_STEP; i++) {
        if (read_payload(mqtt, forgotten, sizeof forgotten) == 0) {
            return;
        }
    }
}

static bool is_skipping(const struct otter_mqtt *mqtt)
{
    return mqtt->in_message && mqtt->decoder.topic_skipped;
}

static bool may_receive(struct otter_mqtt *mqtt)
{
    if (is_skipping(mqtt)) {
        skip_message(mqtt);
    }
    send_owed(mqtt);
    return !mqtt->in_message && mqtt->owed_puback == 0 && !is_over(mqtt);
}

static void receive_packets(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    for (int i = 0; i < PACKETS_PER_STEP && event->kind == OTTER_MQTT_NOTHING; i++) {
        if (!may_receive(mqtt) || !receive_packet(mqtt)) {
            event->wait_ms = is_skipping(mqtt) && !mqtt->dry ? 0 : UINT32_MAX;
            return;
        }
        handle_packet(mqtt, event);
    }
    event->wait_ms = 0;
}

/* ---- time ---- */

/* Has @p limit_ms passed since @p since_ms? If not, see to it that the next step comes in time. */
static bool has_passed(uint32_t now_ms, uint32_t since_ms, uint32_t limit_ms, uint32_t *wait_ms)
{
    const uint32_t elapsed = now_ms - since_ms;

    if (elapsed >= limit_ms) {
        return true;
    }
    if (limit_ms - elapsed < *wait_ms) {
        *wait_ms = limit_ms - elapsed;
    }
    return false;
}

static bool is_silent(struct otter_mqtt *mqtt, uint32_t since_ms, struct otter_mqtt_event *event)
{
    return has_passed(mqtt->broker_ms, since_ms, mqtt->session->timeout_ms, &event->wait_ms);
}

static bool is_held_up(const struct otter_mqtt *mqtt)
{
    return mqtt->in_message && !mqtt->dry && !is_skipping(mqtt);
}

static void check_times(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    const bool inside = mqtt->in_message || otter_mqtt_decoder_is_inside(&mqtt->decoder);

    if (inside && is_silent(mqtt, mqtt->heard_ms, event)) {
        end(mqtt, OTTER_ERR_TIMEOUT, "the broker stopped in the middle of a packet");
    }
    if (mqtt->pinged && is_silent(mqtt, mqtt->pinged_ms, event)) {
        end(mqtt, OTTER_ERR_TIMEOUT, "the broker did not answer a ping");
    }
    for (size_t i = 0; i < OTTER_MQTT_OUTSTANDING; i++) {
        if (mqtt->requests[i].packet != 0 && is_silent(mqtt, mqtt->requests[i].since_ms, event)) {
            end(mqtt, OTTER_ERR_TIMEOUT, "the broker did not acknowledge a request");
        }
    }
    if (mqtt->session->keep_alive_s != 0) {
        (void)has_passed(mqtt->now_ms, mqtt->sent_ms, ping_interval_ms(mqtt), &event->wait_ms);
    }
    if (mqtt->queued > 0 && event->wait_ms > LINK_BUSY_MS) {
        event->wait_ms = LINK_BUSY_MS;
    }
}

/* ---- phases ---- */

static void stay_idle(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    (void)mqtt;
    (void)event;
}

static void go_on_linking(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    const struct otter_link *link = mqtt->config->link;
    const enum otter_result result = link->ops->progress(link->port);

    event->wait_ms = LINK_BUSY_MS;
    if (result == OTTER_OK) {
        enter(mqtt, PHASE_GREETING);
        flush(mqtt);
    } else if (result != OTTER_AGAIN) {
        end(mqtt, result, NULL);
    } else if (is_silent(mqtt, mqtt->since_ms, event)) {
        end(mqtt, OTTER_ERR_TIMEOUT, "the connection was not established in time");
    }
}

static void converse(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    receive_packets(mqtt, event);
    flush(mqtt);
    if (event->kind == OTTER_MQTT_NOTHING) {
        check_times(mqtt, event);
    }
}

static void await_greeting(struct otter_mqtt *mqtt, struct otter_mqtt_event *event)
{
    converse(mqtt, event);
    if (mqtt->phase == PHASE_GREETING && is_silent(mqtt, mqtt->since_ms, event)) {
        end(mqtt, OTTER_ERR_TIMEOUT, "the broker did not answer CONNECT");
    }
}

static void (*const phases[PHASES])(struct otter_mqtt *, struct otter_mqtt_event *) = {
    [PHASE_IDLE] = stay_idle,
    [PHASE_LINKING] = go_on_linking,
    [PHASE_GREETING] = await_greeting,
    [PHASE_UP] = converse,
};

/* ---- the interface ---- */

static enum otter_result open(void *client, const struct otter_mqtt_session *session,
                              uint32_t now_ms)
{
    struct otter_mqtt *mqtt = client;
    const struct otter_mqtt_config *config = mqtt->config;
    const size_t size = otter_mqtt_encode_connect(config->send_buffer, config->send_size, session);
    enum otter_result result;

    assert(mqtt->phase == PHASE_IDLE);
    if (session->timeout_ms == 0 || size > config->send_size) {
        return OTTER_ERR_ARGUMENT;
    }
    *mqtt = (struct otter_mqtt){
        .config = config,
        .session = session,
        .decoder = { .topic = config->topic_buffer, .topic_size = config->topic_size },
        .queued = size,
        .now_ms = now_ms,
        .sent_ms = now_ms,
        .last_packet = mqtt->last_packet,
    };
    otter_mqtt_decoder_next(&mqtt->decoder);
    enter(mqtt, PHASE_LINKING);
    result = config->link->ops->open(config->link->port, &session->endpoint);
    if (result != OTTER_OK && result != OTTER_AGAIN) {
        end(mqtt, result, NULL);
    }
    return OTTER_OK;
}

static void drop_link(struct otter_mqtt *mqtt)
{
    const struct otter_link *link = mqtt->config->link;

    link->ops->close(link->port);
    mqtt->in_message = false;
    mqtt->phase = PHASE_IDLE;
}

static void step(void *client, uint32_t now_ms, struct otter_mqtt_event *event)
{
    struct otter_mqtt *mqtt = client;

    *event = (struct otter_mqtt_event){ .kind = OTTER_MQTT_NOTHING, .wait_ms = UINT32_MAX };
    mqtt->broker_ms += is_held_up(mqtt) ? 0 : now_ms - mqtt->now_ms;
    mqtt->now_ms = now_ms;
    if (!is_over(mqtt)) {
        phases[mqtt->phase](mqtt, event);
    }
    /* What was received before the end is still worth having; the end comes with the next step. */
    if (is_over(mqtt) && mqtt->phase != PHASE_IDLE && event->kind == OTTER_MQTT_NOTHING) {
        drop_link(mqtt);
        event->kind = OTTER_MQTT_CLOSED;
        event->result = mqtt->ended;
    }
}

static size_t read(void *client, void *dst, size_t len)
{
    return read_payload(client, dst, len);
}

static uint32_t unread(void *client)
{
    const struct otter_mqtt *mqtt = client;

    return mqtt->in_message ? mqtt->decoder.remaining : 0;
}

/* DISCONNECT can only follow whole packets, which the queue holds; it is not waited for. */
static void say_goodbye(struct otter_mqtt *mqtt)
{
    send_owed(mqtt);
    (void)keep_packet(mqtt,
                      otter_mqtt_encode_bare(queue_end(mqtt), queue_room(mqtt), PACKET_DISCONNECT));
    flush(mqtt);
}

static void close(void *client)
{
    struct otter_mqtt *mqtt = client;

    if (mqtt->phase == PHASE_UP) {
        say_goodbye(mqtt);
    }
    if (mqtt->phase != PHASE_IDLE) {
        drop_link(mqtt);
    }
}

static const char *explain(void *client)
{
    const struct otter_mqtt *mqtt = client;
    const struct otter_link *link = mqtt->config->link;

    if (!is_over(mqtt)) {
        return "";
    }
    return mqtt->why != NULL ? mqtt->why : link->ops->explain(link->port);
}

static bool has_all_parts(const struct otter_mqtt_config *config)
{
    return config->link != NULL && config->send_buffer != NULL && config->topic_buffer != NULL;
}

enum otter_result otter_mqtt_init(struct otter_mqtt *mqtt, const struct otter_mqtt_config *config)
{
    /* The smallest packets that the client must always be able to send, and a topic of one
     * character. */
    if (!has_all_parts(config) || config->send_size < PUBACK_SIZE || config->topic_size < 2) {
        return OTTER_ERR_ARGUMENT;
    }
    *mqtt = (struct otter_mqtt){ .config = config };
    return OTTER_OK;
}

struct otter_mqtt_client otter_mqtt_as_client(struct otter_mqtt *mqtt)
{
    static const struct otter_mqtt_client_ops ops = {
        .open = open,
        .step = step,
        .read = read,
        .unread = unread,
        .subscribe = subscribe,
        .publish = publish,
        .close = close,
        .explain = explain,
    };

    return (struct otter_mqtt_client){ &ops, mqtt, mqtt->config->link->ops->secure };
}
