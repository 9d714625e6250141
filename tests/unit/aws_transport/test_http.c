/* SPDX-License-Identifier: Apache-2.0 */

/* Pre-signed URLs: the bytes come from another data source, the job's life is as with a stream. */

#include <stdio.h>
#include <string.h>

#include "bench.h"

/* A data source that delivers the cloud's file as two halves or as one, by the path. */
static struct {
    unsigned opens, closes;
    struct otter_job job; /* of the last open */
    char path[2000];
    uint32_t at, left;
    const char *dead;          /* a path that has expired; NULL: none */
    enum otter_result expiry;  /* how that shows */
    uint32_t dies_at;          /* the present path expires here, once; 0: it does not */
    enum otter_result failure; /* of the next step */
    uint32_t base;             /* where the file of the path begins in the cloud's */
} web;

static enum otter_result open(void *self, const struct otter_identity *identity,
                              const struct otter_job *job, uint32_t now_ms)
{
    (void)self;
    (void)now_ms;
    assert_ptr_equal(identity, &bench_identity);
    web.opens++;
    web.job = *job;
    web.left = 0;
    (void)snprintf(web.path, sizeof web.path, "%s", job->path);
    web.base = strstr(job->path, "second") != NULL ? 6000 : 0;
    return strcmp(job->host, "evil") == 0 ? OTTER_ERR_JOB_REDIRECT : OTTER_OK;
}

static enum otter_result step(void *self, uint32_t now_ms, const struct otter_range *missing,
                              struct otter_chunk *chunk)
{
    const enum otter_result failure = web.failure;

    (void)self;
    (void)now_ms;
    web.failure = OTTER_OK;
    if (failure != OTTER_OK) {
        return failure;
    }
    if (web.dead != NULL && strcmp(web.path, web.dead) == 0) {
        return web.expiry;
    }
    if (web.dies_at != 0 && missing->offset >= web.dies_at) {
        web.dies_at = 0;
        return web.expiry;
    }
    assert_true(missing->offset < web.job.size);
    assert_true(missing->length <= web.job.size - missing->offset);
    *chunk = (struct otter_chunk){
        .offset = missing->offset,
        .bytes = bench.cloud.file + web.base + missing->offset,
        .len = missing->length < 700 ? missing->length : 700,
        .total = web.job.size,
    };
    return OTTER_OK;
}

static void take(void *self, size_t len)
{
    (void)self;
    (void)len;
}

static void close_web(void *self)
{
    (void)self;
    web.closes++;
}

static const char *explain(void *self)
{
    (void)self;
    return "the web says so";
}

static const struct otter_data_source_ops web_ops = {
    .open = open, .step = step, .take = take, .close = close_web, .explain = explain
};
static const struct otter_data_source web_source = { .ops = &web_ops };
static char url[3000];

static int set_up(void **state)
{
    memset(&web, 0, sizeof web);
    web.expiry = OTTER_ERR_REFUSED;
    (void)bench_set_up(state);
    bench.config.http = &web_source;
    bench.config.url = url;
    bench.config.url_size = sizeof url;
    bench_restart();
    return 0;
}

static char document[4000];

static void offer(const char *protocols, const char *place)
{
    (void)snprintf(document, sizeof document,
                   "{\"afr_ota\":{\"protocols\":[%s],\"streamname\":\"AFR_OTA-stream\",\"files\":[{"
                   "\"filepath\":\"/\",\"filesize\":%u,\"fileid\":0,\"update_data_url\":\"%s\","
                   "\"auth_scheme\":\"aws.s3.presigned\"}]}}",
                   protocols, (unsigned)bench.cloud.size, place);
    bench.cloud.execution_count = 0;
    cloud_queue(&bench.cloud, "AFR_OTA-1", document);
}

static void a_file_comes_from_its_url(void **state)
{
    (void)state;
    offer("\"HTTP\"", "https:\\/\\/bucket:8443\\/file?a=1\\u0026b=%2F");
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_string_equal(web.path, "/file?a=1&b=%2F");
    assert_string_equal(web.job.host, "bucket");
    assert_int_equal(web.job.port, 8443);
    assert_int_equal(web.job.connection, OTTER_JOB_CONNECTION_HTTPS);
    assert_true(web.job.has_size);
    assert_int_equal(web.opens, 1);
    assert_int_equal(web.closes, 1);
    assert_int_equal(bench.cloud.requests, 0);
    assert_int_equal(bench_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
}

static void a_url_of_1500_characters_is_asked_for_whole(void **state)
{
    char place[1600] = "https://bucket/file?X-Amz-Signature=";

    (void)state;
    memset(place + strlen(place), 'f', 1500 - strlen(place));
    offer("\"HTTP\"", place);
    bench.config.buffer_size = OTTER_AWS_BUFFER_MIN;
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_string_equal(web.path, place + strlen("https://bucket"));
}

static void a_url_that_does_not_fit_is_named(void **state)
{
    (void)state;
    bench.config.url_size = 20;
    offer("\"HTTP\"", "https://bucket/file?1");
    assert_int_equal(bench_ask(), OTTER_ERR_JOB_FIELD);
    assert_string_equal(bench_explanation(), "update_data_url");
}

static void of_two_protocols_the_preferred_one_is_used(void **state)
{
    (void)state;
    offer("\"HTTP\",\"MQTT\"", "https://bucket/file");
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_int_equal(web.opens, 0);
    (void)set_up(NULL);
    bench.config.prefer_http = true;
    offer("\"HTTP\",\"MQTT\"", "https://bucket/file");
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_int_equal(web.opens, 1);
}

static void a_device_without_http_uses_the_stream_or_refuses(void **state)
{
    (void)state;
    bench.config.http = NULL;
    bench.config.prefer_http = true;
    offer("\"HTTP\",\"MQTT\"", "https://bucket/file");
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    offer("\"HTTP\"", "https://bucket/file");
    assert_int_equal(bench_ask(), OTTER_ERR_JOB_FIELD);
    assert_string_equal(bench_explanation(), "protocols");
}

/* The service makes a new URL each time that it delivers the document. */
static void an_expired_url_is_renewed_in_mid_download(void **state)
{
    (void)state;
    offer("\"HTTP\"", "https://bucket/file?1");
    assert_int_equal(bench_ask(), OTTER_OK);
    web.dies_at = 5000;
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench.cloud.gets, 2);
    assert_int_equal(web.opens, 2);
    assert_int_equal(bench.pieces, 15); /* nothing twice */
}

static void change_url(struct bench *of)
{
    if (of->accepted > 5000 && strchr(document, '1') != NULL) {
        char *old = strstr(document, "file?1");

        if (old != NULL) {
            old[5] = '2';
        }
    }
}

static void what_is_gone_for_good_fails(void **state)
{
    static const enum otter_result results[] = { OTTER_ERR_REFUSED, OTTER_ERR_NOT_FOUND };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        (void)set_up(NULL);
        web.expiry = results[i];
        web.dead = "/file?1";
        offer("\"HTTP\"", "https://bucket/file?1");
        assert_int_equal(bench_ask(), OTTER_OK);
        assert_int_equal(bench_fetch(), OTTER_ERR_NOT_FOUND); /* no failure of the connection */
        assert_int_equal(bench.cloud.gets, 2);
        assert_string_equal(bench_explanation(), "the web says so");
    }
}

static void the_new_url_is_the_one_that_is_used(void **state)
{
    (void)state;
    offer("\"HTTP\"", "https://bucket/file?1");
    assert_int_equal(bench_ask(), OTTER_OK);
    bench.on_piece = change_url;
    web.dies_at = 6000;
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_string_equal(web.path, "/file?2");
    bench_expect_file();
}

static void a_job_that_is_gone_when_the_url_expires_is_cancelled(void **state)
{
    (void)state;
    offer("\"HTTP\"", "https://bucket/file?1");
    assert_int_equal(bench_ask(), OTTER_OK);
    bench.config.progress_percent = 0;
    bench.cloud.execution_count = 1;
    web.dead = "/file?1";
    bench.data.ops->open(bench.data.self, &bench_identity, &bench.job, bench.now_ms);
    for (int i = 0; i < 20; i++) { /* until it is started */
        struct otter_chunk chunk;
        const struct otter_range all = { 0, UINT32_MAX };

        if (web.opens > 0) {
            break;
        }
        (void)bench.data.ops->step(bench.data.self, bench.now_ms, &all, &chunk);
    }
    assert_int_equal(web.opens, 1);
    bench.data.ops->close(bench.data.self);
    bench.cloud.execution_count = 0;
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_CANCELLED);
}

static void other_failures_are_the_agents_to_bear(void **state)
{
    (void)state;
    offer("\"HTTP\"", "https://bucket/file?1");
    assert_int_equal(bench_ask(), OTTER_OK);
    web.failure = OTTER_ERR_TIMEOUT;
    assert_int_equal(bench_fetch(), OTTER_ERR_TIMEOUT);
    assert_int_equal(bench.cloud.gets, 1);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
}

static void a_server_that_is_not_allowed_is_refused(void **state)
{
    (void)state;
    offer("\"HTTP\"", "https://evil/file");
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_REDIRECT);
}

static void a_job_that_came_over_tls_does_not_lead_into_the_clear(void **state)
{
    (void)state;
    offer("\"HTTP\"", "http://bucket/file");
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    (void)set_up(NULL);
    bench.client.secure = true;
    offer("\"HTTP\"", "http://bucket/file");
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_REDIRECT);
    assert_int_equal(web.opens, 0);
}

static void a_url_that_is_none_is_named(void **state)
{
    (void)state;
    offer("\"HTTP\"", "ftp://bucket/file");
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_FIELD);
    assert_string_equal(bench_explanation(), "update_data_url");
}

static void cancel(struct bench *of)
{
    if (of->pieces == 3) {
        cloud_cancel(&of->cloud);
    }
}

static void a_job_cancelled_in_mid_download_ends_it(void **state)
{
    (void)state;
    offer("\"HTTP\"", "https://bucket/file");
    assert_int_equal(bench_ask(), OTTER_OK);
    bench.on_piece = cancel;
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_CANCELLED);
    assert_in_range(bench.pieces, 3, 5);
    assert_int_equal(web.closes, 1);
}

/* To the agent they are one file. */
static void several_files_come_one_behind_the_other(void **state)
{
    (void)state;
    (void)snprintf(
        document, sizeof document,
        "{\"afr_ota\":{\"protocols\":[\"HTTP\"],\"files\":["
        "{\"filesize\":4000,\"fileid\":1,\"fileType\":1,\"update_data_url\":"
        "\"https://bucket/second\"},"
        "{\"filesize\":6000,\"fileid\":0,\"update_data_url\":\"https://bucket/first\"}]}}");
    cloud_queue(&bench.cloud, "AFR_OTA-1", document);
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(web.opens, 2);
    assert_string_equal(web.path, "/second");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int run_http_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_file_comes_from_its_url),
        TEST(a_url_of_1500_characters_is_asked_for_whole),
        TEST(a_url_that_does_not_fit_is_named),
        TEST(of_two_protocols_the_preferred_one_is_used),
        TEST(a_device_without_http_uses_the_stream_or_refuses),
        TEST(an_expired_url_is_renewed_in_mid_download),
        TEST(what_is_gone_for_good_fails),
        TEST(the_new_url_is_the_one_that_is_used),
        TEST(a_job_that_is_gone_when_the_url_expires_is_cancelled),
        TEST(other_failures_are_the_agents_to_bear),
        TEST(a_server_that_is_not_allowed_is_refused),
        TEST(a_job_that_came_over_tls_does_not_lead_into_the_clear),
        TEST(a_url_that_is_none_is_named),
        TEST(a_job_cancelled_in_mid_download_ends_it),
        TEST(several_files_come_one_behind_the_other),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
