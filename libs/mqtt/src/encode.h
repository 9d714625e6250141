/* SPDX-License-Identifier: Apache-2.0 */

/** Packets as bytes. Each function writes one packet to @p dst of @p room bytes.
 *
 *  @return bytes of the packet; if that is more than @p room, nothing was written */
#ifndef OTTER_MQTT_ENCODE_H
#define OTTER_MQTT_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "otter/mqtt_client.h"

/** What the encoders return for a packet that MQTT itself cannot carry. */
#define ENCODE_IMPOSSIBLE SIZE_MAX

/** Bytes of a packet without fields, and of a PUBACK. */
#define BARE_PACKET_SIZE 2u
#define PUBACK_SIZE      4u

size_t otter_mqtt_encode_connect(uint8_t *dst, size_t room,
                                 const struct otter_mqtt_session *session);

/** A SUBSCRIBE for one filter at QoS 1. */
size_t otter_mqtt_encode_subscribe(uint8_t *dst, size_t room, uint16_t packet, const char *filter);

/** A PUBLISH at QoS 1, not retained. */
size_t otter_mqtt_encode_publish(uint8_t *dst, size_t room, uint16_t packet, const char *topic,
                                 const void *payload, size_t len);

size_t otter_mqtt_encode_puback(uint8_t *dst, size_t room, uint16_t packet);

/** PINGREQ and DISCONNECT: a type and nothing else. */
size_t otter_mqtt_encode_bare(uint8_t *dst, size_t room, uint8_t type);

#endif
