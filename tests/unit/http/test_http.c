/* SPDX-License-Identifier: Apache-2.0 */

/* The client against a scripted server: every conversation cut at every byte, hostile answers,
 * refusals, silence. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "otter/http.h"
#include "scripted_server.h"

#define TIMEOUT_MS 5000u

static struct scripted_server server;
static struct otter_http http;
static struct otter_http_client client;
static uint8_t send_buffer[600];
static uint32_t now_ms;
static const char *answers[4]; /* to the first, the second ... request */

static const struct otter_http_config config = { &server.link, send_buffer, sizeof send_buffer };

static const struct otter_http_session session = {
    .endpoint = { .host = "server", .port = 8080 },
    .user_agent = "otter",
    .timeout_ms = TIMEOUT_MS,
};

static const struct otter_http_request get = { .path = "/file" };

static void answer_in_turn(void *context, struct scripted_server *to,
                           const struct scripted_request *request)
{
    (void)context;
    (void)request;
    if (to->requests <= 4 && answers[to->requests - 1] != NULL) {
        scripted_server_print(to, "%s", answers[to->requests - 1]);
    }
}

static int fresh_server(void **state)
{
    (void)state;
    scripted_server_init(&server);
    server.on_request = answer_in_turn;
    memset(answers, 0, sizeof answers);
    otter_http_init(&http, &config);
    client = otter_http_as_client(&http);
    now_ms = UINT32_MAX - 1000; /* the clock wraps in every test */
    return 0;
}

static struct otter_http_event step(void)
{
    struct otter_http_event event;

    client.ops->step(client.self, now_ms, &event);
    return event;
}

/* Step until something happens; a cut needs a few empty steps. */
static struct otter_http_event next_event(void)
{
    struct otter_http_event event = step();

    for (int i = 0; i < 1000 && event.kind == OTTER_HTTP_NOTHING; i++) {
        event = step();
    }
    return event;
}

static void open_session(void)
{
    assert_int_equal(client.ops->open(client.self, &session, now_ms), OTTER_OK);
}

static void ask(const struct otter_http_request *request)
{
    assert_int_equal(client.ops->request(client.self, request), 1);
}

/* Open a connection on which the first request is answered by @p answer. */
static void ask_for(const char *answer)
{
    answers[0] = answer;
    open_session();
    ask(&get);
}

static const struct otter_http_response *expect_response(unsigned status)
{
    const struct otter_http_event event = next_event();

    assert_int_equal(event.kind, OTTER_HTTP_RESPONSE);
    assert_int_equal(event.response->status, status);
    return event.response;
}

/* Read the whole body, a few bytes at a time, through any cut. */
static void expect_body(const char *body)
{
    char bytes[256] = "";
    size_t size = 0;
    struct otter_http_event event = { OTTER_HTTP_NOTHING, NULL, OTTER_OK };

    for (int i = 0; i < 2000 && event.kind == OTTER_HTTP_NOTHING; i++) {
        size += client.ops->read(client.self, bytes + size, 5);
        assert_true(size < sizeof bytes - 5);
        event = step();
    }
    assert_int_equal(event.kind, OTTER_HTTP_END);
    assert_string_equal(bytes, body);
}

static void expect_closed(enum otter_result result)
{
    const struct otter_http_event event = next_event();

    assert_int_equal(event.kind, OTTER_HTTP_CLOSED);
    assert_int_equal(event.result, result);
    assert_false(server.is_open);
    assert_int_equal(step().kind, OTTER_HTTP_NOTHING); /* it comes once */
}

/* Requests ------------------------------------------------------------------------------------ */

static void a_get_has_the_lines_of_the_specification(void **state)
{
    const struct otter_http_request range = {
        .path = "/a b", .has_range = true, .first = 4096, .last = 8191
    };

    (void)state;
    open_session();
    ask(&range);
    (void)step();
    (void)step();
    assert_string_equal(server.sent, "GET /a%20b HTTP/1.1\r\nHost: server:8080\r\n"
                                     "User-Agent: otter\r\nAccept-Encoding: identity\r\n"
                                     "Range: bytes=4096-8191\r\n\r\n");
}

static void a_post_carries_its_body(void **state)
{
    const struct otter_http_request post = { .path = "result", .body = "{}", .body_size = 2 };

    (void)state;
    open_session();
    ask(&post);
    (void)step();
    (void)step();
    assert_string_equal(server.sent,
                        "POST /result HTTP/1.1\r\nHost: server:8080\r\nUser-Agent: otter\r\n"
                        "Accept-Encoding: identity\r\nContent-Type: application/json\r\n"
                        "Content-Length: 2\r\n\r\n{}");
}

static void a_path_cannot_end_its_line(void **state)
{
    const struct otter_http_request evil = { .path = "/x HTTP/1.1\r\nEvil: 1\r\n\x7F\xC3\xA4#" };

    (void)state;
    open_session();
    ask(&evil);
    (void)step();
    (void)step();
    assert_int_equal(server.requests, 1);
    assert_non_null(
        strstr(server.sent, "GET /x%20HTTP/1.1%0d%0aEvil:%201%0d%0a%7f%c3%a4%23 HTTP/1.1\r\n"));
}

static void an_open_range_has_no_end(void **state)
{
    const struct otter_http_request rest = {
        .path = "/f", .has_range = true, .first = 7, .last = UINT32_MAX
    };

    (void)state;
    open_session();
    ask(&rest);
    (void)step();
    (void)step();
    assert_non_null(strstr(server.sent, "\r\nRange: bytes=7-\r\n"));
}

static void requests_wait_for_room_and_for_a_connection(void **state)
{
    static char long_path[700];
    const struct otter_http_request too_long = { .path = long_path };

    (void)state;
    memset(long_path, 'x', sizeof long_path - 1);
    assert_int_equal(client.ops->request(client.self, &get), OTTER_ERR_CLOSED);
    open_session();
    assert_int_equal(client.ops->request(client.self, &too_long), OTTER_ERR_NO_SPACE);
    for (int i = 0; i < OTTER_HTTP_OUTSTANDING; i++) {
        ask(&get);
    }
    assert_int_equal(client.ops->request(client.self, &get), 0);
}

static void a_link_that_takes_little_gets_everything_in_the_end(void **state)
{
    (void)state;
    server.send_limit = 3;
    ask_for("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    (void)expect_response(200);
    expect_body("hi");
}

/* Answers ------------------------------------------------------------------------------------- */

static const char full_answer[] = "HTTP/1.1 206 Partial Content\r\n"
                                  "Server: x\r\n"
                                  "content-length:  10 \r\n"
                                  "Content-Range: bytes 5-14/100\r\n"
                                  "ETag: \"abc\"\r\n"
                                  "Connection: Keep-Alive, x\r\n"
                                  "\r\n"
                                  "0123456789";

static void check_full_answer(const struct otter_http_response *response)
{
    assert_true(response->has_length);
    assert_int_equal(response->length, 10);
    assert_true(response->has_range);
    assert_int_equal(response->first, 5);
    assert_int_equal(response->last, 14);
    assert_true(response->has_total);
    assert_int_equal(response->total, 100);
    assert_string_equal(response->etag, "\"abc\"");
    assert_false(response->is_last);
}

static void every_field_of_an_answer_is_read(void **state)
{
    (void)state;
    ask_for(full_answer);
    check_full_answer(expect_response(206));
    expect_body("0123456789");
}

static const char chunked_answer[] = "HTTP/1.1 200 OK\r\n"
                                     "Transfer-Encoding: chunked\r\n"
                                     "\r\n"
                                     "5\r\nHello\r\n"
                                     "00a;name=value\r\n, chunked \r\n"
                                     "5\r\nworld\r\n"
                                     "0\r\nTrailer: x\r\n\r\n";

static void a_chunked_body_is_put_together(void **state)
{
    (void)state;
    ask_for(chunked_answer);
    assert_false(expect_response(200)->has_length);
    expect_body("Hello, chunked world");
}

/* The conversation of a test, with nothing arriving once at byte @p cut of the answers. */
static void converse_with_cut(const char *answer, size_t cut, size_t piece, const char *body)
{
    (void)fresh_server(NULL);
    server.cut = cut;
    server.piece = piece;
    answers[1] = answer;
    ask_for(answer);
    ask(&get);
    (void)expect_response(strncmp(answer, "HTTP/1.1 206", 12) == 0 ? 206 : 200);
    expect_body(body);
    (void)next_event();
    expect_body(body);
}

static void answers_may_be_cut_anywhere(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 2 * sizeof full_answer - 2; cut++) {
        converse_with_cut(full_answer, cut, 0, "0123456789");
    }
    for (size_t cut = 1; cut < 2 * sizeof chunked_answer - 2; cut++) {
        converse_with_cut(chunked_answer, cut, 1 + cut % 3, "Hello, chunked world");
    }
}

static void a_body_may_end_with_the_connection(void **state)
{
    (void)state;
    ask_for("HTTP/1.0 200 OK\r\n\r\nall that comes");
    assert_true(expect_response(200)->is_last);
    scripted_server_close(&server);
    expect_body("all that comes");
    expect_closed(OTTER_ERR_CLOSED);
}

static void a_connection_that_fails_does_not_end_a_body(void **state)
{
    (void)state;
    ask_for("HTTP/1.0 200 OK\r\n\r\nhalf");
    (void)expect_response(200);
    server.end_result = OTTER_ERR_LINK; /* a stream cut short under TLS looks like this */
    assert_int_equal(client.ops->read(client.self, (char[8]){ 0 }, 8), 4);
    assert_int_equal(client.ops->read(client.self, (char[8]){ 0 }, 8), 0);
    expect_closed(OTTER_ERR_LINK);
}

static void an_old_server_ends_the_connection_unless_it_says_otherwise(void **state)
{
    (void)state;
    ask_for("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_true(expect_response(200)->is_last);
    (void)fresh_server(NULL);
    ask_for("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
    assert_false(expect_response(200)->is_last);
}

static void behind_the_last_answer_the_connection_is_over(void **state)
{
    (void)state;
    ask_for("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
    ask(&get);
    assert_true(expect_response(200)->is_last);
    expect_body("x");
    expect_closed(OTTER_ERR_CLOSED);
}

static void notices_before_an_answer_are_passed_over(void **state)
{
    (void)state;
    ask_for("HTTP/1.1 100 Continue\r\nETag: \"no\"\r\n\r\n"
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 None\r\n\r\n");
    assert_string_equal(expect_response(204)->etag, "");
    expect_body("");
}

static void a_range_that_cannot_be_served_tells_the_size(void **state)
{
    const struct otter_http_response *response;

    (void)state;
    ask_for("HTTP/1.1 416 No\r\nContent-Range: bytes */77\r\nContent-Length: 0\r\n\r\n");
    response = expect_response(416);
    assert_false(response->has_range);
    assert_true(response->has_total);
    assert_int_equal(response->total, 77);
}

static void a_server_may_ask_for_patience_and_lead_elsewhere(void **state)
{
    const struct otter_http_response *response;

    (void)state;
    ask_for("HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");
    response = expect_response(503);
    assert_true(response->has_retry_after);
    assert_int_equal(response->retry_after_s, 120);
    assert_string_equal(response->location, "/x");
}

static void what_only_informs_may_be_malformed(void **state)
{
    const struct otter_http_response *response;

    (void)state;
    ask_for("HTTP/1.1 206 x\r\nContent-Range: bytes 9-5/100\r\n"
            "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n");
    response = expect_response(206);
    assert_false(response->has_range);
    assert_false(response->has_total);
    assert_false(response->has_retry_after);
}

static void a_text_that_does_not_fit_is_none(void **state)
{
    static char answer[1024];
    static char filler[600];

    (void)state;
    memset(filler, 'e', sizeof filler - 1);
    (void)snprintf(answer, sizeof answer,
                   "HTTP/1.1 200 OK\r\nETag: \"%.70s\"\r\nLocation: /%s\r\n"
                   "Content-Length: 0\r\n\r\n",
                   filler, filler);
    ask_for(answer);
    assert_string_equal(expect_response(200)->etag, "");
    assert_string_equal(http.parser.response.location, "");
}

/* Hostile answers ----------------------------------------------------------------------------- */

static void an_answer_that_could_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const bad[] = {
        "HTTP/2 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\n Content-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nLocation: /\x1B[2J\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\rContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct otter_http_event event;

        (void)fresh_server(NULL);
        ask_for(bad[i]);
        do {
            event = next_event();
        } while (event.kind == OTTER_HTTP_RESPONSE || event.kind == OTTER_HTTP_END);
        assert_int_equal(event.kind, OTTER_HTTP_CLOSED);
        assert_int_equal(event.result, OTTER_ERR_PROTOCOL);
        assert_true(strlen(client.ops->explain(client.self)) > 0);
    }
}

static void a_malformed_chunk_ends_the_connection(void **state)
{
    static const char *const bad[] = { "\r\n", "x\r\n", "100000000\r\n", "2\r\nabc\r\n", "-1\r\n" };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char bytes[16];
        struct otter_http_event event;

        (void)fresh_server(NULL);
        ask_for("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        (void)expect_response(200);
        scripted_server_print(&server, "%s", bad[i]);
        do {
            (void)client.ops->read(client.self, bytes, sizeof bytes);
            event = step();
        } while (event.kind == OTTER_HTTP_NOTHING);
        assert_int_equal(event.kind, OTTER_HTTP_CLOSED);
        assert_int_equal(event.result, OTTER_ERR_PROTOCOL);
    }
}

static void a_zero_byte_hides_nothing(void **state)
{
    static const char bad[] = "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n";

    (void)state;
    ask_for(NULL);
    (void)step();
    scripted_server_send(&server, bad, sizeof bad - 1);
    expect_closed(OTTER_ERR_PROTOCOL);
}

static void a_head_without_end_is_cut_off(void **state)
{
    (void)state;
    ask_for("HTTP/1.1 200 OK\r\n");
    (void)step();
    for (int i = 0; i < 3000; i++) {
        scripted_server_print(&server, "X-%d: y\r\n", i);
    }
    expect_closed(OTTER_ERR_PROTOCOL);
}

static void what_was_not_asked_is_not_heard(void **state)
{
    (void)state;
    open_session();
    (void)step();
    scripted_server_print(&server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect_closed(OTTER_ERR_PROTOCOL);
}

/* Endings ------------------------------------------------------------------------------------- */

static void a_body_cut_short_is_no_end(void **state)
{
    (void)state;
    ask_for("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    (void)expect_response(200);
    scripted_server_close(&server);
    assert_int_equal(client.ops->read(client.self, (char[16]){ 0 }, 16), 4);
    assert_int_equal(client.ops->read(client.self, (char[16]){ 0 }, 16), 0);
    expect_closed(OTTER_ERR_CLOSED);
    assert_non_null(strstr(client.ops->explain(client.self), "within an answer"));
}

static void a_server_that_hangs_up_while_idle_is_noticed(void **state)
{
    (void)state;
    open_session();
    (void)step();
    scripted_server_close(&server);
    expect_closed(OTTER_ERR_CLOSED);
}

static void a_link_that_cannot_open_says_why(void **state)
{
    (void)state;
    server.progress_result = OTTER_ERR_PEER_UNTRUSTED;
    open_session();
    expect_closed(OTTER_ERR_PEER_UNTRUSTED);
    assert_string_equal(client.ops->explain(client.self), "says the link");
    (void)fresh_server(NULL);
    server.open_result = OTTER_ERR_HOST;
    open_session();
    expect_closed(OTTER_ERR_HOST);
}

static void the_answer_is_read_although_sending_failed(void **state)
{
    (void)state;
    ask_for(NULL);
    server.send_fails = true;
    (void)step();
    scripted_server_print(&server, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    (void)expect_response(403);
}

static void silence_is_timed(void **state)
{
    (void)state;
    ask_for(NULL);
    (void)step();
    now_ms += TIMEOUT_MS - 1;
    assert_int_equal(step().kind, OTTER_HTTP_NOTHING);
    now_ms += 1;
    expect_closed(OTTER_ERR_TIMEOUT);
}

static void an_idle_connection_may_be_silent(void **state)
{
    (void)state;
    open_session();
    (void)step();
    now_ms += 100 * TIMEOUT_MS;
    assert_int_equal(step().kind, OTTER_HTTP_NOTHING);
    ask(&get);
    assert_int_equal(step().kind, OTTER_HTTP_NOTHING);
}

static void a_connection_that_does_not_come_about_is_timed(void **state)
{
    (void)state;
    server.progress_result = OTTER_AGAIN;
    open_session();
    now_ms += TIMEOUT_MS;
    expect_closed(OTTER_ERR_TIMEOUT);
}

/* A byte each second would keep a body going for days. */
static void a_trickle_is_as_bad_as_silence(void **state)
{
    char byte;
    struct otter_http_event event;

    (void)state;
    ask_for("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    (void)expect_response(200);
    for (uint32_t i = 0; i <= TIMEOUT_MS / 1000; i++) {
        scripted_server_send(&server, "x", 1);
        while (client.ops->read(client.self, &byte, 1) > 0) {
        }
        event = step();
        now_ms += 1000;
    }
    assert_int_equal(event.kind, OTTER_HTTP_CLOSED);
    assert_int_equal(event.result, OTTER_ERR_TIMEOUT);
}

static void a_slow_reader_is_not_the_servers_fault(void **state)
{
    (void)state;
    ask_for("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nslowly");
    (void)expect_response(200);
    for (int i = 0; i < 3; i++) {
        now_ms += 10 * TIMEOUT_MS;
        assert_int_equal(step().kind, OTTER_HTTP_NOTHING);
        assert_int_equal(client.ops->read(client.self, (char[2]){ 0 }, 2), 2);
    }
    assert_int_equal(next_event().kind, OTTER_HTTP_END);
}

static void close_is_harmless_at_any_time(void **state)
{
    (void)state;
    client.ops->close(client.self);
    open_session();
    client.ops->close(client.self);
    client.ops->close(client.self);
    assert_false(server.is_open);
    ask_for("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhal");
    (void)expect_response(200);
    client.ops->close(client.self);
    ask_for(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_get_has_the_lines_of_the_specification, fresh_server),
        cmocka_unit_test_setup(a_post_carries_its_body, fresh_server),
        cmocka_unit_test_setup(a_path_cannot_end_its_line, fresh_server),
        cmocka_unit_test_setup(an_open_range_has_no_end, fresh_server),
        cmocka_unit_test_setup(requests_wait_for_room_and_for_a_connection, fresh_server),
        cmocka_unit_test_setup(a_link_that_takes_little_gets_everything_in_the_end, fresh_server),
        cmocka_unit_test_setup(every_field_of_an_answer_is_read, fresh_server),
        cmocka_unit_test_setup(a_chunked_body_is_put_together, fresh_server),
        cmocka_unit_test(answers_may_be_cut_anywhere),
        cmocka_unit_test_setup(a_body_may_end_with_the_connection, fresh_server),
        cmocka_unit_test_setup(a_connection_that_fails_does_not_end_a_body, fresh_server),
        cmocka_unit_test_setup(an_old_server_ends_the_connection_unless_it_says_otherwise,
                               fresh_server),
        cmocka_unit_test_setup(behind_the_last_answer_the_connection_is_over, fresh_server),
        cmocka_unit_test_setup(notices_before_an_answer_are_passed_over, fresh_server),
        cmocka_unit_test_setup(a_range_that_cannot_be_served_tells_the_size, fresh_server),
        cmocka_unit_test_setup(a_server_may_ask_for_patience_and_lead_elsewhere, fresh_server),
        cmocka_unit_test_setup(what_only_informs_may_be_malformed, fresh_server),
        cmocka_unit_test_setup(a_text_that_does_not_fit_is_none, fresh_server),
        cmocka_unit_test(an_answer_that_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_malformed_chunk_ends_the_connection),
        cmocka_unit_test_setup(a_zero_byte_hides_nothing, fresh_server),
        cmocka_unit_test_setup(a_head_without_end_is_cut_off, fresh_server),
        cmocka_unit_test_setup(what_was_not_asked_is_not_heard, fresh_server),
        cmocka_unit_test_setup(a_body_cut_short_is_no_end, fresh_server),
        cmocka_unit_test_setup(a_server_that_hangs_up_while_idle_is_noticed, fresh_server),
        cmocka_unit_test_setup(a_link_that_cannot_open_says_why, fresh_server),
        cmocka_unit_test_setup(the_answer_is_read_although_sending_failed, fresh_server),
        cmocka_unit_test_setup(silence_is_timed, fresh_server),
        cmocka_unit_test_setup(an_idle_connection_may_be_silent, fresh_server),
        cmocka_unit_test_setup(a_connection_that_does_not_come_about_is_timed, fresh_server),
        cmocka_unit_test_setup(a_trickle_is_as_bad_as_silence, fresh_server),
        cmocka_unit_test_setup(a_slow_reader_is_not_the_servers_fault, fresh_server),
        cmocka_unit_test_setup(close_is_harmless_at_any_time, fresh_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
