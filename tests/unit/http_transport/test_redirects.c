/* SPDX-License-Identifier: Apache-2.0 */

/* Redirects: followed where the configuration allows it, and nowhere else. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static struct bench bench;
static const char *location;

/* Redirect the first requests, and serve the image from wherever they lead. */
static bool redirects(struct bench *at, const struct scripted_request *request)
{
    (void)request;
    if (at->oddities == 0) {
        return false;
    }
    at->oddities--;
    scripted_server_print(&at->server,
                          "HTTP/1.1 302 x\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location);
    return true;
}

static int set_up(void **state)
{
    static const char *const allowed[] = { "mirror", "other:8080", NULL };

    (void)state;
    bench_set_up(&bench);
    bench.config.allowed_servers = allowed;
    bench.answer = redirects;
    bench.oddities = 1;
    (void)strcpy(bench.job.file, "/files/image.bin");
    return 0;
}

static void expect_at(const char *where, const char *host, unsigned port, const char *request)
{
    (void)set_up(NULL);
    location = where;
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_string_equal(bench.server.host, host);
    assert_int_equal(bench.server.endpoint.port, port);
    assert_non_null(strstr(bench.server.sent, request));
    assert_int_equal(bench.server.opened, 2); /* all ranges go there at once */
}

static void a_redirect_is_followed_in_every_form(void **state)
{
    (void)state;
    expect_at("/moved.bin", "home", 80, "GET /moved.bin HTTP/1.1\r\n");
    expect_at("moved.bin?key=1", "home", 80, "GET /files/moved.bin?key=1 HTTP/1.1\r\n");
    expect_at("http://mirror/a.bin", "mirror", 80, "GET /a.bin HTTP/1.1\r\nHost: mirror\r\n");
    expect_at("HTTP://mirror:81/a", "mirror", 81, "GET /a HTTP/1.1\r\nHost: mirror:81\r\n");
    expect_at("//other:8080?q#part", "other", 8080, "GET /?q HTTP/1.1\r\nHost: other:8080\r\n");
    expect_at("http://home/b", "home", 80, "GET /b HTTP/1.1\r\n");
}

static void expect_refused(const char *where)
{
    (void)set_up(NULL);
    location = where;
    bench.oddities = 100;
    assert_int_equal(bench_fetch(&bench), OTTER_ERR_JOB_REDIRECT);
    assert_true(strlen(bench.data.ops->explain(bench.data.self)) > 0);
    assert_false(bench.server.is_open);
}

static void a_redirect_elsewhere_is_refused(void **state)
{
    static const char *const refused[] = {
        "http://stranger/image.bin",
        "http://other/image.bin",
        "http://mirror@stranger/image.bin",
        "http://mirror:80@stranger/",
        "http://mirror:0/",
        "http://mirror:65536/",
        "http://mirror:80a/",
        "http://mirror:/:",
        "http:///image.bin",
        "http://[::1/",
        "http://[mirror]x/",
        "ftp://mirror/image.bin",
        "",
        "https://mirror/image.bin",
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        expect_refused(refused[i]);
        assert_true(bench.server.opened == 1 || strcmp(bench.server.host, "mirror") == 0);
    }
}

static void a_redirect_never_leads_from_tls_into_the_clear(void **state)
{
    (void)state;
    location = "http://home/image.bin";
    bench.client.secure = true;
    assert_int_equal(bench_fetch(&bench), OTTER_ERR_JOB_REDIRECT);
    assert_non_null(strstr(bench.data.ops->explain(bench.data.self), "from TLS into the clear"));
    assert_int_equal(bench.server.opened, 1);
}

static void a_circle_is_left(void **state)
{
    (void)state;
    expect_refused("/files/image.bin");
    assert_non_null(strstr(bench.data.ops->explain(bench.data.self), "again and again"));
    assert_int_equal(bench.server.requests, 6);
}

static void at_another_server_its_own_name_must_be_proved(void **state)
{
    (void)state;
    bench.config.session.endpoint.server_name = "home.example";
    location = "http://mirror/x";
    assert_int_equal(bench_fetch(&bench), OTTER_OK);
    assert_string_equal(bench.server.server_name, "");
    assert_int_equal(bench_report(&bench), OTTER_OK);
    assert_string_equal(bench.server.server_name, "home.example");
}

static void a_job_document_may_lie_elsewhere(void **state)
{
    (void)state;
    location = "http://mirror/jobs/board.json";
    (void)bench_ask(&bench);
    assert_string_equal(bench.server.host, "mirror");
    assert_non_null(strstr(bench.server.sent, "GET /jobs/board.json HTTP/1.1\r\n"));
}

int run_redirect_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redirect_is_followed_in_every_form),
        cmocka_unit_test(a_redirect_elsewhere_is_refused),
        cmocka_unit_test_setup(a_redirect_never_leads_from_tls_into_the_clear, set_up),
        cmocka_unit_test_setup(a_circle_is_left, set_up),
        cmocka_unit_test_setup(at_another_server_its_own_name_must_be_proved, set_up),
        cmocka_unit_test_setup(a_job_document_may_lie_elsewhere, set_up),
    };

    return cmocka_run_group_tests_name("redirects", tests, NULL, NULL);
}
