/* SPDX-License-Identifier: Apache-2.0 */

/* Pre-signed URLs, and which faults can be asked for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws_urls.h"
#include "file.h"

static struct lab {
    char folder[64];
    struct aws_store store;
    struct aws_faults faults;
    struct aws_urls urls;
    struct aws_job job;
} lab;

static void ignore(void *context, const struct aws_event *event)
{
    (void)context;
    assert_non_null(event->what);
}

static int set_up(void **state)
{
    char path[AWS_PATH_SIZE];

    (void)state;
    memset(&lab, 0, sizeof lab);
    (void)strcpy(lab.folder, "/tmp/otter-urls-XXXXXX");
    assert_non_null(mkdtemp(lab.folder));
    assert_true(aws_store_open(&lab.store, lab.folder, true));
    assert_true(aws_store_path(&lab.store, "files/f", path));
    assert_true(file_store(path, "0123456789", 10));
    lab.job.url_seconds = 1800;
    lab.urls = (struct aws_urls){
        .store = &lab.store, .faults = &lab.faults, .base = "http://host:1", .tell = ignore
    };
    assert_true(aws_urls_open(&lab.urls));
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    aws_store_close(&lab.store);
    (void)snprintf(command, sizeof command, "rm -r %s", lab.folder);
    return system(command); /* NOLINT(cert-env33-c) */
}

/* A document with the placeholder of files/f, delivered at that moment. */
static cJSON *delivered(int64_t now_ms)
{
    char placeholder[AWS_PATH_SIZE];
    cJSON *document = cJSON_Parse("{\"a\":[{\"b\":\"text\"}]}");

    aws_urls_write_placeholder("files/f", placeholder);
    (void)cJSON_AddStringToObject(cJSON_GetArrayItem(cJSON_GetObjectItem(document, "a"), 0), "url",
                                  placeholder);
    aws_urls_deliver(&lab.urls, &lab.job, document, now_ms);
    return document;
}

static const char *url_in(const cJSON *document)
{
    return cJSON_GetStringValue(
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(document, "a"), 0), "url"));
}

/* Ask for a URL, of which it changes a copy: path and query are apart in a request. */
static unsigned status_of(const char *url, const char *method)
{
    char *path = strdup(url + strlen(lab.urls.base));
    char *query = strchr(path, '?');
    struct web_answer answer = { .file = -1 };
    struct web_request request = { .method = method,
                                   .range = "",
                                   .if_range = "",
                                   .if_match = "",
                                   .user_agent = "",
                                   .peer = "peer" };

    *query++ = '\0';
    request.path = path;
    request.query = query;
    aws_urls_answer(&lab.urls, &request, &answer);
    free(path);
    cJSON_free(answer.text);
    if (answer.file >= 0) {
        (void)close(answer.file);
    }
    return answer.status;
}

static void a_placeholder_anywhere_in_a_document_becomes_a_url(void **state)
{
    cJSON *document = delivered(aws_store_now_ms());

    (void)state;
    assert_memory_equal(url_in(document), "http://host:1/files/f?X-Amz-", 28);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(
                            cJSON_GetArrayItem(cJSON_GetObjectItem(document, "a"), 0), "b")),
                        "text");
    assert_int_equal(status_of(url_in(document), "GET"), 200);
    assert_int_equal(status_of(url_in(document), "HEAD"), 200);
    assert_int_equal(status_of(url_in(document), "PUT"), 405);
    cJSON_Delete(document);
}

static void each_delivery_has_a_url_of_its_own(void **state)
{
    cJSON *one = delivered(1717395148123);
    cJSON *other = delivered(1717395148124);

    (void)state;
    assert_string_not_equal(url_in(one), url_in(other));
    assert_non_null(strstr(url_in(one), "&X-Amz-Date=20240603T061228Z&"));
    assert_non_null(strstr(url_in(one), "&X-Amz-Expires=1800&"));
    cJSON_Delete(one);
    cJSON_Delete(other);
}

static void a_url_lives_to_its_last_second(void **state)
{
    const int64_t now_ms = aws_store_now_ms();
    cJSON *fresh = delivered(now_ms - 1700 * 1000);
    cJSON *old = delivered(now_ms - 1800 * 1000);

    (void)state;
    assert_int_equal(status_of(url_in(fresh), "GET"), 200);
    assert_int_equal(status_of(url_in(old), "GET"), 403);
    cJSON_Delete(fresh);
    cJSON_Delete(old);
}

/* Whatever the character becomes, in path or query, signature included. */
static void a_url_with_any_character_changed_is_refused(void **state)
{
    cJSON *document = delivered(aws_store_now_ms());
    char *url = strdup(url_in(document));

    (void)state;
    for (size_t i = strlen(lab.urls.base) + 1; i < strlen(url); i++) {
        const char kept = url[i];

        if (kept == '?') {
            continue;
        }
        url[i] = kept == 'x' ? 'y' : 'x';
        if (status_of(url, "GET") != 403) {
            fail_msg("at %zu: %s", i, url);
        }
        url[i] = kept;
    }
    assert_int_equal(status_of(url, "GET"), 200);
    free(url);
    cJSON_Delete(document);
}

static void a_url_outlives_a_restart_but_not_its_file(void **state)
{
    cJSON *document = delivered(aws_store_now_ms());
    char path[AWS_PATH_SIZE];

    (void)state;
    memset(lab.urls.secret, 0, sizeof lab.urls.secret);
    assert_int_equal(status_of(url_in(document), "GET"), 403);
    assert_true(aws_urls_open(&lab.urls));
    assert_int_equal(status_of(url_in(document), "GET"), 200);
    assert_true(aws_store_path(&lab.store, "files/f", path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(status_of(url_in(document), "GET"), 404);
    cJSON_Delete(document);
}

static void without_a_file_server_the_placeholder_stays(void **state)
{
    cJSON *document;

    (void)state;
    lab.urls.base = NULL;
    document = delivered(aws_store_now_ms());
    assert_string_equal(url_in(document), "${aws:iot:s3-presigned-url:files/f}");
    cJSON_Delete(document);
}

/* --- faults ------------------------------------------------------------------------------------- */

static void faults_are_read_by_name(void **state)
{
    const struct option_list list = { .items = { "lose=20", "seed=7", "definite",
                                                 "reject=InternalError", "http-other=a/b" },
                                      .count = 5 };
    struct aws_faults faults;

    (void)state;
    assert_true(aws_faults_read(&list, &faults));
    assert_int_equal(faults.lose, 20);
    assert_int_equal(faults.seed, 7);
    assert_true(faults.is_definite);
    assert_int_equal(faults.reject, AWS_INTERNAL_ERROR);
    assert_string_equal(faults.http_other, "a/b");
    assert_int_equal(faults.delay_ms, 1000);
}

static void a_fault_strikes_as_often_as_it_should(void **state)
{
    static const uint32_t percents[] = { 0, 1, 20, 99, 100 };
    struct aws_faults faults = { .seed = 1 };

    (void)state;
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        uint32_t strikes = 0;

        for (int draw = 0; draw < 10000; draw++) {
            strikes += aws_faults_strike(&faults, percents[i]);
        }
        assert_in_range(strikes + 150, 100 * percents[i], 100 * percents[i] + 300);
    }
    assert_false(aws_faults_strike(&faults, 0));
    assert_true(aws_faults_strike(&faults, 100));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_placeholder_anywhere_in_a_document_becomes_a_url),
        TEST(each_delivery_has_a_url_of_its_own),
        TEST(a_url_lives_to_its_last_second),
        TEST(a_url_with_any_character_changed_is_refused),
        TEST(a_url_outlives_a_restart_but_not_its_file),
        TEST(without_a_file_server_the_placeholder_stays),
        cmocka_unit_test(faults_are_read_by_name),
        cmocka_unit_test(a_fault_strikes_as_often_as_it_should),
    };

    return cmocka_run_group_tests_name("aws_standin_urls", tests, NULL, NULL);
}
