/* SPDX-License-Identifier: Apache-2.0 */

/** A publisher's record: what became of each device, in an SQLite file (docs/formats/record.md).
 *
 * Changes are gathered and written a few times a second, so that the disk does not hold up the devices;
 * a power cut loses the last moment, never the file. */
#ifndef OTTER_TOOL_RECORD_H
#define OTTER_TOOL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "publisher.h"

struct sqlite3;
struct sqlite3_stmt;

/** A record. All zero: none, and nothing is written. The fields are its own. */
struct record {
    struct sqlite3 *database;
    struct sqlite3_stmt *statements[PUBLISHER_EVENT_KINDS];
    struct sqlite3_stmt *history;
    const char *path;
    bool is_writing; /* a transaction is open */
    bool was_told;   /* that it cannot be written */
    uint32_t events; /* since devices were counted */
    uint64_t written_ms;
};

/** Open or make the file. @return false after telling the user why not */
bool record_open(struct record *record, const char *path);

/** Take note of an event. What cannot be written is told once; the publisher goes on. */
void record_event(struct record *record, const struct publisher_event *event);

/** Write what was gathered, if it is time. */
void record_step(struct record *record, uint64_t now_ms);

/** Write everything and close. Harmless if it is not open. */
void record_close(struct record *record);

/** One device, as it is read back. Texts are valid during the call, and never NULL. */
struct record_row {
    const char *board;
    const char *device;
    const char *running; /* the version that it said it runs; "": unknown */
    const char *offered; /* that it was offered last; "": none */
    const char *state;   /* one of the words in docs/formats/record.md */
    uint32_t done;
    uint32_t total; /* bytes of the offered image; 0: not known */
    const char *stage;
    const char *code;
    const char *reason; /* of its last result */
    int64_t seen;       /* seconds since 1970 */
};

/** What to read; NULL or false: everything. */
struct record_filter {
    const char *board;
    bool failed;
    bool busy_first; /* those that download before those that failed before the others */
};

/** Call @p take for each device, in the order of board and name.
 *  @return false after telling the user why it cannot be read */
bool record_read(const char *path, const struct record_filter *filter,
                 void (*take)(void *context, const struct record_row *row), void *context);

#endif
