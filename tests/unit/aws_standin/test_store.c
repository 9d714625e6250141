/* SPDX-License-Identifier: Apache-2.0 */

/* The folder: what is written is read back, by whoever opens it; what a person breaks is left alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws_store.h"
#include "file.h"

static char folder[64];
static struct aws_store one;
static struct aws_store other;

static int set_up(void **state)
{
    (void)state;
    (void)strcpy(folder, "/tmp/otter-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_true(aws_store_open(&one, folder, true));
    assert_true(aws_store_open(&other, folder, false));
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    aws_store_close(&one);
    aws_store_close(&other);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command); /* NOLINT(cert-env33-c) */
}

static void put(const char *name, const char *text)
{
    char path[AWS_PATH_SIZE];

    assert_true(aws_store_path(&one, name, path));
    assert_true(file_store(path, text, strlen(text)));
}

static void fill(struct aws_store *store)
{
    struct aws_thing *thing = aws_store_add_thing(store, "t:1");
    struct aws_stream *stream = aws_store_add_stream(store, "S");
    struct aws_job *job = aws_store_add_job(store, "J");

    thing->told = cJSON_Parse("[\"J#1\"]");
    (void)strcpy(thing->told_next, "J#1");
    stream->version = 2;
    stream->file_count = 1;
    stream->files[0].id = 9;
    (void)strcpy(stream->files[0].path, "files/x");
    job->document = cJSON_Parse("{\"a\":[1,{\"b\":\"c\"}]}");
    job->created_ms = 1717395148123;
    job->timeout_minutes = 30;
    job->retries_failed = 1;
    job->retries_timed_out = 2;
    job->url_seconds = 1800;
    assert_true(aws_queue(job, "t:1", 1, 1717395148123));
    job->executions->details = cJSON_Parse("{\"receive\":\"1/2\"}");
    job->executions->step_ends_ms = 1717395149001;
}

static void what_one_writes_the_other_reads(void **state)
{
    const struct aws_job *job;

    (void)state;
    assert_true(aws_store_begin(&one));
    fill(&one);
    assert_true(aws_store_end(&one));
    assert_true(aws_store_begin(&other));
    assert_string_equal(aws_find_thing(&other.cloud, "t:1")->told_next, "J#1");
    assert_int_equal(aws_find_stream(&other.cloud, "S")->files[0].id, 9);
    assert_string_equal(aws_find_stream(&other.cloud, "S")->files[0].path, "files/x");
    job = aws_find_job(&other.cloud, "J");
    assert_non_null(job);
    assert_int_equal(job->created_ms, 1717395148123);
    assert_int_equal(job->timeout_minutes, 30);
    assert_int_equal(job->retries_failed, 1);
    assert_int_equal(job->retries_timed_out, 2);
    assert_int_equal(job->executions->queued_ms, 1717395148123);
    assert_int_equal(job->executions->step_ends_ms, 1717395149001);
    assert_int_equal(job->executions->version, 1);
    assert_true(cJSON_Compare(job->document, aws_find_job(&one.cloud, "J")->document, true));
    assert_true(aws_store_end(&other));
}

static void what_one_deletes_is_gone_for_the_other(void **state)
{
    char path[AWS_PATH_SIZE];

    (void)state;
    put("files/x", "bytes");
    assert_true(aws_store_begin(&one));
    fill(&one);
    assert_true(aws_store_end(&one));
    assert_true(aws_store_begin(&other));
    aws_store_remove_stream(&other, aws_find_stream(&other.cloud, "S"));
    aws_store_remove_job(&other, aws_find_job(&other.cloud, "J"));
    assert_true(aws_store_end(&other));
    assert_true(aws_store_begin(&one));
    assert_null(aws_find_stream(&one.cloud, "S"));
    assert_null(aws_find_job(&one.cloud, "J"));
    assert_non_null(aws_find_thing(&one.cloud, "t:1"));
    assert_true(aws_store_path(&one, "files/x", path));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_true(aws_store_end(&one));
}

static void what_a_person_edits_is_read_and_what_he_breaks_stays_as_it_was(void **state)
{
    (void)state;
    put("streams/S.json", "{\"streamId\":\"S\",\"streamVersion\":1,\"description\":\"\"}");
    assert_true(aws_store_begin(&one));
    assert_int_equal(aws_find_stream(&one.cloud, "S")->version, 1);
    assert_true(aws_store_end(&one));
    put("streams/S.json", "{\"streamId\":\"S\",\"streamVersion\":12,\"description\":\"\"}");
    assert_true(aws_store_begin(&one));
    assert_int_equal(aws_find_stream(&one.cloud, "S")->version, 12);
    assert_true(aws_store_end(&one));
    put("streams/S.json", "{\"streamId\":\"S\",");
    assert_true(aws_store_begin(&one));
    assert_int_equal(aws_find_stream(&one.cloud, "S")->version, 12);
    assert_true(aws_store_end(&one));
    assert_true(aws_store_begin(&other));
    assert_null(aws_find_stream(&other.cloud, "S"));
    assert_true(aws_store_end(&other));
}

static const struct {
    const char *name;
    const char *text;
} broken[] = {
    { "things/t.json", "[]" },
    { "things/t.json", "{\"thingName\":\"u\"}" },
    { "things/a b.json", "{\"thingName\":\"a b\"}" },
    { "things/t.json", "{\"thingName\":\"t\",\"told\":5}" },
    { "streams/s.json", "{\"streamId\":\"s\",\"streamVersion\":65536,\"description\":\"\"}" },
    { "streams/s.json", "{\"streamId\":\"s\",\"streamVersion\":1}" },
    { "streams/s.json", "{\"streamId\":\"s\",\"description\":\"\",\"files\":[{\"fileId\":256,"
                        "\"path\":\"x\"}]}" },
    { "streams/s.json", "{\"streamId\":\"s\",\"description\":\"\",\"files\":[{\"fileId\":1}]}" },
    { "jobs/j.json", "{\"jobId\":\"j\"}" },
    { "jobs/j.json", "{\"jobId\":\"j\",\"document\":{},\"createdAt\":\"now\"}" },
    { "jobs/j.json", "{\"jobId\":\"j\",\"document\":{},\"inProgressTimeoutInMinutes\":10081}" },
    { "jobs/j.json", "{\"jobId\":\"j\",\"document\":{},\"retries\":{\"FAILED\":11}}" },
    { "jobs/j.json", "{\"jobId\":\"j\",\"document\":{},\"executions\":[{\"status\":\"QUEUED\"}]}" },
    { "jobs/j.json", "{\"jobId\":\"j\",\"document\":{},\"executions\":[{\"thingName\":\"t\","
                     "\"status\":\"DONE\"}]}" },
    { "jobs/j.json", "{\"jobId\":\"j\",\"document\":{},\"executions\":[{\"thingName\":\"t\","
                     "\"status\":\"QUEUED\",\"versionNumber\":-1}]}" },
    { "jobs/j.json", "{\"jobId\":\"j\",\"document\":{},\"executions\":[{\"thingName\":\"t\","
                     "\"status\":\"QUEUED\",\"statusDetails\":[]}]}" },
};

static void documents_with_impossible_values_are_ignored(void **state)
{
    char path[AWS_PATH_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        put(broken[i].name, broken[i].text);
        assert_true(aws_store_begin(&one));
        if (one.cloud.things != NULL || one.cloud.streams != NULL || one.cloud.jobs != NULL) {
            fail_msg("%s", broken[i].text);
        }
        assert_true(aws_store_end(&one));
        assert_true(aws_store_path(&one, broken[i].name, path));
        assert_int_equal(unlink(path), 0);
    }
}

static void a_folder_that_is_not_there_is_not_made_by_itself(void **state)
{
    struct aws_store store;

    (void)state;
    assert_false(aws_store_open(&store, "/tmp/otter-store-nowhere", false));
    aws_store_close(&store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_one_writes_the_other_reads),
        TEST(what_one_deletes_is_gone_for_the_other),
        TEST(what_a_person_edits_is_read_and_what_he_breaks_stays_as_it_was),
        TEST(documents_with_impossible_values_are_ignored),
        cmocka_unit_test(a_folder_that_is_not_there_is_not_made_by_itself),
    };

    return cmocka_run_group_tests_name("aws_standin_store", tests, NULL, NULL);
}
