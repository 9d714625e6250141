/* SPDX-License-Identifier: Apache-2.0 */

/** The incremental parser of what a broker sends. It does no I/O: it says how many bytes it wants
 * next and where, and is told how many were put there. It never wants a byte beyond the fields of
 * one packet, so a PUBLISH's payload stays in the link for whoever reads it. */
#ifndef OTTER_MQTT_DECODE_H
#define OTTER_MQTT_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/mqtt.h"

enum otter_mqtt_decoded {
    OTTER_MQTT_DECODED_PART,   /**< more bytes are wanted */
    OTTER_MQTT_DECODED_PACKET, /**< `type`, `flags`, `packet`, `bytes`, `remaining` hold a packet */
    OTTER_MQTT_DECODED_BAD,    /**< no broker may send that; the stream is lost */
};

/** Be ready for the first byte of a packet. */
void otter_mqtt_decoder_next(struct otter_mqtt_decoder *decoder);

/** Where the next bytes go, and how many at most; never 0. */
size_t otter_mqtt_decoder_wants(struct otter_mqtt_decoder *decoder, uint8_t **place);

/** @p len bytes (at least 1) were put where the decoder wanted them. */
enum otter_mqtt_decoded otter_mqtt_decoder_filled(struct otter_mqtt_decoder *decoder, size_t len);

/** True if some but not all bytes of a packet's fields are here. */
bool otter_mqtt_decoder_is_inside(const struct otter_mqtt_decoder *decoder);

#endif
