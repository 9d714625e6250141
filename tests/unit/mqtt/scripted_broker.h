/* SPDX-License-Identifier: Apache-2.0 */

/** A broker in memory, behind a link that cuts, stalls and breaks as a test wants.
 *
 * It answers CONNECT, SUBSCRIBE, PUBLISH and PINGREQ as a broker does, unless a test makes it
 * silent, and hands each PUBLISH to the test's own script, which plays the other clients. */
#ifndef SCRIPTED_BROKER_H
#define SCRIPTED_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/link.h"

#define SCRIPTED_ROOM 200000u

struct scripted_broker {
    struct otter_link link;
    struct otter_link_ops ops;

    /* what a test sets */
    enum otter_result open_result;
    enum otter_result progress_result;
    enum otter_result end_result; /* of receive, once all is delivered; OTTER_OK: nothing yet */
    size_t cuts[2];               /* receive delivers nothing once when it reaches such a byte */
    size_t send_limit;            /* most bytes taken by one send; 0: all */
    bool send_fails;
    bool is_silent;      /* answers nothing */
    uint8_t connack[2];  /* flags, code */
    uint8_t suback_code; /* 0, 1, 0x80 */
    void (*on_publish)(void *context, struct scripted_broker *broker, const char *topic,
                       const uint8_t *payload, size_t len);
    void *context;

    /* what a test looks at */
    bool is_open;
    char host[64]; /* where the link was opened last */
    uint16_t port;
    uint8_t sent[SCRIPTED_ROOM]; /* by the client */
    size_t sent_size;
    unsigned counts[16]; /* packets of the client, by type */

    uint8_t stream[SCRIPTED_ROOM]; /* to the client */
    size_t stream_size;
    size_t delivered;
    size_t parsed; /* of `sent` */
    bool cut_done[2];
};

void scripted_broker_init(struct scripted_broker *broker);

/** Send raw bytes to the client. */
void scripted_broker_send(struct scripted_broker *broker, const void *bytes, size_t len);

/** Send a message to the client. */
void scripted_broker_publish(struct scripted_broker *broker, const char *topic, uint8_t qos,
                             uint16_t packet, const void *payload, size_t len);

#endif
