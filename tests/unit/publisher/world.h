/* SPDX-License-Identifier: Apache-2.0 */

/** The publisher's protocol core without a broker: a recorder stands for it. The catalogue is a real
 * folder. */
#ifndef WORLD_H
#define WORLD_H

#include "chunk.h"
#include "publisher.h"

#define REQUESTS   "acme/kit/publish_notify"
#define DEVICE     "acme/kit/OTAImage/0123"
#define IMAGE_SIZE 10000u
#define CHUNK_SIZE 1000u
#define MESSAGES   512

/* Makes more chunks than a device may have on their way. */
#define SMALL_CHUNK 250u
#define CHUNKS      40

struct sent {
    char topic[128];
    uint8_t bytes[CHUNK_HEADER_SIZE + 4096];
    size_t len;
};

extern struct world {
    char folder[64];
    struct catalogue catalogue;
    struct publisher_config config;
    struct publisher publisher;
    struct sent sent[MESSAGES];
    int sent_count;
    int acknowledged;
    bool is_broken;
    struct publisher_event event; /* the last one but progress */
    char reason[128];
    int progress;
} world;

/** Before and after each test. */
int begin(void **state);
int end(void **state);

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* --- the folder --------------------------------------------------------------------------------- */

void write_text(const char *name, const char *text);

/** An image of IMAGE_SIZE bytes, each of them xor @p change. */
void write_image(const char *name, uint8_t change);

/** An image for board "kit" and its job, which has @p more_keys. */
void release(const char *version, const char *more_keys);

/* --- what comes in: it empties the recorder, unless it comes from one of many devices ----------- */

void receive_bytes(const char *topic, const void *bytes, size_t len);
void receive(const char *text);

/** A message of the usual kind, with more keys of its own. */
void ask(const char *message, const char *more_keys);

/** The same from one of many devices. */
void ask_from(int device, const char *message, const char *more_keys);
void ask_for_chunk_from(int device, uint32_t offset);

/** The broker has all that was sent, and all that follows from that. */
void acknowledge_all(void);

/* --- what went out ------------------------------------------------------------------------------ */

/** Messages to one of many devices. */
int sent_to(int device);

/** The text behind @p key of the only message that was sent, or "(none)". */
const char *answer_text(const char *key);

/** That the message of that number is this piece of an image that was written with no change. */
void assert_chunk(int number, uint32_t offset, uint32_t size, uint16_t index, uint16_t count);

void assert_problem(const char *reason);

#endif
