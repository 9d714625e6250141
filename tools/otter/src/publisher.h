/* SPDX-License-Identifier: Apache-2.0 */

/** The publisher's side of the update protocol over MQTT (docs/formats/mqtt-protocol.md), without a
 * broker: requests go in as bytes, messages and events come out through two functions.
 *
 * Nothing that a device sends can end it: what cannot be understood becomes a PUBLISHER_PROBLEM.
 * Memory is bounded, and devices that download take turns, chunk by chunk. */
#ifndef OTTER_TOOL_PUBLISHER_H
#define OTTER_TOOL_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalogue.h"
#include "request.h"
#include "session.h"

/** Chunks on their way to the broker at a time, for all devices. */
#define PUBLISHER_WINDOW 64u

/** Messages on their way to the broker at a time; while there are more, requests are dropped. */
#define PUBLISHER_IN_FLIGHT_MAX 4096u

/** Tickets are numbers below this, as MQTT counts messages. */
#define PUBLISHER_TICKETS 65536

enum publisher_event_kind {
    PUBLISHER_OFFERED,  /* a device asked and got a job */
    PUBLISHER_NOTHING,  /* a device asked and there is nothing newer */
    PUBLISHER_PROGRESS, /* a chunk was sent */
    PUBLISHER_RESULT,   /* a device said how it ended */
    PUBLISHER_PROBLEM,  /* a request that was not served */
    PUBLISHER_EVENT_KINDS,
};

/** What happened. Only what the kind needs is filled; texts are valid during the call. */
struct publisher_event {
    enum publisher_event_kind kind;
    const char *board;
    const char *device;            /* serial number or end of the topic */
    const struct request *request; /* NULL if it could not be read, and for PROGRESS */
    struct otter_version version;  /* of the image on offer or on its way */
    const char *image_name;
    uint32_t before;    /* of a PROGRESS: bytes that were done before it */
    uint32_t done;      /* and are now */
    uint32_t total;     /* bytes */
    bool succeeded;     /* of a RESULT */
    const char *reason; /* of a PROBLEM */
};

struct publisher_config {
    const char *topic_prefix;
    uint32_t chunk_size; /* bytes of image data in a message of a whole image; 1..CHUNK_DATA_MAX */
    bool offer_always;   /* the newest image, whatever the device runs */

    /** Send a message with QoS 1. @return a ticket that publisher_acknowledged() gets when the
     * broker has it; negative if it cannot be sent */
    int (*send)(void *context, const char *topic, const void *bytes, size_t len);
    void (*event)(void *context, const struct publisher_event *event);
    void *context;
};

/** A message on its way to the broker. */
struct publisher_ticket {
    int32_t row; /* of the session whose chunk it is; -1: an answer */
    uint16_t life;
    bool is_used;
};

/** A publisher. Place it anywhere (it is large); the fields are its own. */
struct publisher {
    const struct publisher_config *config;
    struct catalogue *catalogue;
    struct session_table sessions;
    struct publisher_ticket tickets[PUBLISHER_TICKETS];
    unsigned in_flight;
    bool is_connected;
};

/** Both are borrowed. End it with publisher_free(). @return false if there is no memory */
bool publisher_init(struct publisher *publisher, const struct publisher_config *config,
                    struct catalogue *catalogue);

/** Tell it the time, which must not go back; call it a few times a second. */
void publisher_step(struct publisher *publisher, uint64_t now_ms);

/** The broker hears us: what was interrupted goes on. */
void publisher_connected(struct publisher *publisher);

/** The broker is lost, and so is what was on its way to it. */
void publisher_disconnected(struct publisher *publisher);

/** Serve one message that arrived on @p topic. */
void publisher_handle(struct publisher *publisher, const char *topic, const void *payload,
                      size_t len);

/** The broker has the message with that ticket: the next chunk may go.
 *
 *  @param has_reader  false if the broker knows that nobody listens to its topic */
void publisher_acknowledged(struct publisher *publisher, int ticket, bool has_reader);

void publisher_free(struct publisher *publisher);

#endif
