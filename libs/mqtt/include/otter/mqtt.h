/* SPDX-License-Identifier: Apache-2.0 */

/** A small MQTT 3.1.1 client over a link: QoS 0 and 1, fixed memory, back-pressure.
 *
 * It serves the interface of otter/mqtt_client.h. One message is received at a time and its payload
 * goes straight from the link to the reader, so the only receive buffer holds a topic. Requests
 * wait in the send buffer until the link takes them. Specification: OASIS MQTT Version 3.1.1. */
#ifndef OTTER_MQTT_H
#define OTTER_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/link.h"
#include "otter/mqtt_client.h"
#include "otter/result.h"

/** Subscriptions and QoS 1 messages that may wait for the broker's answer at the same time. */
#define OTTER_MQTT_OUTSTANDING 8

/** Settings; borrowed as long as the client lives. */
struct otter_mqtt_config {
    const struct otter_link *link;
    uint8_t *send_buffer; /**< holds every packet that waits to be sent */
    size_t send_size;     /**< bytes; the longest CONNECT and PUBLISH must fit */
    char *topic_buffer;   /**< holds the topic of the message being received */
    size_t topic_size;    /**< bytes with terminator; messages with longer topics are skipped */
};

/** The packet that is being received, field by field. Part of struct otter_mqtt. */
struct otter_mqtt_decoder {
    uint8_t field;       /* which one is being gathered */
    uint8_t type;        /* of the packet */
    uint8_t flags;       /* of the packet */
    uint8_t length_size; /* bytes of the remaining length so far */
    bool topic_skipped;  /* it did not fit the buffer */
    uint8_t bytes[4];    /* of a short field */
    uint16_t packet;     /* identifier; 0 if the packet has none */
    char *topic;         /* the configured buffer */
    size_t topic_size;
    uint32_t have;      /* bytes of the field so far */
    uint32_t size;      /* bytes of the field, where the packet decides them */
    uint32_t remaining; /* bytes of the packet after the field; in the end, of the payload */
};

/** A request that the broker has not answered yet. Part of struct otter_mqtt. */
struct otter_mqtt_request {
    uint16_t packet; /* 0: this place is free */
    uint8_t answer;  /* type of the packet that answers it */
    uint32_t since_ms;
};

/** A client. Allocate it anywhere; the fields are its own. */
struct otter_mqtt {
    const struct otter_mqtt_config *config;
    const struct otter_mqtt_session *session;
    const char *why; /* the session ended; NULL: the link knows */
    uint8_t phase;
    enum otter_result ended; /* OTTER_OK while the session lives */
    bool pinged;             /* a PINGREQ waits for its answer */
    bool in_message;
    bool dry;             /* the reader asked for more than the link had */
    uint16_t last_packet; /* identifier that was given out last */
    uint16_t owed_puback; /* message that was read but not acknowledged yet; 0: none */
    struct otter_mqtt_decoder decoder;
    size_t queued;      /* bytes in the send buffer */
    uint32_t now_ms;    /* of the last step */
    uint32_t broker_ms; /* like now_ms, but stands still while the reader holds things up */
    uint32_t since_ms;  /* broker_ms when the phase began */
    uint32_t heard_ms;  /* broker_ms when bytes came last */
    uint32_t pinged_ms; /* broker_ms when the open ping was sent */
    uint32_t sent_ms;   /* now_ms when a packet was queued last */
    struct otter_mqtt_request requests[OTTER_MQTT_OUTSTANDING];
};

/** Prepare a client.
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_mqtt_init(struct otter_mqtt *mqtt, const struct otter_mqtt_config *config);

/** The client behind the interface. */
struct otter_mqtt_client otter_mqtt_as_client(struct otter_mqtt *mqtt);

#endif
