/* SPDX-License-Identifier: Apache-2.0 */

/* The TCP link against plain sockets of the test's own. */

#include "otter/posix_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 2000 /* tries, a millisecond apart */

static struct otter_posix_link tcp;
static struct otter_link tcp_link;
static struct otter_endpoint endpoint;
static int listener = -1;
static int peer = -1;

static void wait_a_millisecond(void)
{
    (void)poll(NULL, 0, 1);
}

static int start(void **state)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0
        || listen(listener, 1) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        return -1;
    }
    endpoint = (struct otter_endpoint){ .host = "127.0.0.1", .port = ntohs(address.sin_port) };
    tcp_link = otter_posix_link_init(&tcp);
    return 0;
}

static void hang_up(int *socket)
{
    if (*socket >= 0) {
        (void)close(*socket);
    }
    *socket = -1;
}

static int stop(void **state)
{
    (void)state;
    tcp_link.ops->close(tcp_link.port);
    hang_up(&peer);
    hang_up(&listener);
    return 0;
}

static enum otter_result progress_to_the_end(void)
{
    enum otter_result result = OTTER_AGAIN;

    for (int i = 0; i < PATIENCE && result == OTTER_AGAIN; i++) {
        result = tcp_link.ops->progress(tcp_link.port);
        wait_a_millisecond();
    }
    return result;
}

static void connect_both_ends(void)
{
    assert_int_equal(tcp_link.ops->open(tcp_link.port, &endpoint), OTTER_AGAIN);
    assert_int_equal(progress_to_the_end(), OTTER_OK);
    peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
}

/* Receive until something other than "nothing now" comes. */
static int receive_patiently(void *dst, size_t len)
{
    int received = 0;

    for (int i = 0; i < PATIENCE && received == 0; i++) {
        received = tcp_link.ops->receive(tcp_link.port, dst, len);
        wait_a_millisecond();
    }
    return received;
}

static void bytes_go_both_ways(void **state)
{
    char bytes[8] = { 0 };

    (void)state;
    connect_both_ends();
    assert_int_equal(tcp_link.ops->send(tcp_link.port, "ask", 3), 3);
    assert_int_equal(recv(peer, bytes, sizeof bytes, 0), 3);
    assert_memory_equal(bytes, "ask", 3);
    assert_int_equal(send(peer, "answer", 6, 0), 6);
    assert_int_equal(receive_patiently(bytes, sizeof bytes), 6);
    assert_memory_equal(bytes, "answer", 6);
    assert_string_equal(tcp_link.ops->explain(tcp_link.port), "");
    assert_false(tcp_link.ops->secure);
}

static void a_name_with_several_addresses_finds_the_one_that_listens(void **state)
{
    (void)state;
    endpoint.host = "localhost"; /* ::1 first where there is IPv6; nobody listens there */
    connect_both_ends();
}

static void nothing_to_receive_is_no_end(void **state)
{
    char byte;

    (void)state;
    connect_both_ends();
    assert_int_equal(tcp_link.ops->receive(tcp_link.port, &byte, 1), 0);
    assert_int_equal(tcp_link.ops->receive(tcp_link.port, &byte, 0), 0);
}

static void a_peer_that_does_not_read_slows_the_sender_down(void **state)
{
    static const char bytes[65536];
    int sent = 1;

    (void)state;
    connect_both_ends();
    for (int i = 0; i < PATIENCE && sent > 0; i++) {
        sent = tcp_link.ops->send(tcp_link.port, bytes, sizeof bytes);
    }
    assert_int_equal(sent, 0);
}

static void the_end_of_the_stream_is_told_from_a_reset(void **state)
{
    const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    char byte;

    (void)state;
    connect_both_ends();
    hang_up(&peer);
    assert_int_equal(receive_patiently(&byte, 1), OTTER_ERR_CLOSED);

    connect_both_ends();
    assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    hang_up(&peer);
    assert_int_equal(receive_patiently(&byte, 1), OTTER_ERR_LINK);
}

static void sending_to_a_peer_that_left_fails_without_a_signal(void **state)
{
    int sent = 1;

    (void)state;
    connect_both_ends();
    hang_up(&peer);
    for (int i = 0; i < PATIENCE && sent >= 0; i++) {
        sent = tcp_link.ops->send(tcp_link.port, "x", 1);
        wait_a_millisecond();
    }
    assert_true(sent == OTTER_ERR_CLOSED || sent == OTTER_ERR_LINK);
}

static void a_refused_connection_says_who_refused(void **state)
{
    (void)state;
    hang_up(&listener);
    enum otter_result result = tcp_link.ops->open(tcp_link.port, &endpoint);
    if (result == OTTER_AGAIN) {
        result = progress_to_the_end();
    }
    assert_int_equal(result, OTTER_ERR_HOST);
    assert_non_null(strstr(tcp_link.ops->explain(tcp_link.port), "127.0.0.1:"));
    assert_non_null(strstr(tcp_link.ops->explain(tcp_link.port), "refused"));
}

static void a_name_that_does_not_resolve_is_named(void **state)
{
    (void)state;
    endpoint.host = "no-such-host.invalid";
    assert_int_equal(tcp_link.ops->open(tcp_link.port, &endpoint), OTTER_ERR_HOST);
    assert_non_null(strstr(tcp_link.ops->explain(tcp_link.port), "no-such-host.invalid"));
}

static void a_closed_link_fails_and_opens_again(void **state)
{
    char byte;

    (void)state;
    assert_int_equal(tcp_link.ops->progress(tcp_link.port), OTTER_ERR_LINK);
    assert_int_equal(tcp_link.ops->send(tcp_link.port, "x", 1), OTTER_ERR_LINK);
    connect_both_ends();
    tcp_link.ops->close(tcp_link.port);
    tcp_link.ops->close(tcp_link.port);
    assert_int_equal(tcp_link.ops->receive(tcp_link.port, &byte, 1), OTTER_ERR_LINK);
    hang_up(&peer);
    connect_both_ends();
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(bytes_go_both_ways),
        LINK_TEST(a_name_with_several_addresses_finds_the_one_that_listens),
        LINK_TEST(nothing_to_receive_is_no_end),
        LINK_TEST(a_peer_that_does_not_read_slows_the_sender_down),
        LINK_TEST(the_end_of_the_stream_is_told_from_a_reset),
        LINK_TEST(sending_to_a_peer_that_left_fails_without_a_signal),
        LINK_TEST(a_refused_connection_says_who_refused),
        LINK_TEST(a_name_that_does_not_resolve_is_named),
        LINK_TEST(a_closed_link_fails_and_opens_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
