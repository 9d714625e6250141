/* SPDX-License-Identifier: Apache-2.0 */

/** A device's side of the update protocol over MQTT, without a broker and without a device: it asks,
 * downloads into memory and reports. Written for checking publishers, so it shares no code with
 * the transport of real devices. */
#ifndef OTTER_TOOL_FETCHER_H
#define OTTER_TOOL_FETCHER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/version.h"

#define FETCHER_TOPIC_SIZE 320

enum fetcher_stage {
    FETCHER_ASKING,      /* waits for the job */
    FETCHER_DOWNLOADING, /* waits for chunks */
    FETCHER_COMPLETE,    /* has every byte; the caller judges them, then reports */
    FETCHER_REPORTING,   /* waits for "Result Received" */
    FETCHER_DONE,
    FETCHER_NO_UPDATE,
    FETCHER_FAILED, /* `problem` says why */
};

/** How the image is asked for. */
enum fetcher_mode {
    FETCHER_CHUNKS, /* a request for each chunk */
    FETCHER_WHOLE,  /* one for the whole image, on our own topic */
    FETCHER_DIRECT, /* one for the whole image, on the topic that all devices of the board share */
};

struct fetcher_config {
    const char *topic_prefix;
    const char *board;
    const char *serial;
    const char *version; /* that the device would run */
    enum fetcher_mode mode;
    uint32_t chunk_size;  /* bytes asked for at a time; 1..CHUNK_DATA_MAX */
    uint32_t patience_ms; /* silence before the session has failed */

    /** Publish with QoS 1; false if that is not possible. */
    bool (*send)(void *context, const char *topic, const void *bytes, size_t len);
    void *context;
};

/** A session. `stage`, `problem`, `job`, `image`, `total`, `received` and `foreign` are for reading. */
struct fetcher {
    const struct fetcher_config *config;
    enum fetcher_stage stage;
    char problem[160];
    cJSON *job;
    struct otter_version version; /* of the job */
    uint8_t *image;
    uint32_t total;    /* bytes of the image; 0: not known yet */
    uint32_t received; /* different bytes of it */
    uint32_t foreign;  /* messages that were left aside */

    char request_topic[FETCHER_TOPIC_SIZE];
    char unique_topic[FETCHER_TOPIC_SIZE];
    char direct_topic[FETCHER_TOPIC_SIZE];
    uint8_t *have;    /* a byte for each byte of the image: 1 if it was received */
    bool asks_chunks; /* by choice, or to fill gaps */
    uint32_t asked;   /* everything before this offset was asked for */
    uint32_t in_flight;
    uint32_t window;   /* requests in flight at a time */
    uint64_t heard_ms; /* when something useful came last */
    uint64_t asked_ms; /* when something was asked last */
};

/** Make the topics, the unique one from 128 random bits; patience counts from now on. End it with fetcher_free().
 *
 *  @return false if the names are too long or there is no random number */
bool fetcher_init(struct fetcher *fetcher, const struct fetcher_config *config, uint64_t now_ms);

/** The unique topic, and in direct mode the direct one, is subscribed to: begin, or go on after the connection was lost. */
void fetcher_start(struct fetcher *fetcher, uint64_t now_ms);

/** Take a message that came on one of them. */
void fetcher_handle(struct fetcher *fetcher, const void *payload, size_t len, uint64_t now_ms);

/** Ask again for what did not come; call it a few times a second. */
void fetcher_step(struct fetcher *fetcher, uint64_t now_ms);

/** Say how it ended. @param reason  NULL for success */
void fetcher_report(struct fetcher *fetcher, const char *reason, uint64_t now_ms);

void fetcher_free(struct fetcher *fetcher);

#endif
