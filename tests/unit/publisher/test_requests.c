/* SPDX-License-Identifier: Apache-2.0 */

/* What devices report, and what comes in that is no request. */

#include <stdio.h>
#include <string.h>

#include "suites.h"
#include "world.h"

/* --- results ------------------------------------------------------------------------------------ */

static void every_result_is_answered(void **state)
{
    (void)state;
    ask("Success", ",\"Stage\":\"confirmed\"");
    assert_string_equal(answer_text("Message"), "Result Received");
    assert_true(world.event.succeeded);
    ask("Failure", ",\"Stage\":\"failed\",\"Code\":\"-25\"");
    assert_string_equal(answer_text("Message"), "Result Received");
    assert_false(world.event.succeeded);
}

/* --- hostile messages --------------------------------------------------------------------------- */

#define BYTES(literal) (literal), sizeof(literal) - 1

static void bytes_that_are_no_request_are_problems(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *reason;
    } cases[] = {
        { BYTES(""), "it is empty" },
        { BYTES("\xFF\xFE"), "it is not UTF-8 text" },
        { BYTES("{\"Message\":\"\xC0\xAF\"}"), "it is not UTF-8 text" },
        { BYTES("{\"Message\":\"\xED\xA0\x80\"}"), "it is not UTF-8 text" },
        { BYTES("{\"Message\":\"\xE2\x82"), "it is not UTF-8 text" },
        { BYTES("{}\0"), "it is not UTF-8 text" },
        { BYTES("{"), "it is not a JSON object" },
        { BYTES("hello"), "it is not a JSON object" },
        { BYTES("[1]"), "it is not a JSON object" },
        { BYTES("{}"), "its Message is missing" },
        { BYTES("{\"Message\":7}"), "its Message is missing" },
        { BYTES("{\"Message\":\"Sing\"}"), "its Message is none of the protocol's" },
        { BYTES("{\"Message\":\"Success\"}"), "its UniqueTopicName is missing" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        receive_bytes(REQUESTS, cases[i].bytes, cases[i].len);
        assert_problem(cases[i].reason);
        assert_int_equal(world.sent_count, 0);
    }
}

static void a_request_that_is_too_long_is_a_problem(void **state)
{
    static char request[REQUEST_BYTES_MAX + 1];

    (void)state;
    memset(request, ' ', sizeof request);
    receive_bytes(REQUESTS, request, sizeof request);
    assert_problem("it is too long for a request");
}

static void nothing_is_sent_to_topics_outside_the_board(void **state)
{
    static const char *const topics[] = {
        "acme/kit/#",
        "acme/+/x",
        "acme/other/x",
        "acme/kit",
        "acme/kit/publish_notify",
        "acme/kitchen/x",
        "$SYS/broker",
        "",
        "acme/kit/OTAImage",
    };
    char request[256];

    (void)state;
    release("1.1.0", "");
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        (void)snprintf(request, sizeof request,
                       "{\"Message\":\"Update Availability\",\"UniqueTopicName\":\"%s\"}",
                       topics[i]);
        receive(request);
        assert_int_equal(world.event.kind, PUBLISHER_PROBLEM);
        assert_int_equal(world.sent_count, 0);
    }
}

static void a_request_on_a_foreign_topic_is_a_problem(void **state)
{
    (void)state;
    receive_bytes("acme/kit/other", "{}", 2);
    assert_problem("it came on a topic that is not asked for");
    receive_bytes("acme//publish_notify", "{}", 2);
    assert_problem("it came on a topic that is not asked for");
    receive_bytes("acmes/kit/publish_notify", "{}", 2);
    assert_problem("it came on a topic that is not asked for");
}

static void texts_of_devices_cannot_steer_a_terminal(void **state)
{
    struct request request;
    static const char text[] = "{\"Message\":\"Failure\",\"Reason\":\"a\\u001b[2Jb\\nc\"}";

    (void)state;
    assert_null(request_parse(text, strlen(text), &request));
    assert_string_equal(request.reason, "a?[2Jb?c");
}

static void a_code_without_words_is_known_by_its_number(void **state)
{
    static const struct {
        const char *keys;
        const char *reason;
    } cases[] = {
        { "\"Code\":\"-4\"", "the flash refused an operation" },
        { "\"Code\":\"-4\",\"Reason\":\"worn\"", "worn" },
        { "\"Code\":\"-4x\"", "" },
        { "\"Code\":\"\"", "" },
        { "\"Code\":\"4\"", "" },
        { "\"Code\":\"-99999999999999999999\"", "" },
    };
    char text[128];
    struct request request;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int len = snprintf(text, sizeof text, "{\"Message\":\"Failure\",%s}", cases[i].keys);

        assert_null(request_parse(text, (size_t)len, &request));
        assert_string_equal(request.reason, cases[i].reason);
    }
}

static void a_long_text_is_cut_between_characters(void **state)
{
    struct request request;
    char text[200];

    (void)state;
    (void)snprintf(text, sizeof text, "{\"Stage\":\"123456789012345\xC3\xA4\"}");
    assert_null(request_parse(text, strlen(text), &request));
    assert_string_equal(request.stage, "123456789012345");
}

static void more_devices_than_rows_push_out_the_longest_silent(void **state)
{
    char request[256];

    (void)state;
    release("1.1.0", "");
    for (int i = 0; i < SESSION_COUNT + 10; i++) {
        (void)snprintf(
            request, sizeof request,
            "{\"Message\":\"Update Availability\",\"UniqueTopicName\":\"acme/kit/u/%d\"}", i);
        receive(request);
        assert_int_equal(world.event.kind, PUBLISHER_OFFERED);
    }
    assert_null(session_find(&world.publisher.sessions, "acme/kit/u/0"));
    assert_non_null(session_find(&world.publisher.sessions, "acme/kit/u/10"));
}

int run_request_tests(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_result_is_answered),
        CASE(bytes_that_are_no_request_are_problems),
        CASE(a_request_that_is_too_long_is_a_problem),
        CASE(nothing_is_sent_to_topics_outside_the_board),
        CASE(a_request_on_a_foreign_topic_is_a_problem),
        CASE(texts_of_devices_cannot_steer_a_terminal),
        CASE(a_code_without_words_is_known_by_its_number),
        CASE(a_long_text_is_cut_between_characters),
        CASE(more_devices_than_rows_push_out_the_longest_silent),
    };

    return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
