/* SPDX-License-Identifier: Apache-2.0 */

/** What a publisher knows about the devices that it talks to: a table of fixed size, a row for each
 * topic that answers go to, found by hashing it.
 *
 * A row is idle, ready (it has something to send), or waiting (for the broker, before it may send
 * more). Ready rows take turns. The row that was idle for longest makes room for a new one. */
#ifndef OTTER_TOOL_SESSION_H
#define OTTER_TOOL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offer.h"
#include "request.h"

#define SESSION_COUNT      16384 /* devices at a time; some 16 MB when there were so many */
#define SESSION_WINDOW     16    /* messages on their way to the broker at a time */
#define SESSION_WANTED     64    /* chunk requests that wait for their turn */
#define SESSION_BOARD_SIZE 65    /* the longest board name in a topic, terminated */

/** The name of a device in messages: its serial number, or the end of its topic. */
#define SESSION_DEVICE_SIZE 48

/** A row that nobody used for so long is given up. */
#define SESSION_SILENCE_MS 1800000u

/** Answers to one device: so many at once, then one each SESSION_ANSWER_MS. */
#define SESSION_ANSWERS   16
#define SESSION_ANSWER_MS 250u

enum session_state { SESSION_FREE, SESSION_IDLE, SESSION_READY, SESSION_WAITING, SESSION_STATES };

/** A piece of the image that was asked for. */
struct session_range {
    uint32_t offset;
    uint32_t size;
};

struct session {
    char topic[REQUEST_TOPIC_SIZE];
    char board[SESSION_BOARD_SIZE];
    char device[SESSION_DEVICE_SIZE];
    struct offer *offer; /* held; NULL before there is one */

    /* a whole image on its way */
    bool is_streaming;
    bool again;    /* once more when it is through: somebody came late */
    uint32_t next; /* offset of the next chunk to send */

    /* chunks that were asked for, a ring */
    struct session_range wanted[SESSION_WANTED];
    uint8_t first_wanted;
    uint8_t wanted_count;
    bool told_flood; /* since the ring was empty */

    uint32_t reached;   /* end of the furthest chunk that was sent */
    unsigned in_flight; /* messages on their way to the broker */
    uint16_t life;      /* tells tickets of this use of the row from those of earlier ones */

    /* the allowance of answers */
    uint64_t answers_ms; /* when it was counted last */
    unsigned answers_left;

    /* the table's */
    enum session_state state;
    uint64_t used_ms;
    int32_t next_in_bucket;
    int32_t previous_in_list;
    int32_t next_in_list;
};

/** Rows in one state, in the order in which they came into it. */
struct session_list {
    int32_t first;
    int32_t last;
};

struct session_table {
    struct session *rows;
    int32_t used; /* rows before this one were used some time */
    int32_t *buckets;
    struct session_list lists[SESSION_STATES];
    uint64_t now_ms; /* the owner sets it */
};

/** @return false if there is no memory; end it with session_table_free() */
bool session_table_init(struct session_table *table);

/** The row of @p topic, or NULL. */
struct session *session_find(struct session_table *table, const char *topic);

/** The row of @p topic, or a fresh one; NULL if every row is at work. */
struct session *session_claim(struct session_table *table, const char *topic);

/** Serve @p offer from now on; what was under way for another one ends. */
void session_set_offer(struct session *session, struct offer *offer);

/** Move a row to the end of those in @p state. */
void session_move(struct session_table *table, struct session *session, enum session_state state);

/** The row whose turn it is, or NULL. */
struct session *session_first_ready(struct session_table *table);

/** End what is under way, but keep the row: it remembers the device's allowance. */
void session_reset(struct session_table *table, struct session *session);

/** Take note of an answer. @return false if the device has had too many of late */
bool session_may_answer(struct session_table *table, struct session *session);

/** Give up rows that were idle for too long. */
void session_expire(struct session_table *table);

int32_t session_number(const struct session_table *table, const struct session *session);

void session_table_free(struct session_table *table);

#endif
