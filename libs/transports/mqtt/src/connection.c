/* SPDX-License-Identifier: Apache-2.0 */

/* The connection: connect, subscribe to a topic that nobody can guess, then talk.
 *
 * The topic is new with each connection, so what was meant for an earlier one cannot come in. It is
 * subscribed before anything is asked, because the answer may come at once. */

#include "connection.h"

#include <string.h>

#include "messages.h"
#include "otter/log.h"

/* A flood of unwanted bytes or events must not keep a step from ending. */
#define READS_PER_STEP  32
#define EVENTS_PER_STEP 16

enum phase {
    PHASE_OFFLINE,
    PHASE_CONNECTING,
    PHASE_SUBSCRIBING,       /* to the unique topic */
    PHASE_SUBSCRIBING_FIXED, /* to the fixed one too */
    PHASE_ONLINE,
};

void otter_mqtt_set_detail(struct otter_mqtt_transport *transport, const char *detail)
{
    struct otter_text text;

    otter_text_init(&text, transport->detail, sizeof transport->detail);
    otter_text_append(&text, detail);
}

bool otter_mqtt_has_passed(uint32_t now_ms, uint32_t since_ms, uint32_t limit_ms)
{
    return limit_ms != 0 && now_ms - since_ms >= limit_ms;
}

static enum otter_result make_topic(struct otter_mqtt_transport *transport)
{
    const struct otter_mqtt_transport_config *config = transport->config;
    uint8_t unique[UNIQUE_SIZE];
    struct otter_text text;
    const enum otter_result result = config->random(config->random_context, unique, sizeof unique);

    if (result != OTTER_OK) {
        otter_mqtt_set_detail(transport, "there are no random bytes for the topic");
        return result;
    }
    otter_text_init(&text, transport->topic, sizeof transport->topic);
    otter_mqtt_write_unique_topic(&text, config->topic_prefix, transport->identity->board, unique);
    if (text.truncated) {
        otter_mqtt_set_detail(transport, "the topic prefix or the board's name is too long");
        return OTTER_ERR_ARGUMENT;
    }
    return OTTER_OK;
}

static void go_offline(struct otter_mqtt_transport *transport)
{
    transport->phase = PHASE_OFFLINE;
    transport->subscription = 0;
    transport->message = MESSAGE_NONE;
}

/* At another broker everything is as at home, but the name that it must prove is its own. The link
 * stays the same: over TLS there, over TLS here. */
static void choose_broker(struct otter_mqtt_transport *transport, const struct otter_job *there)
{
    const struct otter_endpoint *home = &transport->config->session.endpoint;

    transport->session = transport->config->session;
    transport->is_away = there != NULL;
    if (there != NULL) {
        transport->session.endpoint = (struct otter_endpoint){
            .host = there->host,
            .port = there->port != 0 ? there->port : home->port,
        };
    }
}

static void log_connecting(const struct otter_endpoint *endpoint)
{
    char line[OTTER_LOG_LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "connecting to ");
    otter_text_append(&text, endpoint->host);
    otter_text_append(&text, ", port ");
    otter_log_number(OTTER_LOG_INFO, OTTER_LOG_TRANSPORT, line, endpoint->port, "");
}

enum otter_result otter_mqtt_connect(struct otter_mqtt_transport *transport,
                                     const struct otter_identity *identity,
                                     const struct otter_job *there, uint32_t now_ms)
{
    const struct otter_mqtt_client *client = transport->config->client;
    enum otter_result result;

    otter_mqtt_set_detail(transport, "");
    transport->identity = identity;
    if (transport->is_away || there != NULL) {
        otter_mqtt_disconnect(transport);
    }
    if (transport->phase != PHASE_OFFLINE) {
        return OTTER_OK;
    }
    choose_broker(transport, there);
    log_connecting(&transport->session.endpoint);
    result = make_topic(transport);
    if (result != OTTER_OK) {
        return result;
    }
    result = client->ops->open(client->self, &transport->session, now_ms);
    if (result == OTTER_OK) {
        transport->phase = PHASE_CONNECTING;
    } else {
        otter_mqtt_set_detail(transport, "the MQTT session's settings do not fit the client");
    }
    return result;
}

/* A session that is over takes no requests. Its last event, which comes with the next step, knows
 * why; until then there is just no room. */
static int wait_if_over(int packet)
{
    return packet == OTTER_ERR_CLOSED ? 0 : packet;
}

static void write_fixed_topic(const struct otter_mqtt_transport *transport,
                              char topic[OTTER_MQTT_TOPIC_SIZE])
{
    struct otter_text text;

    otter_text_init(&text, topic, OTTER_MQTT_TOPIC_SIZE);
    otter_mqtt_write_fixed_topic(&text, transport->config->topic_prefix,
                                 transport->identity->board);
}

static enum otter_result subscribe(struct otter_mqtt_transport *transport)
{
    const struct otter_mqtt_client *client = transport->config->client;
    char fixed[OTTER_MQTT_TOPIC_SIZE];
    const char *topic = transport->topic;
    int packet;

    if (transport->phase == PHASE_SUBSCRIBING_FIXED) {
        write_fixed_topic(transport, fixed);
        topic = fixed;
    }
    packet = wait_if_over(client->ops->subscribe(client->self, topic));

    if (packet < 0) {
        return (enum otter_result)packet;
    }
    transport->subscription = (uint16_t)packet;
    return OTTER_OK;
}

static void note_subscription(struct otter_mqtt_transport *transport)
{
    const bool wants_fixed = transport->config->fetch == OTTER_MQTT_FETCH_TOPIC;

    transport->subscription = 0;
    transport->phase = transport->phase == PHASE_SUBSCRIBING && wants_fixed
                           ? PHASE_SUBSCRIBING_FIXED
                           : PHASE_ONLINE;
}

static void note_message(struct otter_mqtt_transport *transport,
                         const struct otter_mqtt_event *event)
{
    char fixed[OTTER_MQTT_TOPIC_SIZE];

    write_fixed_topic(transport, fixed);
    transport->message = MESSAGE_NEW;
    transport->message_size = event->payload_size;
    transport->is_ours = strcmp(event->topic, transport->topic) == 0;
    transport->is_fixed_topic =
        transport->config->fetch == OTTER_MQTT_FETCH_TOPIC && strcmp(event->topic, fixed) == 0;
    transport->have = 0;
}

/* Note what @p event means for the connection. @return why it ended, or OTTER_OK */
static enum otter_result take_event(struct otter_mqtt_transport *transport,
                                    const struct otter_mqtt_event *event)
{
    switch (event->kind) {
    case OTTER_MQTT_CONNECTED:
        otter_log(OTTER_LOG_DEBUG, OTTER_LOG_TRANSPORT, "connected");
        transport->phase = PHASE_SUBSCRIBING;
        return OTTER_OK;
    case OTTER_MQTT_SUBSCRIBED:
        note_subscription(transport);
        return OTTER_OK;
    case OTTER_MQTT_PUBLISHED:
        transport->acknowledged = transport->acknowledged || event->packet == transport->sent;
        return OTTER_OK;
    case OTTER_MQTT_MESSAGE:
        note_message(transport, event);
        return OTTER_OK;
    case OTTER_MQTT_CLOSED:
        otter_log_number(OTTER_LOG_INFO, OTTER_LOG_TRANSPORT, "closed: result -",
                         (uint32_t)-event->result, "");
        go_offline(transport);
        otter_mqtt_set_detail(transport, ""); /* the client knows better than we did before */
        return event->result;
    case OTTER_MQTT_NOTHING:
        return OTTER_OK;
    }
    return OTTER_OK;
}

/* The buffer is free for this: a message that is skipped holds nothing there any more. */
static void read_away(struct otter_mqtt_transport *transport)
{
    const struct otter_mqtt_transport_config *config = transport->config;
    const struct otter_mqtt_client *client = config->client;

    for (int i = 0; i < READS_PER_STEP; i++) {
        if (client->ops->read(client->self, config->buffer, config->buffer_size) == 0) {
            break;
        }
    }
    if (client->ops->unread(client->self) == 0) {
        transport->message = MESSAGE_NONE;
    }
}

/* @return OTTER_OK: there is nothing more now, or a message begins; or why the connection ended */
static enum otter_result take_events(struct otter_mqtt_transport *transport, uint32_t now_ms)
{
    const struct otter_mqtt_client *client = transport->config->client;

    for (int i = 0; i < EVENTS_PER_STEP; i++) {
        struct otter_mqtt_event event;
        enum otter_result result;

        client->ops->step(client->self, now_ms, &event);
        result = take_event(transport, &event);
        if (result != OTTER_OK || event.kind == OTTER_MQTT_NOTHING
            || event.kind == OTTER_MQTT_MESSAGE) {
            return result;
        }
    }
    return OTTER_OK;
}

static bool is_subscribing(const struct otter_mqtt_transport *transport)
{
    return transport->phase == PHASE_SUBSCRIBING || transport->phase == PHASE_SUBSCRIBING_FIXED;
}

enum otter_result otter_mqtt_converse(struct otter_mqtt_transport *transport, uint32_t now_ms)
{
    enum otter_result result;

    if (transport->phase == PHASE_OFFLINE) {
        return OTTER_ERR_CLOSED;
    }
    if (transport->message == MESSAGE_SKIPPED) {
        read_away(transport);
    }
    result = take_events(transport, now_ms);
    if (result == OTTER_OK && is_subscribing(transport) && transport->subscription == 0) {
        result = subscribe(transport);
    }
    if (result != OTTER_OK) {
        return result;
    }
    return transport->phase == PHASE_ONLINE ? OTTER_OK : OTTER_AGAIN;
}

int otter_mqtt_send(struct otter_mqtt_transport *transport, const struct otter_text *message)
{
    const struct otter_mqtt_client *client = transport->config->client;
    char topic[OTTER_MQTT_TOPIC_SIZE];
    struct otter_text text;

    otter_text_init(&text, topic, sizeof topic);
    otter_mqtt_write_request_topic(&text, transport->config->topic_prefix,
                                   transport->identity->board);
    if (message->truncated) {
        otter_mqtt_set_detail(transport, "the device's names do not fit a request");
        return OTTER_ERR_NO_SPACE;
    }
    return wait_if_over(
        client->ops->publish(client->self, topic, message->buffer, message->length));
}

bool otter_mqtt_gather(struct otter_mqtt_transport *transport, size_t len)
{
    const struct otter_mqtt_client *client = transport->config->client;

    while (transport->have < len) {
        const size_t received = client->ops->read(
            client->self, transport->config->buffer + transport->have, len - transport->have);

        transport->have += received;
        if (received == 0) {
            break;
        }
    }
    return transport->have == len || transport->have == transport->message_size;
}

enum otter_result otter_mqtt_gather_document(struct otter_mqtt_transport *transport)
{
    if (transport->message != MESSAGE_NEW) {
        return OTTER_AGAIN;
    }
    if (!transport->is_ours) {
        otter_mqtt_skip_message(transport);
        return OTTER_AGAIN;
    }
    if (transport->message_size > OTTER_JOB_DOCUMENT_MAX) {
        otter_mqtt_skip_message(transport);
        return OTTER_ERR_JOB_TOO_BIG;
    }
    if (!otter_mqtt_gather(transport, transport->message_size)) {
        return OTTER_AGAIN;
    }
    transport->message = MESSAGE_NONE;
    return OTTER_OK;
}

void otter_mqtt_skip_message(struct otter_mqtt_transport *transport)
{
    if (transport->message != MESSAGE_NONE) {
        transport->message = MESSAGE_SKIPPED;
        transport->have = 0;
    }
}

void otter_mqtt_disconnect(struct otter_mqtt_transport *transport)
{
    const struct otter_mqtt_client *client = transport->config->client;

    if (transport->phase != PHASE_OFFLINE) {
        client->ops->close(client->self);
        go_offline(transport);
    }
}

const char *otter_mqtt_explain(void *self)
{
    struct otter_mqtt_transport *transport = self;
    const struct otter_mqtt_client *client = transport->config->client;

    return transport->detail[0] != '\0' ? transport->detail : client->ops->explain(client->self);
}

static bool has_all_parts(const struct otter_mqtt_transport_config *config)
{
    return config->client != NULL && config->random != NULL && config->buffer != NULL
           && config->topic_prefix != NULL;
}

static bool is_possible(const struct otter_mqtt_transport_config *config)
{
    return config->chunk_size > 0 && config->chunk_tries > 0 && config->window > 0
           && config->window <= OTTER_MQTT_WINDOW_MAX
           && config->buffer_size > OTTER_JOB_DOCUMENT_MAX;
}

enum otter_result otter_mqtt_transport_init(struct otter_mqtt_transport *transport,
                                            const struct otter_mqtt_transport_config *config)
{
    if (!has_all_parts(config) || !is_possible(config)) {
        return OTTER_ERR_ARGUMENT;
    }
    *transport = (struct otter_mqtt_transport){ .config = config };
    return OTTER_OK;
}
