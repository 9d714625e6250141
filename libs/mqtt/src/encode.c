/* SPDX-License-Identifier: Apache-2.0 */

/* Packets as bytes.
 *
 * A packet's length stands before its fields, so each encoder adds the lengths up first, asks
 * begin() for the fixed header, and then writes the fields into room that is known to suffice. */

#include "encode.h"

#include <stdbool.h>
#include <string.h>

#include "otter/bytes.h"
#include "packet.h"

#define REMAINING_MAX 0x0FFFFFFFu /* section 2.2.3 */
#define STRING_MAX    0xFFFFu     /* section 1.5.3 */
#define QOS_1         1u

/* Flags of CONNECT, section 3.1.2.3. */
#define CONNECT_CLEAN_SESSION 0x02u
#define CONNECT_WILL          0x04u
#define CONNECT_WILL_QOS_1    0x08u
#define CONNECT_PASSWORD      0x40u
#define CONNECT_USER_NAME     0x80u

/* Section 2.2.2: SUBSCRIBE's reserved flags have a fixed value. */
#define SUBSCRIBE_FLAGS 0x02u

static const uint8_t protocol[] = { 0, 4, 'M', 'Q', 'T', 'T', 4 };

static size_t length_size(size_t remaining)
{
    size_t size = 1;

    while (remaining > 0x7F) {
        remaining >>= 7;
        size++;
    }
    return size;
}

static uint8_t *put_length(uint8_t *next, size_t remaining)
{
    while (remaining > 0x7F) {
        *next++ = (uint8_t)((remaining & 0x7Fu) | 0x80u);
        remaining >>= 7;
    }
    *next++ = (uint8_t)remaining;
    return next;
}

static uint8_t *put_u16(uint8_t *next, uint16_t value)
{
    otter_store_be16(next, value);
    return next + 2;
}

static uint8_t *put_bytes(uint8_t *next, const void *bytes, size_t len)
{
    if (len > 0) {
        memcpy(next, bytes, len);
    }
    return next + len;
}

static uint8_t *put_string(uint8_t *next, const char *string)
{
    const size_t len = strlen(string);

    return put_bytes(put_u16(next, (uint16_t)len), string, len);
}

static bool is_too_long(const char *string)
{
    return strlen(string) > STRING_MAX;
}

static size_t string_size(const char *string)
{
    return 2 + strlen(string);
}

/* Write the fixed header if the whole packet fits.
 *
 * @param size  set to the bytes of the whole packet, or ENCODE_IMPOSSIBLE
 * @return where the fields go, or NULL */
static uint8_t *begin(uint8_t *dst, size_t room, unsigned type, unsigned flags, size_t remaining,
                      size_t *size)
{
    if (remaining > REMAINING_MAX) {
        *size = ENCODE_IMPOSSIBLE;
        return NULL;
    }
    *size = 1 + length_size(remaining) + remaining;
    if (*size > room) {
        return NULL;
    }
    *dst = (uint8_t)(type << 4 | flags);
    return put_length(dst + 1, remaining);
}

static uint8_t connect_flags(const struct otter_mqtt_session *session)
{
    unsigned flags = 0;

    flags |= session->keep_session ? 0 : CONNECT_CLEAN_SESSION;
    flags |= session->will_topic == NULL ? 0 : CONNECT_WILL | CONNECT_WILL_QOS_1;
    flags |= session->user_name == NULL ? 0 : CONNECT_USER_NAME;
    flags |= session->password == NULL ? 0 : CONNECT_PASSWORD;
    return (uint8_t)flags;
}

/* The strings of CONNECT in their order on the wire, section 3.1.3. NULL is no bytes at all. */
enum { CONNECT_STRINGS = 5 };

/* Is there one that MQTT wants another for? */
static bool lacks_string(const struct otter_mqtt_session *session)
{
    return (session->password != NULL && session->user_name == NULL)
           || (session->will_topic == NULL) != (session->will_message == NULL);
}

/* @return bytes of all strings; 0: MQTT cannot carry one of them */
static size_t strings_size(const char *const strings[CONNECT_STRINGS])
{
    size_t size = 0;

    for (size_t i = 0; i < CONNECT_STRINGS; i++) {
        if (strings[i] != NULL) {
            if (is_too_long(strings[i])) {
                return 0;
            }
            size += string_size(strings[i]);
        }
    }
    return size;
}

size_t otter_mqtt_encode_connect(uint8_t *dst, size_t room,
                                 const struct otter_mqtt_session *session)
{
    const char *const strings[CONNECT_STRINGS] = { session->client_id, session->will_topic,
                                                   session->will_message, session->user_name,
                                                   session->password };
    const size_t payload = strings_size(strings);
    uint8_t *next;
    size_t size;

    if (payload == 0 || lacks_string(session)) {
        return ENCODE_IMPOSSIBLE;
    }
    next = begin(dst, room, PACKET_CONNECT, 0, sizeof protocol + 1 + 2 + payload, &size);
    if (next == NULL) {
        return size;
    }
    next = put_bytes(next, protocol, sizeof protocol);
    *next++ = connect_flags(session);
    next = put_u16(next, session->keep_alive_s);
    for (size_t i = 0; i < CONNECT_STRINGS; i++) {
        if (strings[i] != NULL) {
            next = put_string(next, strings[i]);
        }
    }
    return size;
}

size_t otter_mqtt_encode_subscribe(uint8_t *dst, size_t room, uint16_t packet, const char *filter)
{
    uint8_t *next;
    size_t size;

    if (is_too_long(filter)) {
        return ENCODE_IMPOSSIBLE;
    }
    next = begin(dst, room, PACKET_SUBSCRIBE, SUBSCRIBE_FLAGS, 2 + string_size(filter) + 1, &size);
    if (next != NULL) {
        next = put_string(put_u16(next, packet), filter);
        *next = QOS_1;
    }
    return size;
}

size_t otter_mqtt_encode_publish(uint8_t *dst, size_t room, uint16_t packet, const char *topic,
                                 const void *payload, size_t len)
{
    uint8_t *next;
    size_t size;

    if (is_too_long(topic) || len > REMAINING_MAX) {
        return ENCODE_IMPOSSIBLE;
    }
    next = begin(dst, room, PACKET_PUBLISH, PUBLISH_QOS_1, string_size(topic) + 2 + len, &size);
    if (next != NULL) {
        next = put_u16(put_string(next, topic), packet);
        (void)put_bytes(next, payload, len);
    }
    return size;
}

size_t otter_mqtt_encode_puback(uint8_t *dst, size_t room, uint16_t packet)
{
    size_t size;
    uint8_t *next = begin(dst, room, PACKET_PUBACK, 0, 2, &size);

    if (next != NULL) {
        (void)put_u16(next, packet);
    }
    return size;
}

size_t otter_mqtt_encode_bare(uint8_t *dst, size_t room, uint8_t type)
{
    size_t size;

    (void)begin(dst, room, type, 0, 0, &size);
    return size;
}
