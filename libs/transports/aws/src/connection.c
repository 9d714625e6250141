/* SPDX-License-Identifier: Apache-2.0 */

/* The session: connect, subscribe one filter after the other, then talk. Every message is gathered
 * whole before anybody looks at it: the service's are short, and the buffer has room for a block. */

#include "connection.h"

#include <string.h>

#include "exchange.h"
#include "otter/log.h"
#include "stream.h"
#include "topics.h"

/* A flood of messages or events must not keep a step from ending. */
#define TURNS_PER_STEP 16

/* AWS IoT allows 50 subscriptions on a connection. */
#define SUBSCRIPTIONS_MAX 48u

enum phase { PHASE_OFFLINE, PHASE_CONNECTING, PHASE_ONLINE };

void otter_aws_set_detail(struct otter_aws_transport *transport, const char *detail,
                          const char *more)
{
    struct otter_text text;

    otter_text_init(&text, transport->detail, sizeof transport->detail);
    otter_text_append(&text, detail);
    otter_text_append(&text, more);
}

const char *otter_aws_explain(void *self)
{
    const struct otter_aws_transport *transport = self;
    const struct otter_mqtt_client *client = transport->config->client;

    return transport->detail[0] != '\0' ? transport->detail : client->ops->explain(client->self);
}

bool otter_aws_is_online(const struct otter_aws_transport *transport)
{
    return transport->phase != PHASE_OFFLINE;
}

static void drop_message(struct otter_aws_transport *transport)
{
    transport->message = AWS_FOREIGN;
    transport->is_gathering = false;
    transport->have = 0;
}

static void go_offline(struct otter_aws_transport *transport)
{
    transport->phase = PHASE_OFFLINE;
    transport->subscribed = 0;
    transport->subscriptions = 0;
    transport->subscription = 0;
    transport->is_fresh = false;
    transport->left = 0;
    drop_message(transport);
    otter_aws_forget_question(transport);
}

void otter_aws_disconnect(struct otter_aws_transport *transport)
{
    const struct otter_mqtt_client *client = transport->config->client;

    if (transport->phase != PHASE_OFFLINE) {
        client->ops->close(client->self);
        go_offline(transport);
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

enum otter_result otter_aws_connect(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const struct otter_aws_transport_config *config = transport->config;
    enum otter_result result;

    otter_aws_set_detail(transport, "", "");
    if (transport->phase != PHASE_OFFLINE) {
        return OTTER_OK;
    }
    log_connecting(&config->session.endpoint);
    transport->nonce = config->random(config->context);
    result = config->client->ops->open(config->client->self, &config->session, now_ms);
    if (result == OTTER_OK) {
        transport->phase = PHASE_CONNECTING;
    } else {
        otter_aws_set_detail(transport, "the MQTT session's settings do not fit the client", "");
    }
    return result;
}

/* A session that is over takes no requests. Its last event, which comes with the next step, knows
 * why; until then there is just no room. */
static int wait_if_over(int packet)
{
    return packet == OTTER_ERR_CLOSED ? 0 : packet;
}

int otter_aws_publish(struct otter_aws_transport *transport, const struct otter_text *topic,
                      const void *payload, size_t len)
{
    const struct otter_mqtt_client *client = transport->config->client;

    return wait_if_over(client->ops->publish(client->self, topic->buffer, payload, len));
}

/* ---- subscribing ---- */

static uint8_t filters_wanted(const struct otter_aws_transport *transport)
{
    if (!transport->execution.exists) {
        return AWS_FILTERS_GENERAL;
    }
    return transport->execution.stream[0] != '\0' ? AWS_FILTERS_STREAM : AWS_FILTERS_EXECUTION;
}

void otter_aws_forget_topics(struct otter_aws_transport *transport)
{
    if (transport->subscribed >= AWS_FILTERS_GENERAL) {
        transport->subscribed = AWS_FILTERS_GENERAL;
        transport->subscription = 0; /* that was for the one before */
    }
}

/* @return OTTER_OK: all are in force; OTTER_AGAIN; or why that cannot be */
static enum otter_result subscribe(struct otter_aws_transport *transport)
{
    const struct otter_mqtt_client *client = transport->config->client;
    char filter[OTTER_AWS_TOPIC_SIZE];
    struct otter_text text;
    int packet;

    if (transport->subscribed >= filters_wanted(transport)) {
        return OTTER_OK;
    }
    if (transport->subscription != 0) {
        return OTTER_AGAIN;
    }
    if (transport->subscriptions == SUBSCRIPTIONS_MAX) {
        otter_aws_disconnect(transport);
        otter_aws_set_detail(transport, "there were too many jobs for one connection", "");
        return OTTER_ERR_CLOSED;
    }
    otter_text_init(&text, filter, sizeof filter);
    otter_aws_write_filter(&text, transport, transport->subscribed);
    packet = wait_if_over(client->ops->subscribe(client->self, filter));
    if (packet > 0) {
        transport->subscription = (uint16_t)packet;
        transport->subscriptions++;
    }
    return packet < 0 ? (enum otter_result)packet : OTTER_AGAIN;
}

static void note_subscription(struct otter_aws_transport *transport, uint16_t packet)
{
    if (packet == transport->subscription) {
        transport->subscription = 0;
        transport->subscribed++;
    }
}

/* ---- messages ---- */

static void note_message(struct otter_aws_transport *transport,
                         const struct otter_mqtt_event *event)
{
    const bool fits = event->payload_size < transport->config->buffer_size;

    transport->message = (uint8_t)otter_aws_recognise(transport, event->topic);
    transport->message_size = event->payload_size;
    transport->have = 0;
    transport->is_gathering = transport->message != AWS_FOREIGN && fits;
    if (!fits) {
        otter_aws_note_too_long(transport);
    }
}

/* @return true if the message is whole */
static bool gather(struct otter_aws_transport *transport)
{
    const struct otter_mqtt_client *client = transport->config->client;

    transport->have += client->ops->read(client->self, transport->config->buffer + transport->have,
                                         transport->message_size - transport->have);
    return transport->have == transport->message_size;
}

/* @return true if there is nothing left of it */
static bool read_away(const struct otter_aws_transport *transport)
{
    const struct otter_mqtt_client *client = transport->config->client;
    uint8_t waste[64];

    for (int i = 0; i < 64 * TURNS_PER_STEP; i++) {
        if (client->ops->unread(client->self) == 0
            || client->ops->read(client->self, waste, sizeof waste) == 0) {
            break;
        }
    }
    return client->ops->unread(client->self) == 0;
}

static void ignore(struct otter_aws_transport *transport, uint32_t now_ms)
{
    (void)transport;
    (void)now_ms;
}

static void use_message(struct otter_aws_transport *transport, uint32_t now_ms)
{
    static void (*const uses[])(struct otter_aws_transport *, uint32_t) = {
        [AWS_FOREIGN] = ignore,
        [AWS_NOTIFICATION] = otter_aws_take_notification,
        [AWS_GET_ACCEPTED] = otter_aws_take_answer,
        [AWS_GET_REJECTED] = otter_aws_take_answer,
        [AWS_UPDATE_ACCEPTED] = otter_aws_take_answer,
        [AWS_UPDATE_REJECTED] = otter_aws_take_answer,
        [AWS_BLOCK] = otter_aws_take_block,
        [AWS_STREAM_REJECTED] = otter_aws_take_refusal,
    };

    uses[transport->message](transport, now_ms);
    drop_message(transport);
}

/* ---- events ---- */

/* @return why the session ended, or OTTER_OK */
static enum otter_result take_event(struct otter_aws_transport *transport,
                                    const struct otter_mqtt_event *event)
{
    switch (event->kind) {
    case OTTER_MQTT_CONNECTED:
        transport->phase = PHASE_ONLINE;
        return OTTER_OK;
    case OTTER_MQTT_SUBSCRIBED:
        note_subscription(transport, event->packet);
        return OTTER_OK;
    case OTTER_MQTT_MESSAGE:
        note_message(transport, event);
        return OTTER_OK;
    case OTTER_MQTT_CLOSED:
        otter_log_number(OTTER_LOG_INFO, OTTER_LOG_TRANSPORT, "closed: result -",
                         (uint32_t)-event->result, "");
        go_offline(transport);
        otter_aws_set_detail(transport, "", ""); /* the client knows better than we did before */
        return event->result;
    case OTTER_MQTT_PUBLISHED:
    case OTTER_MQTT_NOTHING:
        return OTTER_OK;
    }
    return OTTER_OK;
}

/* @return OTTER_OK: there may be more; OTTER_AGAIN: there is not; or why the session ended */
static enum otter_result take_next(struct otter_aws_transport *transport, uint32_t now_ms)
{
    const struct otter_mqtt_client *client = transport->config->client;
    struct otter_mqtt_event event;
    enum otter_result result;

    if (transport->left > 0) {
        return OTTER_AGAIN; /* the buffer holds a block */
    }
    if (transport->is_gathering) {
        if (!gather(transport)) {
            return OTTER_AGAIN;
        }
        use_message(transport, now_ms);
        return OTTER_OK;
    }
    if (!read_away(transport)) {
        return OTTER_AGAIN;
    }
    client->ops->step(client->self, now_ms, &event);
    result = take_event(transport, &event);
    return result == OTTER_OK && event.kind == OTTER_MQTT_NOTHING ? OTTER_AGAIN : result;
}

enum otter_result otter_aws_converse(struct otter_aws_transport *transport, uint32_t now_ms)
{
    enum otter_result result = OTTER_OK;

    if (transport->phase == PHASE_OFFLINE) {
        return OTTER_ERR_CLOSED;
    }
    for (int i = 0; result == OTTER_OK && i < TURNS_PER_STEP; i++) {
        result = take_next(transport, now_ms);
    }
    if (result != OTTER_OK && result != OTTER_AGAIN) {
        return result;
    }
    return transport->phase == PHASE_ONLINE ? subscribe(transport) : OTTER_AGAIN;
}

void otter_aws_rest(struct otter_aws_transport *transport)
{
    transport->left = 0;
    if (transport->message == AWS_BLOCK) {
        drop_message(transport);
    }
}

/* ---- the configuration ---- */

static bool has_all_parts(const struct otter_aws_transport_config *config)
{
    return config->client != NULL && config->random != NULL && config->buffer != NULL
           && config->thing_name != NULL
           && (config->http == NULL || (config->url != NULL && config->url_size > 0));
}

static bool has_a_name(const struct otter_aws_transport_config *config)
{
    const size_t len = strlen(config->thing_name);

    return len > 0 && len < OTTER_AWS_THING_SIZE;
}

static bool is_possible(const struct otter_aws_transport_config *config)
{
    return config->block_size >= OTTER_AWS_BLOCK_MIN && config->block_size <= OTTER_AWS_BLOCK_MAX
           && config->window > 0 && config->window <= OTTER_AWS_WINDOW_MAX
           && config->blocks_per_request > 0 && config->blocks_per_request <= config->window
           && config->request_timeout_ms > 0 && config->request_tries > 0 && config->block_tries > 0
           && config->block_timeout_ms > 0
           && config->block_timeout_max_ms >= config->block_timeout_ms
           && config->buffer_size >= OTTER_AWS_BUFFER_MIN
           && config->buffer_size >= config->block_size + OTTER_AWS_ENVELOPE_SIZE;
}

enum otter_result otter_aws_transport_init(struct otter_aws_transport *transport,
                                           const struct otter_aws_transport_config *config)
{
    if (!has_all_parts(config) || !has_a_name(config) || !is_possible(config)) {
        return OTTER_ERR_ARGUMENT;
    }
    *transport = (struct otter_aws_transport){ .config = config };
    return OTTER_OK;
}
