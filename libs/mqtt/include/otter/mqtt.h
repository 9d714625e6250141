/* SPDX-License-Identifier: Apache-2.0 */

/** A small MQTT 3.1.1 client over a link: QoS 0 and 1, fixed memory, back-pressure.
 *
 * It serves the interface of otter/mqtt_client.h. One message is received at a time and its payload
 * is streamed, so the receive buffer only has to hold the longest topic. Requests wait in the send
 * buffer until the link takes them. Specification: OASIS MQTT Version 3.1.1. */
#ifndef OTTER_MQTT_H
#define OTTER_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/link.h"
#include "otter/mqtt_client.h"
#include "otter/result.h"

/** Settings; borrowed as long as the client lives. */
struct otter_mqtt_config {
    const struct otter_link *link;
    uint8_t *send_buffer; /**< holds every packet that waits to be sent */
    size_t send_size;     /**< bytes; the longest CONNECT and PUBLISH must fit */
    char *topic_buffer;   /**< holds the topic of the message being received */
    size_t topic_size;    /**< bytes with terminator; messages with longer topics are skipped */
};

/** A client. Allocate it anywhere; the fields are its own. */
struct otter_mqtt {
    const struct otter_mqtt_config *config;
};

/** Prepare a client.
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_mqtt_init(struct otter_mqtt *mqtt, const struct otter_mqtt_config *config);

/** The client behind the interface. */
struct otter_mqtt_client otter_mqtt_as_client(struct otter_mqtt *mqtt);

#endif
