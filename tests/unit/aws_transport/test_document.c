/* SPDX-License-Identifier: Apache-2.0 */

/* Job documents: what they may hold, in which form, and what is refused by name. */

#include <stdio.h>
#include <string.h>

#include "bench.h"

#define SIGNATURE                                                                                  \
    "MEQCIF2QDvww1G/kpRGZ8FYvQrok1bSZvXjXefRk7sqNcyPTAiB4dvGt8fozIY5NC0vUDJ2MY42ZERYEcrbwA4n6q7vr" \
    "Bg=="
#define FILE_0 "{\"filesize\":1000,\"fileid\":0,\"sig-sha256-ecdsa\":\"" SIGNATURE "\"}"
#define START  "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"streamname\":\"s-1\",\"files\":["
#define END    "]}}"

static enum otter_result read_document(const char *document)
{
    bench.cloud.execution_count = 0;
    cloud_queue(&bench.cloud, "AFR_OTA-1", document);
    return bench_ask();
}

static void expect_refused(const char *document, const char *key)
{
    assert_int_equal(read_document(document), OTTER_ERR_JOB_FIELD);
    assert_string_equal(bench_explanation(), key);
}

static void what_is_missing_or_malformed_is_named(void **state)
{
    static const struct {
        const char *document;
        const char *key;
    } documents[] = {
        { "{\"afr_ota\":{}}", "files" },
        { "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"streamname\":\"s\",\"files\":[]}}", "files" },
        { "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"streamname\":\"s\",\"files\":{}}}", "files" },
        { START "1" END, "files" },
        { START "{\"fileid\":0}" END, "filesize" },
        { START "{\"filesize\":0,\"fileid\":0}" END, "filesize" },
        { START "{\"filesize\":-1,\"fileid\":0}" END, "filesize" },
        { START "{\"filesize\":4294967296,\"fileid\":0}" END, "filesize" },
        { START "{\"filesize\":[1],\"fileid\":0}" END, "filesize" },
        { START "{\"filesize\":1}" END, "fileid" },
        { START "{\"filesize\":1,\"fileid\":256}" END, "fileid" },
        { START "{\"filesize\":1,\"fileid\":0,\"fileType\":9}" END, "fileType" },
        { START "{\"filesize\":1,\"fileid\":0,\"sig-sha256-ecdsa\":\"*\"}" END,
          "sig-sha256-ecdsa" },
        { START "{\"filesize\":1,\"fileid\":0,\"sig-sha256-ecdsa\":5}" END, "sig-sha256-ecdsa" },
        { START "{\"filesize\":1,\"fileid\":0},{\"filesize\":1,\"fileid\":1}" END, "fileType" },
        { START "{\"filesize\":4294967295,\"fileid\":0}" END, "filesize" },
        { START "{\"filesize\":4294967294,\"fileid\":0},{\"filesize\":1,\"fileid\":1,\"fileType\":"
                "1}" END,
          "filesize" },
        { "{\"afr_ota\":{\"streamname\":\"s\",\"files\":[" FILE_0 END, "protocols" },
        { "{\"afr_ota\":{\"protocols\":\"MQTT\",\"streamname\":\"s\",\"files\":[" FILE_0 END,
          "protocols" },
        { "{\"afr_ota\":{\"protocols\":[\"COAP\"],\"streamname\":\"s\",\"files\":[" FILE_0 END,
          "protocols" },
        { "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"files\":[" FILE_0 END, "protocols" },
        { "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"streamname\":\"\",\"files\":[" FILE_0 END,
          "protocols" },
        { "{\"afr_ota\":{\"protocols\":[\"HTTP\"],\"files\":[" FILE_0 END, "protocols" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        expect_refused(documents[i].document, documents[i].key);
    }
}

/* What would make a filter of a topic has no place in one. */
static void names_that_are_no_names_do_not_get_into_topics(void **state)
{
    static const char *const names[] = { "+", "#", "s/1", "s 1", "s\\u0023", "s$" };
    char document[300];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(document, sizeof document,
                       "{\"afr_ota\":{\"protocols\":[\"MQTT\"],\"streamname\":\"%s\",\"files\":["
                       "{\"filesize\":1,\"fileid\":0}" END,
                       names[i]);
        expect_refused(document, "protocols");
        cloud_queue(&bench.cloud, names[i], document);
        bench.cloud.executions[0] = bench.cloud.executions[1];
        bench.cloud.execution_count = 1;
        assert_int_equal(bench_ask(), OTTER_NO_UPDATE);
    }
}

static void more_files_than_there_are_images_are_refused(void **state)
{
    char document[1000] = START;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        char file[100];

        (void)snprintf(file, sizeof file, "%s{\"filesize\":1,\"fileid\":%u,\"fileType\":%u}",
                       i > 0 ? "," : "", i, i % 4);
        strcat(document, file);
    }
    strcat(document, END);
    expect_refused(document, "files");
}

static void numbers_may_stand_between_quotes(void **state)
{
    (void)state;
    assert_int_equal(read_document(START "{\"filesize\":\"1024\",\"fileid\":\"3\"}" END), OTTER_OK);
    assert_int_equal(bench.job.size, 1024);
    assert_int_equal(bench.transport.execution.places[0].id, 3);
}

static void of_a_key_that_comes_twice_the_first_counts(void **state)
{
    (void)state;
    assert_int_equal(
        read_document(START "{\"filesize\":5,\"fileid\":0,\"filesize\":0,\"fileid\":7}" END),
        OTTER_OK);
    assert_int_equal(bench.job.size, 5);
    assert_int_equal(bench.transport.execution.places[0].id, 0);
}

static void keys_that_nobody_knows_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(read_document("{\"x\":[{\"afr_ota\":1}],\"afr_ota\":{\"y\":{\"files\":[1,2]},"
                                   "\"protocols\":[[\"a\"],\"MQTT\"],\"streamname\":\"s\","
                                   "\"files\":[{\"attr\":3,\"z\":{},\"filesize\":9,\"fileid\":0,"
                                   "\"filepath\":\"/\",\"certfile\":\"a\\/b\"}]}}"),
                     OTTER_OK);
    assert_int_equal(bench.job.size, 9);
}

/* RSA, or a hash spelt in capitals: the cloud makes any key of what people type. */
static void a_signature_of_another_kind_is_none_but_is_named(void **state)
{
    (void)state;
    assert_int_equal(
        read_document(START "{\"filesize\":1,\"fileid\":0,\"sig-sha-256-ecdsa\":\"AAAA\"}" END),
        OTTER_OK);
    assert_int_equal(bench.job.files[0].signature_size, 0);
    assert_string_equal(bench_explanation(),
                        "this device checks sig-sha256-ecdsa, not sig-sha-256-ecdsa");
}

/* ---- several files ---- */

static void files_are_put_in_the_order_of_their_images(void **state)
{
    (void)state;
    assert_int_equal(read_document(START "{\"filesize\":20,\"fileid\":5,\"fileType\":1},"
                                         "{\"filesize\":10,\"fileid\":6}" END),
                     OTTER_OK);
    assert_int_equal(bench.job.file_count, 2);
    assert_int_equal(bench.job.size, 30);
    assert_int_equal(bench.job.files[0].image, 0);
    assert_int_equal(bench.job.files[0].size, 10);
    assert_int_equal(bench.job.files[1].image, 1);
    assert_int_equal(bench.transport.execution.places[0].id, 6);
    assert_int_equal(bench.transport.execution.places[1].id, 5);
}

static void what_a_file_is_can_be_configured(void **state)
{
    static const uint8_t types[] = { 200, 101 };

    (void)state;
    bench.config.file_types = types;
    bench.config.file_type_count = 2;
    assert_int_equal(read_document(START "{\"filesize\":20,\"fileid\":0,\"fileType\":101},"
                                         "{\"filesize\":10,\"fileid\":1,\"fileType\":200}" END),
                     OTTER_OK);
    assert_int_equal(bench.job.files[0].size, 10);
    expect_refused(START "{\"filesize\":20,\"fileid\":0,\"fileType\":0}" END, "fileType");
}

static void a_job_of_four_files_has_room(void **state)
{
    char document[2000] = START;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        char file[400];

        (void)snprintf(file, sizeof file,
                       "%s{\"filepath\":\"/a\",\"filesize\":%u,\"fileid\":%u,\"certfile\":\"/c\","
                       "\"fileType\":%u,\"attr\":0,\"auth_scheme\":\"aws.s3.presigned\","
                       "\"sig-sha256-ecdsa\":\"" SIGNATURE "\"}",
                       i > 0 ? "," : "", 100 + i, i, i);
        strcat(document, file);
    }
    strcat(document, END);
    assert_int_equal(read_document(document), OTTER_OK);
    assert_int_equal(bench.job.file_count, 4);
    assert_int_equal(bench.job.size, 406);
}

#define TEST(name) cmocka_unit_test_setup(name, bench_set_up)

int run_document_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_is_missing_or_malformed_is_named),
        TEST(names_that_are_no_names_do_not_get_into_topics),
        TEST(more_files_than_there_are_images_are_refused),
        TEST(numbers_may_stand_between_quotes),
        TEST(of_a_key_that_comes_twice_the_first_counts),
        TEST(keys_that_nobody_knows_are_passed_over),
        TEST(a_signature_of_another_kind_is_none_but_is_named),
        TEST(files_are_put_in_the_order_of_their_images),
        TEST(what_a_file_is_can_be_configured),
        TEST(a_job_of_four_files_has_room),
    };

    return cmocka_run_group_tests_name("documents", tests, NULL, NULL);
}
