/* SPDX-License-Identifier: Apache-2.0 */

/* The client against a real Mosquitto over a real socket. */

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mosquitto_process.h"
#include "otter/mqtt.h"
#include "otter/posix_link.h"

#define PATIENCE_MS 5000u

/* One client with everything it needs. */
struct peer {
    struct otter_posix_link socket;
    struct otter_link link;
    struct otter_mqtt_config config;
    struct otter_mqtt mqtt;
    struct otter_mqtt_client client;
    struct otter_mqtt_session session;
    uint8_t send_buffer[70000];
    char topic_buffer[64];
};

static struct mosquitto_process broker;
static struct peer peers[2];

static uint32_t now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint32_t)((uint64_t)time.tv_sec * 1000u + (uint64_t)time.tv_nsec / 1000000u);
}

static void wait_for_bytes(struct peer *peer, uint32_t ms)
{
    struct pollfd handle = { .fd = peer->socket.socket, .events = POLLIN };

    (void)poll(&handle, 1, ms > 20 ? 20 : (int)ms);
}

static struct otter_mqtt_event next_event(struct peer *peer, uint32_t patience_ms)
{
    const uint32_t began_ms = now();
    struct otter_mqtt_event event;

    do {
        peer->client.ops->step(peer->client.self, now(), &event);
        if (event.kind == OTTER_MQTT_NOTHING) {
            wait_for_bytes(peer, event.wait_ms);
        }
    } while (event.kind == OTTER_MQTT_NOTHING && now() - began_ms < patience_ms);
    return event;
}

static struct otter_mqtt_event await(struct peer *peer)
{
    return next_event(peer, PATIENCE_MS);
}

static void prepare(struct peer *peer, const char *client_id, uint16_t port)
{
    memset(peer, 0, sizeof *peer);
    peer->link = otter_posix_link_init(&peer->socket);
    peer->config = (struct otter_mqtt_config){
        .link = &peer->link,
        .send_buffer = peer->send_buffer,
        .send_size = sizeof peer->send_buffer,
        .topic_buffer = peer->topic_buffer,
        .topic_size = sizeof peer->topic_buffer,
    };
    assert_int_equal(otter_mqtt_init(&peer->mqtt, &peer->config), OTTER_OK);
    peer->client = otter_mqtt_as_client(&peer->mqtt);
    peer->session = (struct otter_mqtt_session){
        .endpoint = { .host = "127.0.0.1", .port = port },
        .client_id = client_id,
        .keep_alive_s = 60,
        .timeout_ms = PATIENCE_MS,
    };
}

static void open_peer(struct peer *peer)
{
    assert_int_equal(peer->client.ops->open(peer->client.self, &peer->session, now()), OTTER_OK);
    assert_int_equal(await(peer).kind, OTTER_MQTT_CONNECTED);
}

static void subscribe(struct peer *peer, const char *filter)
{
    assert_true(peer->client.ops->subscribe(peer->client.self, filter) > 0);
    assert_int_equal(await(peer).kind, OTTER_MQTT_SUBSCRIBED);
}

static void publish(struct peer *peer, const char *topic, const void *payload, size_t len)
{
    const int packet = peer->client.ops->publish(peer->client.self, topic, payload, len);
    struct otter_mqtt_event event;

    assert_true(packet > 0);
    event = await(peer);
    assert_int_equal(event.kind, OTTER_MQTT_PUBLISHED);
    assert_int_equal(event.packet, packet);
}

static size_t read_payload(struct peer *peer, uint8_t *dst, size_t piece)
{
    const uint32_t began_ms = now();
    struct otter_mqtt_event event;
    size_t size = 0;

    while (peer->client.ops->unread(peer->client.self) > 0 && now() - began_ms < PATIENCE_MS) {
        const size_t received = peer->client.ops->read(peer->client.self, dst + size, piece);

        size += received;
        if (received == 0) {
            peer->client.ops->step(peer->client.self, now(), &event);
            assert_int_equal(event.kind, OTTER_MQTT_NOTHING);
            wait_for_bytes(peer, 20);
        }
    }
    return size;
}

static int start(void **state)
{
    (void)state;
    mosquitto_start(&broker);
    prepare(&peers[0], "device", broker.port);
    prepare(&peers[1], "publisher", broker.port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        peers[i].client.ops->close(peers[i].client.self);
    }
    if (broker.pid != 0) {
        mosquitto_kill(&broker);
    }
    return 0;
}

static void payloads_of_all_sizes_arrive_whole(void **state)
{
    static const size_t sizes[] = { 0, 1, 127, 128, 4128, 16384, 65536 };
    static uint8_t payload[65536];
    static uint8_t received[65536];

    (void)state;
    open_peer(&peers[0]);
    open_peer(&peers[1]);
    subscribe(&peers[0], "otter/+/test");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct otter_mqtt_event event;

        for (size_t at = 0; at < sizes[i]; at++) {
            payload[at] = (uint8_t)(at * 7 + i);
        }
        publish(&peers[1], "otter/board/test", payload, sizes[i]);
        event = await(&peers[0]);
        assert_int_equal(event.kind, OTTER_MQTT_MESSAGE);
        assert_string_equal(event.topic, "otter/board/test");
        assert_int_equal(event.payload_size, sizes[i]);
        assert_int_equal(read_payload(&peers[0], received, 1000), sizes[i]);
        assert_memory_equal(received, payload, sizes[i]);
    }
}

static void a_burst_waits_for_a_slow_reader(void **state)
{
    static uint8_t payload[4128];
    static uint8_t received[4128];

    (void)state;
    open_peer(&peers[0]);
    open_peer(&peers[1]);
    subscribe(&peers[0], "burst");
    for (uint8_t i = 0; i < 40; i++) {
        payload[0] = i;
        publish(&peers[1], "burst", payload, sizeof payload);
    }
    for (uint8_t i = 0; i < 40; i++) {
        assert_int_equal(await(&peers[0]).kind, OTTER_MQTT_MESSAGE);
        assert_int_equal(read_payload(&peers[0], received, 100), sizeof received);
        assert_int_equal(received[0], i);
    }
}

static void both_directions_work_at_once(void **state)
{
    int events[OTTER_MQTT_CLOSED + 1] = { 0 };
    uint8_t byte;

    (void)state;
    open_peer(&peers[0]);
    subscribe(&peers[0], "echo");
    for (int i = 0; i < OTTER_MQTT_OUTSTANDING; i++) {
        assert_true(peers[0].client.ops->publish(peers[0].client.self, "echo", "!", 1) > 0);
    }
    for (int i = 0; i < 2 * OTTER_MQTT_OUTSTANDING; i++) {
        events[await(&peers[0]).kind]++;
        (void)read_payload(&peers[0], &byte, 1);
    }
    assert_int_equal(events[OTTER_MQTT_MESSAGE], OTTER_MQTT_OUTSTANDING);
    assert_int_equal(events[OTTER_MQTT_PUBLISHED], OTTER_MQTT_OUTSTANDING);
}

static void a_retained_message_comes_with_the_subscription(void **state)
{
    char command[128];
    uint8_t text[8] = { 0 };

    (void)state;
    (void)snprintf(command, sizeof command, "mosquitto_pub -p %u -r -q 1 -t kept -m hello",
                   broker.port);
    assert_int_equal(system(command), 0);
    open_peer(&peers[0]);
    subscribe(&peers[0], "kept");
    assert_int_equal(await(&peers[0]).kind, OTTER_MQTT_MESSAGE);
    assert_int_equal(read_payload(&peers[0], text, sizeof text), 5);
    assert_string_equal((const char *)text, "hello");
}

static void a_session_outlives_its_keep_alive_time(void **state)
{
    (void)state;
    peers[0].session.keep_alive_s = 1; /* the broker gives up after one and a half */
    open_peer(&peers[0]);
    assert_int_equal(next_event(&peers[0], 3000).kind, OTTER_MQTT_NOTHING);
    subscribe(&peers[0], "still/here");
}

static void a_will_is_published_when_the_device_vanishes(void **state)
{
    uint8_t text[8] = { 0 };

    (void)state;
    peers[0].session.will_topic = "will";
    peers[0].session.will_message = "gone";
    open_peer(&peers[0]);
    open_peer(&peers[1]);
    subscribe(&peers[1], "will");
    peers[0].link.ops->close(peers[0].link.port);
    assert_int_equal(await(&peers[1]).kind, OTTER_MQTT_MESSAGE);
    assert_int_equal(read_payload(&peers[1], text, sizeof text), 4);
    assert_string_equal((const char *)text, "gone");
    prepare(&peers[0], "device", broker.port);
}

static void a_broker_killed_in_mid_message_ends_the_session(void **state)
{
    static uint8_t payload[65536];
    struct otter_mqtt_event event;

    (void)state;
    open_peer(&peers[0]);
    open_peer(&peers[1]);
    subscribe(&peers[0], "big");
    publish(&peers[1], "big", payload, sizeof payload);
    assert_int_equal(await(&peers[0]).kind, OTTER_MQTT_MESSAGE);
    assert_true(peers[0].client.ops->read(peers[0].client.self, payload, 100) > 0);
    mosquitto_kill(&broker);
    broker.pid = 0;
    for (int i = 0; i < 1000; i++) {
        if (peers[0].client.ops->read(peers[0].client.self, payload, sizeof payload) == 0) {
            event = next_event(&peers[0], 100);
            if (event.kind != OTTER_MQTT_NOTHING) {
                break;
            }
        }
    }
    /* What the kernel had still arrives; then there is the end, or the other peer sees it. */
    event = await(&peers[1]);
    assert_int_equal(event.kind, OTTER_MQTT_CLOSED);
    assert_true(event.result == OTTER_ERR_CLOSED || event.result == OTTER_ERR_LINK);
}

static void a_port_without_a_broker_is_reported(void **state)
{
    struct otter_mqtt_event event;

    (void)state;
    peers[0].session.endpoint.port = mosquitto_free_port();
    assert_int_equal(peers[0].client.ops->open(peers[0].client.self, &peers[0].session, now()),
                     OTTER_OK);
    event = await(&peers[0]);
    assert_int_equal(event.kind, OTTER_MQTT_CLOSED);
    assert_int_equal(event.result, OTTER_ERR_HOST);
    assert_string_not_equal(peers[0].client.ops->explain(peers[0].client.self), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(payloads_of_all_sizes_arrive_whole),
        TEST(a_burst_waits_for_a_slow_reader),
        TEST(both_directions_work_at_once),
        TEST(a_retained_message_comes_with_the_subscription),
        TEST(a_session_outlives_its_keep_alive_time),
        TEST(a_will_is_published_when_the_device_vanishes),
        TEST(a_broker_killed_in_mid_message_ends_the_session),
        TEST(a_port_without_a_broker_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
