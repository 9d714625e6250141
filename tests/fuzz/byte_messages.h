/* SPDX-License-Identifier: Apache-2.0 */

/* The payloads of messages that an MQTT client of a fuzz target delivers: the fuzzer's own bytes. */
#ifndef BYTE_MESSAGES_H
#define BYTE_MESSAGES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct byte_messages {
    const uint8_t *bytes; /* what is left of the input */
    size_t size;
    uint32_t unread; /* bytes of the present payload */
};

#define BYTE_MESSAGE_HEAD 3u

/* Begin with the next message: two bytes of length, and one that is returned. */
static inline uint8_t byte_message_begin(struct byte_messages *messages)
{
    const size_t length = (size_t)messages->bytes[0] << 8 | messages->bytes[1];
    const uint8_t kind = messages->bytes[2];

    messages->bytes += BYTE_MESSAGE_HEAD;
    messages->size -= BYTE_MESSAGE_HEAD;
    messages->unread = (uint32_t)(length < messages->size ? length : messages->size);
    return kind;
}

/* Deliver odd numbers of bytes, so that pieces end anywhere. */
static inline size_t byte_message_read(struct byte_messages *messages, void *dst, size_t len)
{
    size_t taken = len < 61 ? len : 61;

    taken = taken < messages->unread ? taken : messages->unread;
    if (taken > 0) {
        memcpy(dst, messages->bytes, taken);
    }
    messages->bytes += taken;
    messages->size -= taken;
    messages->unread -= (uint32_t)taken;
    return taken;
}

#endif
