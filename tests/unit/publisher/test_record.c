/* SPDX-License-Identifier: Apache-2.0 */

/* The publisher's record: events go in, rows come back from the file. */

/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record.h"

#define ROWS_MAX 8

/* A row whose texts outlive the call. */
struct kept_row {
    char device[32];
    char running[32];
    char offered[32];
    char state[32];
    char code[32];
    char reason[64];
    uint32_t done;
    uint32_t total;
};

static struct {
    char folder[64];
    char path[128];
    struct record record;
    struct kept_row rows[ROWS_MAX];
    int count;
} world;

static void keep_row(void *context, const struct record_row *row)
{
    struct kept_row *kept = &world.rows[world.count++];

    (void)context;
    assert_true(world.count <= ROWS_MAX);
    (void)snprintf(kept->device, sizeof kept->device, "%s", row->device);
    (void)snprintf(kept->running, sizeof kept->running, "%s", row->running);
    (void)snprintf(kept->offered, sizeof kept->offered, "%s", row->offered);
    (void)snprintf(kept->state, sizeof kept->state, "%s", row->state);
    (void)snprintf(kept->code, sizeof kept->code, "%s", row->code);
    (void)snprintf(kept->reason, sizeof kept->reason, "%s", row->reason);
    kept->done = row->done;
    kept->total = row->total;
}

/* Everything that was noted, as another process would see it now. */
static const struct kept_row *read_back(const struct record_filter *filter)
{
    world.count = 0;
    record_step(&world.record, UINT32_MAX);
    world.record.written_ms = 0;
    assert_true(record_read(world.path, filter, keep_row, NULL));
    return world.rows;
}

static const struct record_filter everything;

/* --- events ------------------------------------------------------------------------------------- */

static void note(enum publisher_event_kind kind, const char *device, const struct request *request,
                 uint32_t before, uint32_t done)
{
    record_event(&world.record,
                 &(struct publisher_event){
                     .kind = kind,
                     .board = "kit",
                     .device = device,
                     .request = request,
                     .version = { .major = 1, .minor = 1 },
                     .before = before,
                     .done = done,
                     .total = 1000,
                     .succeeded = request != NULL && strcmp(request->message, "Success") == 0 });
}

static void note_progress(uint32_t before, uint32_t done)
{
    note(PUBLISHER_PROGRESS, "d", NULL, before, done);
}

static void note_offer(const char *running)
{
    struct request request = { .message = "Update Availability" };

    (void)snprintf(request.version_text, sizeof request.version_text, "%s", running);
    note(PUBLISHER_OFFERED, "d", &request, 0, 0);
}

static void note_result(const char *device, const char *message, const char *stage,
                        const char *version)
{
    struct request request = { .code = "-25", .reason = "why" };

    (void)snprintf(request.message, sizeof request.message, "%s", message);
    (void)snprintf(request.stage, sizeof request.stage, "%s", stage);
    (void)snprintf(request.version_text, sizeof request.version_text, "%s", version);
    note(PUBLISHER_RESULT, device, &request, 0, 0);
}

static int begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    (void)strcpy(world.folder, "/tmp/otter-unit-record-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    (void)snprintf(world.path, sizeof world.path, "%s/record.db", world.folder);
    assert_true(record_open(&world.record, world.path));
    return 0;
}

static int end(void **state)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char path[160];

    (void)state;
    record_close(&world.record);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        (void)snprintf(path, sizeof path, "%s%s", world.path, suffixes[i]);
        (void)unlink(path);
    }
    return rmdir(world.folder);
}

/* --- tests -------------------------------------------------------------------------------------- */

static void a_download_is_told_from_offer_to_result(void **state)
{
    const struct kept_row *row;

    (void)state;
    note_offer("1.0.0");
    row = read_back(&everything);
    assert_string_equal(row->state, "offered");
    assert_string_equal(row->running, "1.0.0");
    assert_string_equal(row->offered, "1.1.0");
    note_progress(0, 500);
    row = read_back(&everything);
    assert_string_equal(row->state, "downloading");
    assert_int_equal(row->done, 500);
    assert_int_equal(row->total, 1000);
    note_result("d", "Success", "confirmed", "1.1.0");
    row = read_back(&everything);
    assert_string_equal(row->state, "confirmed");
    assert_string_equal(row->running, "1.1.0");
    assert_int_equal(row->done, 1000);
    assert_int_equal(world.count, 1);
}

static void publishers_that_share_a_download_do_not_set_each_other_back(void **state)
{
    (void)state;
    note_offer("1.0.0");
    note_progress(0, 600);
    note_progress(0, 100); /* what the other one sees first */
    assert_int_equal(read_back(&everything)->done, 600);
}

static void another_offer_begins_anew(void **state)
{
    (void)state;
    note_offer("1.0.0");
    note_progress(0, 600);
    note_offer("1.0.0");
    assert_int_equal(read_back(&everything)->done, 0);
}

static void old_devices_have_an_outcome_too(void **state)
{
    (void)state;
    note_offer("1.0.0");
    note_result("d", "Success", "", "");
    assert_string_equal(read_back(&everything)->state, "success");
    assert_string_equal(world.rows[0].offered, "1.1.0");
    note_result("d", "Failure", "", "");
    assert_string_equal(read_back(&everything)->state, "failed");
}

static void the_failed_ones_can_be_picked(void **state)
{
    static const struct record_filter failed = { .failed = true };

    (void)state;
    note_result("a", "Success", "pending", "1.1.0");
    note_result("b", "Failure", "refused", "1.1.0");
    note_result("c", "Failure", "reverted", "1.1.0");
    (void)read_back(&failed);
    assert_int_equal(world.count, 2);
    assert_string_equal(world.rows[0].device, "b");
    assert_string_equal(world.rows[0].code, "-25");
    assert_string_equal(world.rows[1].reason, "why");
}

static void what_happens_now_can_come_first(void **state)
{
    static const struct record_filter busy = { .busy_first = true };

    (void)state;
    note_result("a", "Success", "confirmed", "1.1.0");
    note_result("b", "Failure", "failed", "1.1.0");
    note(PUBLISHER_PROGRESS, "c", NULL, 0, 1);
    (void)read_back(&busy);
    assert_string_equal(world.rows[0].device, "c");
    assert_string_equal(world.rows[1].device, "b");
    assert_string_equal(world.rows[2].device, "a");
}

static void texts_are_values_not_commands(void **state)
{
    (void)state;
    note_result("'; DROP TABLE device; --", "Success", "pending", "1.1.0");
    assert_string_equal(read_back(&everything)->device, "'; DROP TABLE device; --");
}

static void problems_are_not_recorded(void **state)
{
    (void)state;
    note(PUBLISHER_PROBLEM, "d", NULL, 0, 0);
    (void)read_back(&everything);
    assert_int_equal(world.count, 0);
}

static void without_a_file_nothing_is_written(void **state)
{
    struct record none = { 0 };

    (void)state;
    record_event(&none, &(struct publisher_event){ .kind = PUBLISHER_NOTHING });
    record_step(&none, 1000);
    record_close(&none);
}

static void a_record_of_a_later_version_is_left_alone(void **state)
{
    struct record second;

    (void)state;
    assert_int_equal(
        sqlite3_exec(world.record.database, "PRAGMA user_version = 2", NULL, NULL, NULL),
        SQLITE_OK);
    assert_false(record_open(&second, world.path));
    assert_false(record_read(world.path, &everything, keep_row, NULL));
}

static int64_t query_number(const char *text)
{
    sqlite3_stmt *statement = NULL;
    int64_t number;

    assert_int_equal(sqlite3_prepare_v2(world.record.database, text, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return number;
}

/* Whoever may publish requests can make up as many names as he likes. */
static void devices_heard_long_ago_make_room(void **state)
{
    static const char many[] =
        "INSERT INTO device (board, device, seen) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
        " SELECT i + 1 FROM n WHERE i < 250010) SELECT 'kit', i, i FROM n";

    (void)state;
    assert_int_equal(sqlite3_exec(world.record.database, many, NULL, NULL, NULL), SQLITE_OK);
    record_close(&world.record);
    assert_true(record_open(&world.record, world.path));
    assert_int_equal(query_number("SELECT count(*) FROM device"), 250000);
    assert_int_equal(query_number("SELECT min(seen) FROM device"), 11);

    assert_int_equal(sqlite3_exec(world.record.database,
                                  "INSERT INTO device (board, device, seen) VALUES ('kit', 'x', 1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    world.record.events = 99999;
    note_offer("1.0.0");
    record_step(&world.record, UINT32_MAX);
    assert_int_equal(query_number("SELECT count(*) FROM device"), 250000);
    assert_int_equal(query_number("SELECT count(*) FROM device WHERE device = 'x'"), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(devices_heard_long_ago_make_room),
        CASE(a_download_is_told_from_offer_to_result),
        CASE(publishers_that_share_a_download_do_not_set_each_other_back),
        CASE(another_offer_begins_anew),
        CASE(old_devices_have_an_outcome_too),
        CASE(the_failed_ones_can_be_picked),
        CASE(what_happens_now_can_come_first),
        CASE(texts_are_values_not_commands),
        CASE(problems_are_not_recorded),
        CASE(without_a_file_nothing_is_written),
        CASE(a_record_of_a_later_version_is_left_alone),
    };

    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
