/* SPDX-License-Identifier: Apache-2.0 */

/** What a publisher knows about the devices that it talks to: a fixed table, a row for each topic
 * that answers go to. The row that was silent for longest makes room for a new one. */
#ifndef OTTER_TOOL_SESSION_H
#define OTTER_TOOL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalogue.h"
#include "request.h"

#define SESSION_COUNT      512
#define SESSION_WINDOW     8  /* messages on their way to the broker at a time */
#define SESSION_BOARD_SIZE 65 /* the longest board name in a topic, terminated */

/** The name of a device in messages: its serial number, or the end of its topic. */
#define SESSION_DEVICE_SIZE 48

struct session {
    uint64_t last_used; /* 0: a free row */
    char topic[REQUEST_TOPIC_SIZE];
    char board[SESSION_BOARD_SIZE];
    char device[SESSION_DEVICE_SIZE];

    /* the image; -1 and 0 before there is one */
    int file;
    char image_name[256];
    struct otter_version version;
    uint32_t total;

    /* a whole image on its way */
    bool is_streaming;
    bool again;    /* once more when it is through: somebody came late */
    uint32_t next; /* offset of the next chunk to send */
    int tickets[SESSION_WINDOW];
    unsigned in_flight;

    uint32_t reached;  /* end of the furthest chunk that was sent */
    int told_quarters; /* of the download, for the log; -1: nothing told */
};

struct session_table {
    struct session rows[SESSION_COUNT];
    uint64_t clock; /* counts uses */
};

void session_table_init(struct session_table *table);

/** The row of @p topic, or NULL. */
struct session *session_find(struct session_table *table, const char *topic);

/** A fresh row for @p topic, in place of what it had; NULL if every row is streaming. */
struct session *session_claim(struct session_table *table, const char *topic);

/** Serve @p image from now on.
 *
 *  The file stays open, so that one download sees one file even if another takes its name.
 *  @return false if the file cannot be opened */
bool session_open_image(struct session *session, const struct catalogue_image *image);

/** Give a row up, with its file. */
void session_drop(struct session *session);

/** Drop all. */
void session_table_free(struct session_table *table);

#endif
