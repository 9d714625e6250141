/* SPDX-License-Identifier: Apache-2.0 */

/* The data source: ranges in order from good servers, odd ones and bad ones. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static struct bench bench;

static int set_up(void **state)
{
    (void)state;
    bench_set_up(&bench);
    return 0;
}

static const char *explanation(void)
{
    return bench.data.ops->explain(bench.data.self);
}

static void expect_failure(enum otter_result result, const char *why)
{
    assert_int_equal(bench_fetch(&bench), result);
    assert_non_null(strstr(explanation(), why));
    assert_false(bench.server.is_open);
}

/* Good servers -------------------------------------------------------------------------------- */

static void an_image_comes_in_growing_ranges_over_one_connection(void **state)
{
    (void)state;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_int_equal(bench.server.opened, 1);
    assert_int_equal(bench.server.requests, 7); /* 4096, 6 * 16384 at most */
    assert_non_null(strstr(bench.server.sent, "Range: bytes=0-4095\r\n"));
    assert_non_null(strstr(bench.server.sent, "Range: bytes=4096-20479\r\n"));
    assert_non_null(strstr(bench.server.sent, "-99999\r\n"));
}

/* The answer to the first of two is not read, and the second is asked for already. */
static void the_next_range_is_asked_for_before_the_last_is_taken(void **state)
{
    (void)state;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 4097), OTTER_OK);
    assert_int_equal(bench.server.requests, 3);
    bench.data.ops->close(bench.data.self);
}

static void any_size_is_fetched_to_its_last_byte(void **state)
{
    static const uint32_t sizes[] = {
        1, 2, 4095, 4096, 4097, 8192, 8193, 20480, 20481, 36864, 36865
    };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        bench_set_up(&bench);
        bench.image_size = sizes[i];
        assert_int_equal(bench_fetch(&bench), OTTER_OK);
        assert_int_equal(bench.total, sizes[i]);
    }
}

/* A pre-signed URL, which the server checks to the last character. */
static void a_path_longer_than_a_name_is_asked_for_as_it_is(void **state)
{
    static char path[1500] = "/signed%2Fimage.bin?X-Amz-Signature=";

    (void)state;
    memset(path + strlen(path), 'f', sizeof path - 1 - strlen(path));
    bench.job.path = path;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_non_null(strstr(bench.server.sent, path));
}

static bool refuse(struct bench *with, const struct scripted_request *request)
{
    (void)request;
    scripted_server_print(&with->server, "HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n");
    return true;
}

static void what_a_query_holds_is_not_told_to_people(void **state)
{
    (void)state;
    bench.job.path = "/image.bin?secret";
    bench.answer = refuse;
    expect_failure(OTTER_ERR_REFUSED, "status 403 for /image.bin");
    assert_null(strstr(explanation(), "secret"));
}

static void a_chunked_range_is_a_range(void **state)
{
    (void)state;
    bench.is_chunked = true;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_int_equal(bench.server.opened, 1);
}

static void a_link_that_delivers_byte_by_byte_is_a_link(void **state)
{
    (void)state;
    bench.server.piece = 7;
    bench.image_size = 9000;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
}

static void a_download_goes_on_where_the_device_is(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 70000; i++) {
        bench.received[i] = bench_byte(i);
    }
    bench.reached = 70000;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_non_null(strstr(bench.server.sent, "Range: bytes=70000-74095\r\n"));
}

static void a_device_that_forgets_is_served_from_the_beginning(void **state)
{
    (void)state;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 30000), OTTER_OK);
    bench.reached = 0;
    assert_int_equal(bench_fetch_to(&bench, bench.image_size), OTTER_OK);
    assert_int_equal(bench.server.opened, 2);
    assert_memory_equal(bench.received + 29000, (uint8_t[]){ bench_byte(29000) }, 1);
}

/* Odd servers --------------------------------------------------------------------------------- */

static void a_server_without_ranges_sends_everything_once(void **state)
{
    (void)state;
    bench.knows_no_ranges = true;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_int_equal(bench.server.requests, 1);
}

static void without_ranges_a_resumed_download_reads_over_what_is_here(void **state)
{
    (void)state;
    bench.knows_no_ranges = true;
    for (uint32_t i = 0; i < 70001; i++) {
        bench.received[i] = bench_byte(i);
    }
    bench.reached = 70001;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_int_equal(bench.server.requests, 1);
}

static void a_chunked_whole_needs_a_job_that_tells_the_size(void **state)
{
    (void)state;
    bench.knows_no_ranges = true;
    bench.is_chunked = true;
    expect_failure(OTTER_ERR_PROTOCOL, "nobody tells how long");
    bench_set_up(&bench);
    bench.knows_no_ranges = true;
    bench.is_chunked = true;
    bench.job.has_size = true;
    bench.job.size = bench.image_size;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
}

static void a_server_that_closes_behind_each_answer_is_asked_for_all_the_rest(void **state)
{
    (void)state;
    bench.closes = true;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_int_equal(bench.server.opened, 2);
    assert_int_equal(bench.server.requests, 2);
}

static void a_server_that_ends_the_connection_now_and_then_costs_a_connection(void **state)
{
    (void)state;
    bench.keeps = 3;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_in_range(bench.server.opened, 3, 4);
}

static void a_server_that_answers_with_less_is_asked_for_the_rest(void **state)
{
    (void)state;
    bench.longest = 3000;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
}

static bool is_silent(struct bench *at, const struct scripted_request *request)
{
    (void)at;
    (void)request;
    return true;
}

static bool sends_a_byte(struct bench *at, const struct scripted_request *request)
{
    (void)request;
    scripted_server_print(&at->server, "HTTP/1.1 206 x\r\nContent-Range: bytes 0-4095/100000\r\n"
                                       "Content-Length: 4096\r\n\r\nx");
    return true;
}

static void silence_and_a_trickle_are_timed(void **state)
{
    (void)state;
    bench.answer = is_silent;
    expect_failure(OTTER_ERR_TIMEOUT, "did not answer");
    bench_set_up(&bench);
    bench.answer = sends_a_byte;
    expect_failure(OTTER_ERR_TIMEOUT, "too slowly");
}

/* Bad servers --------------------------------------------------------------------------------- */

static const char *odd_range;

static bool answers_oddly(struct bench *at, const struct scripted_request *request)
{
    (void)request;
    if (at->oddities == 0) {
        return false;
    }
    at->oddities--;
    scripted_server_print(&at->server, "%s", odd_range);
    scripted_server_send(&at->server, at->buffer, 10);
    return true;
}

static void a_range_that_was_not_asked_for_is_refused(void **state)
{
    static const char *const odd[] = {
        "HTTP/1.1 206 x\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 206 x\r\nContent-Range: bytes 1-10/100000\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 206 x\r\nContent-Range: bytes 0-9/100000\r\nContent-Length: 11\r\n\r\n",
        "HTTP/1.1 206 x\r\nContent-Range: bytes 0-4096/100000\r\nContent-Length: 4097\r\n\r\n",
        "HTTP/1.1 206 x\r\nContent-Range: bytes 9-0/100000\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 206 x\r\nContent-Range: bytes 0-9/9\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 206 x\r\nContent-Range: items 0-9/100000\r\nContent-Length: 10\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        bench_set_up(&bench);
        bench.answer = answers_oddly;
        bench.oddities = 1;
        odd_range = odd[i];
        expect_failure(OTTER_ERR_PROTOCOL, "another range");
        assert_int_equal(bench.reached, 0);
    }
}

static void a_range_of_unknown_total_needs_a_job_that_tells_the_size(void **state)
{
    (void)state;
    bench.answer = answers_oddly;
    bench.oddities = 1;
    odd_range = "HTTP/1.1 206 x\r\nContent-Range: bytes 0-9/*\r\nContent-Length: 10\r\n\r\n";
    expect_failure(OTTER_ERR_PROTOCOL, "nobody tells how long");
    bench_set_up(&bench);
    bench.answer = answers_oddly;
    bench.oddities = 1;
    bench.job.has_size = true;
    bench.job.size = 10;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 10), OTTER_OK);
    assert_int_equal(bench.total, 10);
}

static void a_file_that_is_not_as_long_as_the_job_says_is_not_fetched(void **state)
{
    (void)state;
    bench.job.has_size = true;
    bench.job.size = bench.image_size + 1;
    expect_failure(OTTER_ERR_JOB_FIELD, "ImageSize");
    assert_int_equal(bench.reached, 0);
}

static bool is_cut_short(struct bench *at, const struct scripted_request *request)
{
    if (at->oddities == 0) {
        return false;
    }
    at->oddities--;
    bench_answer(at, request);
    at->server.stream_size -= 100;
    scripted_server_close(&at->server);
    return true;
}

static void a_body_cut_short_fails_and_can_be_gone_on_with(void **state)
{
    (void)state;
    bench.answer = is_cut_short;
    bench.oddities = 1;
    expect_failure(OTTER_ERR_CLOSED, "within an answer");
    assert_int_equal(bench.reached, 3996);
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_int_equal(bench.server.opened, 2);
}

static void a_chunked_body_that_ends_early_is_cut_short(void **state)
{
    (void)state;
    bench.answer = answers_oddly;
    bench.oddities = 1;
    odd_range = "HTTP/1.1 206 x\r\nContent-Range: bytes 0-20/100000\r\n"
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, bench.image_size), OTTER_ERR_PROTOCOL);
    assert_int_equal(bench.reached, 3);
    assert_non_null(strstr(explanation(), "shorter than its range"));
}

static void a_chunked_body_that_goes_on_is_too_long(void **state)
{
    (void)state;
    bench.answer = answers_oddly;
    bench.oddities = 1;
    odd_range = "HTTP/1.1 206 x\r\nContent-Range: bytes 0-1/100000\r\n"
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    expect_failure(OTTER_ERR_PROTOCOL, "longer than its range");
    assert_int_equal(bench.reached, 0);
}

/* The image changes --------------------------------------------------------------------------- */

static void another_tag_means_another_image(void **state)
{
    (void)state;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 4096), OTTER_OK);
    bench.etag = "\"2\"";
    assert_int_equal(bench_fetch_to(&bench, bench.image_size), OTTER_ERR_IMAGE_CHANGED);
    bench.data.ops->close(bench.data.self);
    bench.reached = 0; /* the agent begins anew */
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
}

static void the_tag_outlives_a_lost_connection(void **state)
{
    (void)state;
    bench.answer = is_cut_short;
    bench.oddities = 1;
    assert_int_equal(bench_fetch(&bench), OTTER_ERR_CLOSED);
    bench.etag = "\"2\"";
    expect_failure(OTTER_ERR_IMAGE_CHANGED, "another tag");
}

static void another_place_has_tags_of_its_own(void **state)
{
    (void)state;
    bench.answer = is_cut_short;
    bench.oddities = 1;
    assert_int_equal(bench_fetch(&bench), OTTER_ERR_CLOSED);
    bench.etag = "\"2\"";
    (void)strcpy(bench.job.file, "/mirror.bin");
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
}

static void another_size_means_another_image(void **state)
{
    (void)state;
    bench.etag = NULL;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 4096), OTTER_OK);
    bench.image_size = 50000;
    assert_int_equal(bench_fetch_to(&bench, bench.image_size), OTTER_ERR_IMAGE_CHANGED);
}

static void a_file_that_became_shorter_means_another_image(void **state)
{
    (void)state;
    bench.reached = 60000; /* of an earlier session */
    bench.image_size = 50000;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 60001), OTTER_ERR_IMAGE_CHANGED);
    assert_non_null(strstr(explanation(), "shorter"));
}

static void an_empty_file_is_no_image(void **state)
{
    (void)state;
    bench.image_size = 0;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 1), OTTER_ERR_NOT_FOUND);
    bench_set_up(&bench);
    bench.image_size = 0;
    bench.knows_no_ranges = true;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 1), OTTER_ERR_NOT_FOUND);
}

/* Statuses ------------------------------------------------------------------------------------ */

static void each_status_has_a_meaning(void **state)
{
    static const struct {
        const char *head;
        enum otter_result result;
    } rows[] = {
        { "HTTP/1.1 404 x\r\nContent-Length: 10\r\n\r\n", OTTER_ERR_NOT_FOUND },
        { "HTTP/1.1 410 x\r\nContent-Length: 10\r\n\r\n", OTTER_ERR_NOT_FOUND },
        { "HTTP/1.1 401 x\r\nContent-Length: 10\r\n\r\n", OTTER_ERR_REFUSED },
        { "HTTP/1.1 403 x\r\nContent-Length: 10\r\n\r\n", OTTER_ERR_REFUSED },
        { "HTTP/1.1 429 x\r\nContent-Length: 10\r\n\r\n", OTTER_ERR_SERVER },
        { "HTTP/1.1 500 x\r\nContent-Length: 10\r\n\r\n", OTTER_ERR_SERVER },
        { "HTTP/1.1 503 x\r\nRetry-After: 60\r\nContent-Length: 10\r\n\r\n", OTTER_ERR_SERVER },
        { "HTTP/1.1 204 x\r\n\r\n", OTTER_ERR_PROTOCOL },
        { "HTTP/1.1 304 x\r\n\r\n", OTTER_ERR_PROTOCOL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bench_set_up(&bench);
        bench.answer = answers_oddly;
        bench.oddities = 1;
        odd_range = rows[i].head;
        assert_int_equal(bench_fetch(&bench), rows[i].result);
        assert_true(strlen(explanation()) > 0);
        assert_int_equal(bench.reached, 0);
    }
}

static void a_short_retry_after_is_waited_for(void **state)
{
    (void)state;
    bench.answer = answers_oddly;
    bench.oddities = 1;
    odd_range = "HTTP/1.1 503 x\r\nRetry-After: 2\r\nContent-Length: 10\r\n\r\n";
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_true(bench.now_ms - 4294960000u >= 2000);
}

static void a_long_retry_after_keeps_the_device_away(void **state)
{
    (void)state;
    bench.answer = answers_oddly;
    bench.oddities = 1;
    odd_range = "HTTP/1.1 503 x\r\nRetry-After: 60\r\nContent-Length: 10\r\n\r\n";
    expect_failure(OTTER_ERR_SERVER, "status 503");
    expect_failure(OTTER_ERR_SERVER, "so soon");
    assert_int_equal(bench.server.opened, 1);
    bench.now_ms += 60000;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
}

/* Places -------------------------------------------------------------------------------------- */

static void a_job_leads_only_to_servers_that_are_allowed(void **state)
{
    static const char *const allowed[] = { "mirror:8080", NULL };

    (void)state;
    (void)strcpy(bench.job.host, "mirror");
    bench.job.port = 8080;
    assert_int_equal(bench_open(&bench), OTTER_ERR_JOB_REDIRECT);
    bench.config.allowed_servers = allowed;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_string_equal(bench.server.host, "mirror");
    assert_int_equal(bench.server.endpoint.port, 8080);
    assert_non_null(strstr(bench.server.sent, "Host: mirror:8080\r\n"));
}

static void a_job_for_another_kind_of_connection_is_not_served(void **state)
{
    (void)state;
    bench.job.connection = OTTER_JOB_CONNECTION_HTTPS;
    assert_int_equal(bench_open(&bench), OTTER_ERR_JOB_REDIRECT);
    bench.client.secure = true;
    assert_int_equal(bench_open(&bench), OTTER_OK);
    bench.job.connection = OTTER_JOB_CONNECTION_HTTP;
    assert_int_equal(bench_open(&bench), OTTER_ERR_JOB_REDIRECT);
}

static void a_job_without_a_file_says_so(void **state)
{
    (void)state;
    bench.job.file[0] = '\0';
    assert_int_equal(bench_open(&bench), OTTER_ERR_JOB_FIELD);
    assert_string_equal(explanation(), "File");
}

static void close_is_harmless_at_any_time(void **state)
{
    (void)state;
    bench.data.ops->close(bench.data.self);
    bench.jobs.ops->close(bench.jobs.self);
    assert_int_equal(bench_open(&bench), OTTER_OK);
    bench.data.ops->close(bench.data.self);
    bench.data.ops->close(bench.data.self);
    assert_int_equal(bench_open(&bench), OTTER_OK);
    assert_int_equal(bench_fetch_to(&bench, 10), OTTER_OK);
    bench.data.ops->close(bench.data.self);
    assert_false(bench.server.is_open);
}

static void impossible_settings_are_refused(void **state)
{
    (void)state;
    bench.config.range_size = 0;
    assert_int_equal(otter_http_transport_init(&bench.transport, &bench.config),
                     OTTER_ERR_ARGUMENT);
    bench.config.range_size = bench.config.range_size_max + 1;
    assert_int_equal(otter_http_transport_init(&bench.transport, &bench.config),
                     OTTER_ERR_ARGUMENT);
    bench.config.range_size = 1;
    bench.config.job_path = NULL;
    assert_int_equal(otter_http_transport_init(&bench.transport, &bench.config),
                     OTTER_ERR_ARGUMENT);
}

int run_fetch_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_image_comes_in_growing_ranges_over_one_connection, set_up),
        cmocka_unit_test_setup(the_next_range_is_asked_for_before_the_last_is_taken, set_up),
        cmocka_unit_test_setup(any_size_is_fetched_to_its_last_byte, set_up),
        cmocka_unit_test_setup(a_path_longer_than_a_name_is_asked_for_as_it_is, set_up),
        cmocka_unit_test_setup(what_a_query_holds_is_not_told_to_people, set_up),
        cmocka_unit_test_setup(a_chunked_range_is_a_range, set_up),
        cmocka_unit_test_setup(a_link_that_delivers_byte_by_byte_is_a_link, set_up),
        cmocka_unit_test_setup(a_download_goes_on_where_the_device_is, set_up),
        cmocka_unit_test_setup(a_device_that_forgets_is_served_from_the_beginning, set_up),
        cmocka_unit_test_setup(a_server_without_ranges_sends_everything_once, set_up),
        cmocka_unit_test_setup(without_ranges_a_resumed_download_reads_over_what_is_here, set_up),
        cmocka_unit_test_setup(a_chunked_whole_needs_a_job_that_tells_the_size, set_up),
        cmocka_unit_test_setup(a_server_that_closes_behind_each_answer_is_asked_for_all_the_rest,
                               set_up),
        cmocka_unit_test_setup(a_server_that_ends_the_connection_now_and_then_costs_a_connection,
                               set_up),
        cmocka_unit_test_setup(a_server_that_answers_with_less_is_asked_for_the_rest, set_up),
        cmocka_unit_test_setup(silence_and_a_trickle_are_timed, set_up),
        cmocka_unit_test_setup(a_range_that_was_not_asked_for_is_refused, set_up),
        cmocka_unit_test_setup(a_range_of_unknown_total_needs_a_job_that_tells_the_size, set_up),
        cmocka_unit_test_setup(a_file_that_is_not_as_long_as_the_job_says_is_not_fetched, set_up),
        cmocka_unit_test_setup(a_body_cut_short_fails_and_can_be_gone_on_with, set_up),
        cmocka_unit_test_setup(a_chunked_body_that_ends_early_is_cut_short, set_up),
        cmocka_unit_test_setup(a_chunked_body_that_goes_on_is_too_long, set_up),
        cmocka_unit_test_setup(another_tag_means_another_image, set_up),
        cmocka_unit_test_setup(the_tag_outlives_a_lost_connection, set_up),
        cmocka_unit_test_setup(another_place_has_tags_of_its_own, set_up),
        cmocka_unit_test_setup(another_size_means_another_image, set_up),
        cmocka_unit_test_setup(a_file_that_became_shorter_means_another_image, set_up),
        cmocka_unit_test_setup(an_empty_file_is_no_image, set_up),
        cmocka_unit_test_setup(each_status_has_a_meaning, set_up),
        cmocka_unit_test_setup(a_short_retry_after_is_waited_for, set_up),
        cmocka_unit_test_setup(a_long_retry_after_keeps_the_device_away, set_up),
        cmocka_unit_test_setup(a_job_leads_only_to_servers_that_are_allowed, set_up),
        cmocka_unit_test_setup(a_job_for_another_kind_of_connection_is_not_served, set_up),
        cmocka_unit_test_setup(a_job_without_a_file_says_so, set_up),
        cmocka_unit_test_setup(close_is_harmless_at_any_time, set_up),
        cmocka_unit_test_setup(impossible_settings_are_refused, set_up),
    };

    return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}
