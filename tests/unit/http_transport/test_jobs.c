/* SPDX-License-Identifier: Apache-2.0 */

/* The job source: documents, reports, and the connection that both share with the data source. */

#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "suites.h"

#define DOCUMENT                                                                                   \
    "{\"Message\":\"Update Available\",\"Board\":\"board\",\"Version\":\"1.1.0\","                 \
    "\"Connection\":\"HTTP\",\"Server\":\"\",\"File\":\"/image.bin\"}"

static struct bench bench;
static const char *answer_head;

static bool answers(struct bench *at, const struct scripted_request *request)
{
    if (strcmp(request->path, "/ota_update.json") != 0 && strcmp(request->method, "POST") != 0) {
        return false;
    }
    if (answer_head != NULL) {
        scripted_server_print(&at->server, "%s", answer_head);
    } else if (strcmp(request->method, "POST") == 0) {
        scripted_server_print(&at->server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    } else {
        scripted_server_print(&at->server, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n%s",
                              (unsigned)strlen(DOCUMENT), DOCUMENT);
    }
    return true;
}

static int set_up(void **state)
{
    (void)state;
    bench_set_up(&bench);
    bench.answer = answers;
    answer_head = NULL;
    return 0;
}

static void a_job_document_is_fetched(void **state)
{
    (void)state;
    assert_int_equal(bench_ask(&bench), OTTER_OK);
    assert_string_equal(bench.job.file, "/image.bin");
    assert_int_equal(bench.job.connection, OTTER_JOB_CONNECTION_HTTP);
    assert_non_null(strstr(bench.server.sent, "GET /ota_update.json HTTP/1.1\r\n"));
    assert_null(strstr(bench.server.sent, "Range:"));
}

static void job_image_and_report_share_one_connection(void **state)
{
    (void)state;
    assert_int_equal(bench_ask(&bench), OTTER_OK);
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_int_equal(bench_report(&bench), OTTER_OK);
    assert_int_equal(bench.server.opened, 1);
    bench.jobs.ops->close(bench.jobs.self);
    assert_false(bench.server.is_open);
}

static void a_report_is_posted_as_json(void **state)
{
    (void)state;
    assert_int_equal(bench_ask(&bench), OTTER_OK);
    assert_int_equal(bench_report(&bench), OTTER_OK);
    assert_non_null(strstr(bench.server.sent, "POST /ota_result HTTP/1.1\r\n"));
    assert_non_null(strstr(bench.server.sent,
                           "{\"Message\":\"Success\",\"File\":\"/image.bin\","
                           "\"BoardName\":\"board\",\"SerialNumber\":\"0001\","
                           "\"Version\":\"1.1.0\",\"Stage\":\"pending\",\"Code\":\"0\","
                           "\"Reason\":\"done\"}"));
}

static void a_report_alone_makes_its_own_connection(void **state)
{
    (void)state;
    assert_int_equal(bench_report(&bench), OTTER_OK);
    assert_int_equal(bench.server.opened, 1);
    assert_non_null(strstr(bench.server.sent, "\"File\":\"\""));
}

static void a_report_that_nobody_takes_is_no_failure_of_the_connection(void **state)
{
    (void)state;
    answer_head = "HTTP/1.1 405 Not Allowed\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(bench_report(&bench), OTTER_ERR_NOT_FOUND);
    assert_string_equal(bench.jobs.ops->explain(bench.jobs.self), "status 405 for /ota_result");
}

static void a_question_on_a_connection_that_has_died_is_put_again(void **state)
{
    (void)state;
    assert_int_equal(bench_ask(&bench), OTTER_OK);
    scripted_server_close(&bench.server); /* idle for too long */
    assert_int_equal(bench_report(&bench), OTTER_OK);
    assert_int_equal(bench.server.opened, 2);
}

static bool hangs_up(struct bench *at, const struct scripted_request *request)
{
    (void)request;
    scripted_server_close(&at->server);
    return true;
}

static void a_server_that_only_hangs_up_is_not_asked_for_ever(void **state)
{
    (void)state;
    bench.answer = hangs_up;
    assert_int_equal(bench_ask(&bench), OTTER_ERR_CLOSED);
    assert_int_equal(bench.server.opened, 1);
}

static void no_content_means_no_update(void **state)
{
    (void)state;
    answer_head = "HTTP/1.1 204 None\r\n\r\n";
    assert_int_equal(bench_ask(&bench), OTTER_NO_UPDATE);
    assert_int_equal(bench_ask(&bench), OTTER_NO_UPDATE);
}

static void a_document_of_the_running_version_means_no_update(void **state)
{
    (void)state;
    answer_head = "HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n"
                  "{\"Board\":\"board\",\"Version\":\"1.0.0\"}";
    assert_int_equal(bench_ask(&bench), OTTER_NO_UPDATE);
}

static void answers_that_are_no_job_are_told_apart(void **state)
{
    static const struct {
        const char *answer;
        enum otter_result result;
    } rows[] = {
        { "HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", OTTER_ERR_NOT_FOUND },
        { "HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", OTTER_ERR_REFUSED },
        { "HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", OTTER_ERR_SERVER },
        { "HTTP/1.1 206 x\r\nContent-Length: 0\r\n\r\n", OTTER_ERR_PROTOCOL },
        { "HTTP/1.1 200 x\r\nContent-Length: 4\r\n\r\nhtml", OTTER_ERR_JOB_SYNTAX },
        { "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n", OTTER_ERR_JOB_SYNTAX },
        { "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
          OTTER_ERR_JOB_FIELD },
        { "MQTT\r\n\r\n", OTTER_ERR_PROTOCOL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)set_up(NULL);
        answer_head = rows[i].answer;
        assert_int_equal(bench_ask(&bench), rows[i].result);
    }
}

static bool sends_much(struct bench *at, const struct scripted_request *request)
{
    (void)request;
    scripted_server_print(&at->server, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n%1500s",
                          "");
    return true;
}

static void a_document_that_is_too_long_is_not_read_to_its_end(void **state)
{
    (void)state;
    bench.answer = sends_much;
    assert_int_equal(bench_ask(&bench), OTTER_ERR_JOB_TOO_BIG);
    assert_false(bench.server.is_open);
}

static void the_longest_document_fits(void **state)
{
    static char answer[1500];
    const size_t padding = OTTER_JOB_DOCUMENT_MAX - strlen(DOCUMENT);

    (void)state;
    (void)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n%*s%s",
                   OTTER_JOB_DOCUMENT_MAX, (int)padding, "", DOCUMENT);
    answer_head = answer;
    assert_int_equal(bench_ask(&bench), OTTER_OK);
}

int run_job_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_job_document_is_fetched, set_up),
        cmocka_unit_test_setup(job_image_and_report_share_one_connection, set_up),
        cmocka_unit_test_setup(a_report_is_posted_as_json, set_up),
        cmocka_unit_test_setup(a_report_alone_makes_its_own_connection, set_up),
        cmocka_unit_test_setup(a_report_that_nobody_takes_is_no_failure_of_the_connection, set_up),
        cmocka_unit_test_setup(a_question_on_a_connection_that_has_died_is_put_again, set_up),
        cmocka_unit_test_setup(a_server_that_only_hangs_up_is_not_asked_for_ever, set_up),
        cmocka_unit_test_setup(no_content_means_no_update, set_up),
        cmocka_unit_test_setup(a_document_of_the_running_version_means_no_update, set_up),
        cmocka_unit_test_setup(answers_that_are_no_job_are_told_apart, set_up),
        cmocka_unit_test_setup(a_document_that_is_too_long_is_not_read_to_its_end, set_up),
        cmocka_unit_test_setup(the_longest_document_fits, set_up),
    };

    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
