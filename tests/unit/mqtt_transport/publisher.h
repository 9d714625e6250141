/* SPDX-License-Identifier: Apache-2.0 */

/** A publisher behind the scripted broker, which can misbehave. */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scripted_broker.h"

#define IMAGE_MAX   20000u
#define HEADER_SIZE 32u
#define NEVER       UINT32_MAX

extern struct publisher {
    uint8_t image[IMAGE_MAX];
    uint32_t size;
    const char *job;                /* what it answers when asked; NULL: nothing */
    char last[1024];                /* the last message it got */
    char answer_topic[160];         /* where that wants its answer */
    const char *answers_on;         /* where it answers instead; NULL: there */
    unsigned asked, chunks, wholes; /* messages of each kind */
    unsigned reports;
    uint32_t largest_end; /* of all ranges that were asked for */
    uint32_t longest;     /* of all ranges */
    bool gives_receipts;

    /* how it misbehaves, once, at the chunk request with this number; NEVER: it does not */
    uint32_t bad_request;
    void (*misbehave)(uint32_t offset, uint32_t size);
    uint32_t short_by; /* it always sends this many bytes less than it was asked for */

    uint32_t chaos; /* seed: chunks are lost, sent twice or held back at random; 0: none */
    unsigned holds_back_every; /* chunk, until the next one is sent; 0: none */
    unsigned sent;
    uint32_t held_offset; /* the chunk that is held back */
    uint32_t held_size;   /* 0: there is none */
} publisher;

/** Answers requests; the broker's on_publish. */
void serve(void *context, struct scripted_broker *from, const char *topic, const uint8_t *payload,
           size_t len);

/* --- what it can send, well or not ------------------------------------------------------------- */

void send_bytes(const void *bytes, size_t len);
void send_text(const char *text);
void send_chunk(uint32_t offset, uint32_t size);
void send_half(uint32_t offset, uint32_t size);
void send_nothing(uint32_t offset, uint32_t size);

/** Make the message of a chunk, to be changed before it is sent. */
void make_chunk(uint8_t *message, uint32_t offset, uint32_t size);

#endif
