/* SPDX-License-Identifier: Apache-2.0 */

/** An MQTT 3.1.1 client as the transports see it: ours (otter/mqtt.h) or a product's own.
 *
 * Pulled, not pushed: step() returns one event at a time, and a message's payload is fetched with
 * read() in pieces of any size. Nothing more is taken from the network until it is fetched, so a
 * slow flash slows the sender down instead of filling memory. */
#ifndef OTTER_MQTT_CLIENT_H
#define OTTER_MQTT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/link.h"
#include "otter/result.h"

/** How to connect. Everything is borrowed until close(). */
struct otter_mqtt_session {
    struct otter_endpoint endpoint;
    const char *client_id;
    const char *user_name;    /**< NULL: none */
    const char *password;     /**< NULL: none */
    uint16_t keep_alive_s;    /**< 0: off */
    bool keep_session;        /**< ask the broker to keep subscriptions and undelivered messages */
    const char *will_topic;   /**< NULL: no will */
    const char *will_message; /**< text */
    uint32_t timeout_ms;      /**< for each answer of the broker, connecting included */
};

enum otter_mqtt_event_kind {
    OTTER_MQTT_NOTHING,    /**< nothing happened; step again when bytes arrive, or in wait_ms */
    OTTER_MQTT_CONNECTED,  /**< the broker accepted the session */
    OTTER_MQTT_SUBSCRIBED, /**< the subscription `packet` is in force */
    OTTER_MQTT_PUBLISHED,  /**< the broker has the message `packet` (QoS 1) */
    OTTER_MQTT_MESSAGE,    /**< a message begins: topic, payload_size; fetch it with read() */
    OTTER_MQTT_CLOSED,     /**< the session is over; result says why. Comes once. */
};

struct otter_mqtt_event {
    enum otter_mqtt_event_kind kind;
    uint16_t packet;       /**< SUBSCRIBED, PUBLISHED: what subscribe or publish returned */
    const char *topic;     /**< MESSAGE: terminated, valid until the payload is read to its end */
    uint32_t payload_size; /**< MESSAGE: bytes to read() */
    enum otter_result result; /**< CLOSED: OTTER_ERR_HOST, OTTER_ERR_LINK, OTTER_ERR_CLOSED,
                                   OTTER_ERR_PEER_UNTRUSTED, OTTER_ERR_REFUSED, OTTER_ERR_PROTOCOL,
                                   OTTER_ERR_TIMEOUT */
    uint32_t wait_ms;         /**< NOTHING: step again after this at the latest */
};

struct otter_mqtt_client_ops {
    /** Begin a session. Its success or failure comes as an event.
     *  @return OTTER_OK, OTTER_ERR_ARGUMENT (a name is too long for the client's buffers) */
    enum otter_result (*open)(void *client, const struct otter_mqtt_session *session,
                              uint32_t now_ms);

    /** Do what can be done without waiting and return the next event. While a payload is not read
     * to its end it returns OTTER_MQTT_NOTHING (keep-alives still flow). */
    void (*step)(void *client, uint32_t now_ms, struct otter_mqtt_event *event);

    /** Fetch the payload of the current message.
     *  @return bytes copied; 0 when none are here yet, or the payload is at its end */
    size_t (*read)(void *client, void *dst, size_t len);

    /** Payload bytes of the current message that were not read yet; 0: step for the next event. */
    uint32_t (*unread)(void *client);

    /** Ask for a topic filter at QoS 1.
     *  @return > 0 the packet's number; 0: no room now, try after the next step; < 0 a result */
    int (*subscribe)(void *client, const char *filter);

    /** Publish a whole message at QoS 1, not retained. The bytes are copied.
     *  @return as subscribe; OTTER_ERR_NO_SPACE if it can never fit the client's buffer */
    int (*publish)(void *client, const char *topic, const void *payload, size_t len);

    /** Say goodbye if the link allows it, and end. Harmless if there is no session. */
    void (*close)(void *client);

    /** Why the session ended, for people; "" if there is nothing to add. */
    const char *(*explain)(void *client);
};

struct otter_mqtt_client {
    const struct otter_mqtt_client_ops *ops;
    void *self;
    bool secure; /**< the sessions run over a secure link */
};

#endif
