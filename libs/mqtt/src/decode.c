/* SPDX-License-Identifier: Apache-2.0 */

/* The incremental parser: a packet is a sequence of fields, and a table says for each field how
 * many bytes it has and what follows it.
 *
 * Only one field is ever in memory. Every length is checked against what the packet has left before
 * a byte of it is taken, so nothing in here depends on the broker's good will. */

#include "decode.h"

#include <assert.h>
#include <string.h>

#include "otter/bytes.h"
#include "packet.h"

#define LENGTH_SIZE_MAX 4u /* section 2.2.3 */

enum field {
    FIELD_START,        /* type, flags, first byte of the remaining length */
    FIELD_LENGTH,       /* another byte of the remaining length */
    FIELD_BODY,         /* everything else of a packet of fixed length */
    FIELD_TOPIC_LENGTH, /* of a PUBLISH */
    FIELD_TOPIC,
    FIELD_LONG_TOPIC, /* one that does not fit; its bytes are forgotten */
    FIELD_PACKET,     /* packet identifier of a PUBLISH */
    FIELDS,
    PACKET_COMPLETE, /* not fields: how a packet ends */
    PACKET_BAD,
};

/* Packets of fixed length that a broker sends, apart from PUBLISH. They all have flags 0. */
static const struct {
    bool is_expected;
    uint8_t length;
} fixed_packets[PACKET_TYPES] = {
    [PACKET_CONNACK] = { true, 2 },
    [PACKET_PUBACK] = { true, 2 },
    [PACKET_SUBACK] = { true, 3 }, /* we ask for one filter at a time */
    [PACKET_PINGRESP] = { true, 0 },
};

static enum field begin_fixed(struct otter_mqtt_decoder *decoder)
{
    if (!fixed_packets[decoder->type].is_expected || decoder->flags != 0
        || decoder->remaining != fixed_packets[decoder->type].length) {
        return PACKET_BAD;
    }
    decoder->size = decoder->remaining;
    return decoder->size == 0 ? PACKET_COMPLETE : FIELD_BODY;
}

static enum field begin_publish(const struct otter_mqtt_decoder *decoder)
{
    /* QoS 2 is never asked for, and QoS 3 does not exist. */
    return PUBLISH_QOS(decoder->flags) > 1 || decoder->remaining < 2 ? PACKET_BAD
                                                                     : FIELD_TOPIC_LENGTH;
}

static enum field add_length_byte(struct otter_mqtt_decoder *decoder, uint8_t byte)
{
    decoder->remaining |= (uint32_t)(byte & 0x7Fu) << 7 * decoder->length_size;
    decoder->length_size++;
    if ((byte & 0x80u) != 0) {
        return decoder->length_size < LENGTH_SIZE_MAX ? FIELD_LENGTH : PACKET_BAD;
    }
    return decoder->type == PACKET_PUBLISH ? begin_publish(decoder) : begin_fixed(decoder);
}

static enum field end_start(struct otter_mqtt_decoder *decoder)
{
    decoder->type = decoder->bytes[0] >> 4;
    decoder->flags = decoder->bytes[0] & 0x0Fu;
    return add_length_byte(decoder, decoder->bytes[1]);
}

static enum field end_length(struct otter_mqtt_decoder *decoder)
{
    return add_length_byte(decoder, decoder->bytes[0]);
}

static enum field end_body(struct otter_mqtt_decoder *decoder)
{
    decoder->remaining = 0;
    if (decoder->type != PACKET_CONNACK) {
        decoder->packet = otter_load_be16(decoder->bytes);
    }
    return PACKET_COMPLETE;
}

static enum field end_topic_length(struct otter_mqtt_decoder *decoder)
{
    decoder->remaining -= 2;
    decoder->size = otter_load_be16(decoder->bytes);
    if (decoder->size == 0 || decoder->size > decoder->remaining) {
        return PACKET_BAD;
    }
    decoder->topic_skipped = decoder->size >= decoder->topic_size;
    return decoder->topic_skipped ? FIELD_LONG_TOPIC : FIELD_TOPIC;
}

static enum field end_long_topic(struct otter_mqtt_decoder *decoder)
{
    decoder->remaining -= decoder->size;
    if (PUBLISH_QOS(decoder->flags) == 0) {
        return PACKET_COMPLETE;
    }
    return decoder->remaining < 2 ? PACKET_BAD : FIELD_PACKET;
}

static enum field end_topic(struct otter_mqtt_decoder *decoder)
{
    decoder->topic[decoder->size] = '\0';
    /* A NUL would make a reader see a shorter topic than the broker's; wildcards belong to filters
     * (sections 1.5.3 and 3.3.2.1). */
    if (strlen(decoder->topic) != decoder->size || strpbrk(decoder->topic, "+#") != NULL) {
        return PACKET_BAD;
    }
    return end_long_topic(decoder);
}

static enum field end_packet(struct otter_mqtt_decoder *decoder)
{
    decoder->remaining -= 2;
    decoder->packet = otter_load_be16(decoder->bytes);
    return decoder->packet == 0 ? PACKET_BAD : PACKET_COMPLETE;
}

static const struct {
    uint8_t size; /* bytes; 0: the field before it has put them into decoder->size */
    enum field (*end)(struct otter_mqtt_decoder *decoder);
} fields[FIELDS] = {
    [FIELD_START] = { 2, end_start },   [FIELD_LENGTH] = { 1, end_length },
    [FIELD_BODY] = { 0, end_body },     [FIELD_TOPIC_LENGTH] = { 2, end_topic_length },
    [FIELD_TOPIC] = { 0, end_topic },   [FIELD_LONG_TOPIC] = { 0, end_long_topic },
    [FIELD_PACKET] = { 2, end_packet },
};

static void begin_field(struct otter_mqtt_decoder *decoder, enum field field)
{
    decoder->field = (uint8_t)field;
    decoder->have = 0;
    if (field < FIELDS && fields[field].size != 0) {
        decoder->size = fields[field].size;
    }
}

void otter_mqtt_decoder_next(struct otter_mqtt_decoder *decoder)
{
    decoder->length_size = 0;
    decoder->remaining = 0;
    decoder->packet = 0;
    decoder->topic_skipped = false;
    begin_field(decoder, FIELD_START);
}

size_t otter_mqtt_decoder_wants(struct otter_mqtt_decoder *decoder, uint8_t **place)
{
    const size_t lacking = decoder->size - decoder->have;

    assert(decoder->field < FIELDS);
    switch (decoder->field) {
    case FIELD_TOPIC:
        *place = (uint8_t *)decoder->topic + decoder->have;
        return lacking;
    case FIELD_LONG_TOPIC:
        *place = decoder->bytes;
        return lacking < sizeof decoder->bytes ? lacking : sizeof decoder->bytes;
    default:
        *place = decoder->bytes + decoder->have;
        return lacking;
    }
}

enum otter_mqtt_decoded otter_mqtt_decoder_filled(struct otter_mqtt_decoder *decoder, size_t len)
{
    assert(len > 0 && len <= decoder->size - decoder->have);
    decoder->have += (uint32_t)len;
    if (decoder->have < decoder->size) {
        return OTTER_MQTT_DECODED_PART;
    }
    begin_field(decoder, fields[decoder->field].end(decoder));
    if (decoder->field == PACKET_BAD) {
        return OTTER_MQTT_DECODED_BAD;
    }
    return decoder->field == PACKET_COMPLETE ? OTTER_MQTT_DECODED_PACKET : OTTER_MQTT_DECODED_PART;
}

bool otter_mqtt_decoder_is_inside(const struct otter_mqtt_decoder *decoder)
{
    return decoder->field != PACKET_COMPLETE
           && (decoder->field != FIELD_START || decoder->have != 0);
}
