/* SPDX-License-Identifier: Apache-2.0 */

/* The record. Each kind of event is one prepared statement over the same numbered parameters; the
 * words for states are chosen in SQL, so that the file explains itself to any reader. Other processes
 * may read along and other publishers may write: SQLite's write-ahead log sees to that. */

#include "record.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

#define WRITE_MS       250u
#define BUSY_MS        2000
#define STEPS          20u /* progress is written each twentieth of an image */
#define SCHEMA_VERSION 1   /* of the schema, in user_version */

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS device ("
    "  board TEXT NOT NULL, device TEXT NOT NULL,"
    "  running TEXT NOT NULL DEFAULT '', offered TEXT NOT NULL DEFAULT '',"
    "  state TEXT NOT NULL DEFAULT '',"
    "  done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,"
    "  stage TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '',"
    "  reason TEXT NOT NULL DEFAULT '', seen INTEGER NOT NULL,"
    "  PRIMARY KEY (board, device)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS result ("
    "  id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
    "  board TEXT NOT NULL, device TEXT NOT NULL, version TEXT NOT NULL,"
    "  success INTEGER NOT NULL, stage TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL);"
    "PRAGMA user_version = 1;";

/* ?1 board, ?2 device, ?3 now, ?4 running or reported version, ?5 version on offer, ?6 done, ?7 total,
 * ?8 success, ?9 stage, ?10 code, ?11 reason */
#define INSERT "INSERT INTO device (board, device, seen"

static const char *const texts[PUBLISHER_EVENT_KINDS] = {
    [PUBLISHER_OFFERED] = INSERT ", running, offered, state, total)"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, 'offered', ?7)"
                                 " ON CONFLICT DO UPDATE SET seen = ?3, running = ?4, offered = ?5,"
                                 " state = 'offered', done = 0, total = ?7",
    [PUBLISHER_NOTHING] = INSERT ", running, state) VALUES (?1, ?2, ?3, ?4, 'up to date')"
                                 " ON CONFLICT DO UPDATE SET seen = ?3, running = ?4,"
                                 " state = 'up to date'",
    /* Publishers that share a device each see a part of its requests. */
    [PUBLISHER_PROGRESS] = INSERT ", offered, state, done, total)"
                                  " VALUES (?1, ?2, ?3, ?5, 'downloading', ?6, ?7)"
                                  " ON CONFLICT DO UPDATE SET seen = ?3, state = 'downloading',"
                                  " done = CASE WHEN offered = ?5 AND done > ?6 THEN done"
                                  " ELSE ?6 END, offered = ?5, total = ?7",
    /* What runs after a confirmed update is the update. */
    [PUBLISHER_RESULT] = INSERT ", offered, state, stage, code, reason, running)"
                                " VALUES (?1, ?2, ?3, ?4, CASE WHEN ?9 <> '' THEN ?9"
                                " WHEN ?8 THEN 'success' ELSE 'failed' END, ?9, ?10, ?11,"
                                " CASE ?9 WHEN 'confirmed' THEN ?4 ELSE '' END)"
                                " ON CONFLICT DO UPDATE SET seen = ?3, state = excluded.state,"
                                " stage = ?9, code = ?10, reason = ?11,"
                                " offered = CASE ?4 WHEN '' THEN offered ELSE ?4 END,"
                                " done = CASE WHEN ?8 THEN total ELSE done END,"
                                " running = CASE ?9 WHEN 'confirmed' THEN ?4 ELSE running END",
};

static const char history_text[] =
    "INSERT INTO result (time, board, device, version, success, stage, code, reason)"
    " VALUES (?3, ?1, ?2, ?4, ?8, ?9, ?10, ?11)";

/* Results are kept for a long time, not for ever. */
static const char trim_text[] =
    "DELETE FROM result WHERE id <= (SELECT max(id) FROM result) - 1000000";

/* So are devices: a name costs nothing to whoever may publish requests. The one heard longest ago goes
 * first. To count them takes a while, so it is done at the start and after many events. */
#define TRIM_EVENTS 100000u

static const char trim_devices_text[] =
    "DELETE FROM device WHERE (SELECT count(*) FROM device) > 250000 AND (board, device) IN"
    " (SELECT board, device FROM device ORDER BY seen DESC LIMIT -1 OFFSET 250000)";

/* --- opening ------------------------------------------------------------------------------------ */

static void tell_trouble(struct record *record, const char *what)
{
    if (!record->was_told) {
        record->was_told = true;
        message_error("the record %s cannot be %s: %s", record->path, what,
                      sqlite3_errmsg(record->database));
        message_next("Check who may write it, and the disk.");
    }
}

static bool prepare(struct record *record, const char *text, sqlite3_stmt **statement)
{
    return text == NULL
           || sqlite3_prepare_v3(record->database, text, -1, SQLITE_PREPARE_PERSISTENT, statement,
                                 NULL)
                  == SQLITE_OK;
}

static bool prepare_all(struct record *record)
{
    for (int i = 0; i < PUBLISHER_EVENT_KINDS; i++) {
        if (!prepare(record, texts[i], &record->statements[i])) {
            return false;
        }
    }
    return prepare(record, history_text, &record->history);
}

/* 0 in a file that is new; -1 if it is no database. */
static int schema_version(sqlite3 *database)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;

    if (sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_ROW) {
        version = sqlite3_column_int(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return version;
}

static bool is_ours(const char *path, int version, bool may_be_new)
{
    if (version == SCHEMA_VERSION || (version == 0 && may_be_new)) {
        return true;
    }
    message_error("%s is no record of this version of otter", path);
    message_next("Name another file; 'otter publish --record' makes it.");
    return false;
}

bool record_open(struct record *record, const char *path)
{
    *record = (struct record){ .path = path };
    if (sqlite3_open(path, &record->database) != SQLITE_OK) {
        tell_trouble(record, "opened");
        record_close(record);
        return false;
    }
    (void)sqlite3_busy_timeout(record->database, BUSY_MS);
    if (!is_ours(path, schema_version(record->database), true)) {
        record_close(record);
        return false;
    }
    if (sqlite3_exec(record->database, schema, NULL, NULL, NULL) != SQLITE_OK
        || sqlite3_exec(record->database, trim_devices_text, NULL, NULL, NULL) != SQLITE_OK
        || !prepare_all(record)) {
        tell_trouble(record, "used");
        record_close(record);
        return false;
    }
    return true;
}

/* --- writing ------------------------------------------------------------------------------------ */

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    if (at <= sqlite3_bind_parameter_count(statement)) {
        (void)sqlite3_bind_text(statement, at, text != NULL ? text : "", -1, SQLITE_TRANSIENT);
    }
}

static void bind_number(sqlite3_stmt *statement, int at, int64_t number)
{
    if (at <= sqlite3_bind_parameter_count(statement)) {
        (void)sqlite3_bind_int64(statement, at, number);
    }
}

static void run(struct record *record, sqlite3_stmt *statement, const struct publisher_event *event)
{
    const struct request *request = event->request;
    char version[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&event->version, version);
    bind_text(statement, 1, event->board);
    bind_text(statement, 2, event->device);
    bind_number(statement, 3, (int64_t)time(NULL));
    bind_text(statement, 4, request != NULL ? request->version_text : "");
    bind_text(statement, 5, version);
    bind_number(statement, 6, event->done);
    bind_number(statement, 7, event->total);
    bind_number(statement, 8, event->succeeded);
    bind_text(statement, 9, request != NULL ? request->stage : "");
    bind_text(statement, 10, request != NULL ? request->code : "");
    bind_text(statement, 11, request != NULL ? request->reason : "");
    if (sqlite3_step(statement) != SQLITE_DONE) {
        tell_trouble(record, "written");
    }
    (void)sqlite3_reset(statement);
}

static bool is_worth_a_write(const struct publisher_event *event)
{
    return event->kind != PUBLISHER_PROGRESS || event->before == 0
           || (uint64_t)event->before * STEPS / event->total
                  != (uint64_t)event->done * STEPS / event->total;
}

static void begin(struct record *record)
{
    if (!record->is_writing) {
        record->is_writing = sqlite3_exec(record->database, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
    }
}

static void commit(struct record *record)
{
    if (!record->is_writing) {
        return;
    }
    (void)sqlite3_exec(record->database, trim_text, NULL, NULL, NULL);
    if (record->events >= TRIM_EVENTS) {
        record->events = 0;
        (void)sqlite3_exec(record->database, trim_devices_text, NULL, NULL, NULL);
    }
    if (sqlite3_exec(record->database, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        tell_trouble(record, "written");
        (void)sqlite3_exec(record->database, "ROLLBACK", NULL, NULL, NULL);
    } else {
        record->was_told = false;
    }
    record->is_writing = false;
}

void record_event(struct record *record, const struct publisher_event *event)
{
    if (record->database == NULL || record->statements[event->kind] == NULL
        || !is_worth_a_write(event)) {
        return;
    }
    begin(record);
    record->events++;
    run(record, record->statements[event->kind], event);
    if (event->kind == PUBLISHER_RESULT) {
        run(record, record->history, event);
    }
}

void record_step(struct record *record, uint64_t now_ms)
{
    if (now_ms - record->written_ms >= WRITE_MS) {
        record->written_ms = now_ms;
        commit(record);
    }
}

void record_close(struct record *record)
{
    commit(record);
    for (int i = 0; i < PUBLISHER_EVENT_KINDS; i++) {
        (void)sqlite3_finalize(record->statements[i]);
    }
    (void)sqlite3_finalize(record->history);
    (void)sqlite3_close(record->database);
    *record = (struct record){ 0 };
}

/* --- reading ------------------------------------------------------------------------------------ */

static const char *column_text(sqlite3_stmt *statement, int at)
{
    const unsigned char *text = sqlite3_column_text(statement, at);

    return text != NULL ? (const char *)text : "";
}

static uint32_t column_number(sqlite3_stmt *statement, int at)
{
    return (uint32_t)sqlite3_column_int64(statement, at);
}

static struct record_row row_of(sqlite3_stmt *statement)
{
    return (struct record_row){
        .board = column_text(statement, 0),
        .device = column_text(statement, 1),
        .running = column_text(statement, 2),
        .offered = column_text(statement, 3),
        .state = column_text(statement, 4),
        .done = column_number(statement, 5),
        .total = column_number(statement, 6),
        .stage = column_text(statement, 7),
        .code = column_text(statement, 8),
        .reason = column_text(statement, 9),
        .seen = sqlite3_column_int64(statement, 10),
    };
}

static bool read_rows(sqlite3 *database, const struct record_filter *filter,
                      void (*take)(void *context, const struct record_row *row), void *context)
{
    static const char text[] =
        "SELECT board, device, running, offered, state, done, total, stage, code, reason, seen"
        " FROM device WHERE (?1 IS NULL OR board = ?1)"
        " AND (NOT ?2 OR state IN ('failed', 'refused', 'reverted'))"
        " ORDER BY CASE WHEN NOT ?3 THEN 0 WHEN state IN ('offered', 'downloading') THEN 1"
        " WHEN state IN ('failed', 'refused', 'reverted') THEN 2 ELSE 3 END, board, device";
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database, text, -1, &statement, NULL);

    if (result == SQLITE_OK) {
        (void)sqlite3_bind_text(statement, 1, filter->board, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int(statement, 2, filter->failed);
        (void)sqlite3_bind_int(statement, 3, filter->busy_first);
        while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
            const struct record_row row = row_of(statement);

            take(context, &row);
        }
    }
    (void)sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

bool record_read(const char *path, const struct record_filter *filter,
                 void (*take)(void *context, const struct record_row *row), void *context)
{
    sqlite3 *database = NULL;
    bool done = false;

    if (access(path, R_OK) != 0) {
        message_system("read", path);
        return false;
    }
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        (void)sqlite3_busy_timeout(database, BUSY_MS);
        if (!is_ours(path, schema_version(database), false)) {
            (void)sqlite3_close(database);
            return false;
        }
        done = read_rows(database, filter, take, context);
    }
    if (!done) {
        message_error("the record %s cannot be read: %s", path, sqlite3_errmsg(database));
    }
    (void)sqlite3_close(database);
    return done;
}
