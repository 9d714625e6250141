/* SPDX-License-Identifier: Apache-2.0 */

/** The publisher's side of the update protocol over MQTT (docs/formats/mqtt-protocol.md), without a
 * broker: requests go in as bytes, messages and events come out through two functions.
 *
 * Nothing that a device sends can end it: what cannot be understood becomes a PUBLISHER_PROBLEM. */
#ifndef OTTER_TOOL_PUBLISHER_H
#define OTTER_TOOL_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalogue.h"
#include "request.h"
#include "session.h"

enum publisher_event_kind {
    PUBLISHER_OFFERED,  /* a device asked and got a job */
    PUBLISHER_NOTHING,  /* a device asked and there is nothing newer */
    PUBLISHER_PROGRESS, /* a chunk was sent */
    PUBLISHER_RESULT,   /* a device said how it ended */
    PUBLISHER_PROBLEM,  /* a request that was not served */
};

/** What happened. Only what the kind needs is filled; texts are valid during the call. */
struct publisher_event {
    enum publisher_event_kind kind;
    const char *board;
    const char *device;            /* serial number or end of the topic */
    const struct request *request; /* NULL if it could not be read, and for streamed chunks */
    struct otter_version version;  /* of the image on offer or on its way */
    const char *image_name;
    uint32_t done;
    uint32_t total;     /* bytes */
    int percent;        /* of a PROGRESS that crossed a quarter; -1 for those between */
    bool succeeded;     /* of a RESULT */
    const char *reason; /* of a PROBLEM */
};

struct publisher_config {
    const char *topic_prefix;
    uint32_t chunk_size; /* bytes of image data in a message of a whole image; 1..CHUNK_DATA_MAX */
    bool offer_always;   /* the newest image, whatever the device runs */

    /** Send a message with QoS 1. @return a number that publisher_acknowledged() gets when the
     * broker has it; negative if it cannot be sent */
    int (*send)(void *context, const char *topic, const void *bytes, size_t len);
    void (*event)(void *context, const struct publisher_event *event);
    void *context;
};

/** A publisher. Place it anywhere (it is large); the fields are its own. */
struct publisher {
    const struct publisher_config *config;
    struct catalogue *catalogue;
    struct session_table sessions;
};

/** Both are borrowed. End it with publisher_free(). */
void publisher_init(struct publisher *publisher, const struct publisher_config *config,
                    struct catalogue *catalogue);

/** Serve one message that arrived on @p topic. */
void publisher_handle(struct publisher *publisher, const char *topic, const void *payload,
                      size_t len);

/** The broker has the message with that number: the next chunk may go. */
void publisher_acknowledged(struct publisher *publisher, int ticket);

void publisher_free(struct publisher *publisher);

#endif
