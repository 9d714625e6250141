/* SPDX-License-Identifier: Apache-2.0 */

/** What the device sends: topics and JSON messages (docs/formats/mqtt-protocol.md). */
#ifndef OTTER_MQTT_MESSAGES_H
#define OTTER_MQTT_MESSAGES_H

#include <stdint.h>

#include "otter/source.h"
#include "otter/text.h"

#define UNIQUE_SIZE 16u /* random bytes in a unique topic */

/** Longest message, with its terminator. The names of a device and of its image's file are at most
 * 65 and 256 characters; escaping leaves room to spare. */
#define MESSAGE_SIZE 1024u

void otter_mqtt_write_request_topic(struct otter_text *text, const char *prefix, const char *board);
void otter_mqtt_write_fixed_topic(struct otter_text *text, const char *prefix, const char *board);
void otter_mqtt_write_unique_topic(struct otter_text *text, const char *prefix, const char *board,
                                   const uint8_t unique[UNIQUE_SIZE]);

/** "Update Availability", "Request Update", "Send Direct Update": who the device is and where to answer. */
void otter_mqtt_write_request(struct otter_text *text, const char *message,
                              const struct otter_identity *identity, const char *topic);

void otter_mqtt_write_chunk_request(struct otter_text *text, const struct otter_identity *identity,
                                    const char *topic, const char *file, uint32_t offset,
                                    uint32_t size);

#endif
