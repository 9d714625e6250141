/* SPDX-License-Identifier: Apache-2.0 */

/* The client against a scripted broker: every conversation cut at every byte, hostile packets,
 * refusals, silence. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "otter/mqtt.h"
#include "scripted_broker.h"

#define TIMEOUT_MS 5000u

static struct scripted_broker broker;
static struct otter_mqtt mqtt;
static struct otter_mqtt_client client;
static uint8_t send_buffer[256];
static char topic_buffer[16];
static uint32_t now_ms;

static const struct otter_mqtt_config config = {
    .link = &broker.link,
    .send_buffer = send_buffer,
    .send_size = sizeof send_buffer,
    .topic_buffer = topic_buffer,
    .topic_size = sizeof topic_buffer,
};

static const struct otter_mqtt_session session = {
    .endpoint = { .host = "broker", .port = 1883 },
    .client_id = "otter",
    .keep_alive_s = 60,
    .timeout_ms = TIMEOUT_MS,
};

static int fresh_broker(void **state)
{
    (void)state;
    scripted_broker_init(&broker);
    assert_int_equal(otter_mqtt_init(&mqtt, &config), OTTER_OK);
    client = otter_mqtt_as_client(&mqtt);
    now_ms = UINT32_MAX - 1000; /* the clock wraps in every test */
    return 0;
}

static struct otter_mqtt_event step(void)
{
    struct otter_mqtt_event event;

    client.ops->step(client.self, now_ms, &event);
    return event;
}

/* Step until something happens; a cut needs a few empty steps. */
static struct otter_mqtt_event next_event(void)
{
    struct otter_mqtt_event event = step();

    for (int i = 0; i < 1000 && event.kind == OTTER_MQTT_NOTHING; i++) {
        event = step();
    }
    return event;
}

static void open_session(const struct otter_mqtt_session *with)
{
    assert_int_equal(client.ops->open(client.self, with, now_ms), OTTER_OK);
}

static void connect_client(void)
{
    open_session(&session);
    assert_int_equal(next_event().kind, OTTER_MQTT_CONNECTED);
}

static void expect_closed(enum otter_result result)
{
    const struct otter_mqtt_event event = next_event();

    assert_int_equal(event.kind, OTTER_MQTT_CLOSED);
    assert_int_equal(event.result, result);
    assert_false(broker.is_open);
    assert_int_equal(step().kind, OTTER_MQTT_NOTHING); /* it comes once */
}

/* Read the whole payload, @p piece bytes at a time, through any cut. */
static size_t read_payload(uint8_t *dst, size_t piece)
{
    size_t size = 0;

    for (int i = 0; i < 1000 && client.ops->unread(client.self) > 0; i++) {
        size += client.ops->read(client.self, dst + size, piece);
    }
    return size;
}

static void expect_message(const char *topic, const char *payload)
{
    const struct otter_mqtt_event event = next_event();
    uint8_t bytes[64] = { 0 };

    assert_int_equal(event.kind, OTTER_MQTT_MESSAGE);
    assert_string_equal(event.topic, topic);
    assert_int_equal(event.payload_size, strlen(payload));
    assert_int_equal(read_payload(bytes, 5), strlen(payload));
    assert_string_equal((const char *)bytes, payload);
}

static void the_connect_packet_has_every_field_of_the_specification(void **state)
{
    static const struct otter_mqtt_session full = {
        .client_id = "id",
        .user_name = "u",
        .password = "pw",
        .keep_alive_s = 0x0102,
        .will_topic = "w/t",
        .will_message = "gone",
        .timeout_ms = TIMEOUT_MS,
    };
    static const uint8_t expected[] = { 0x10, 0x20, 0,   4,   'M', 'Q', 'T', 'T', 4,   0xCE, 1, 2,
                                        0,    2,    'i', 'd', 0,   3,   'w', '/', 't', 0,    4, 'g',
                                        'o',  'n',  'e', 0,   1,   'u', 0,   2,   'p', 'w' };

    (void)state;
    open_session(&full);
    assert_int_equal(next_event().kind, OTTER_MQTT_CONNECTED);
    assert_int_equal(broker.sent_size, sizeof expected);
    assert_memory_equal(broker.sent, expected, sizeof expected);
}

static void a_kept_session_is_not_clean(void **state)
{
    struct otter_mqtt_session kept = session;

    (void)state;
    kept.keep_session = true;
    open_session(&kept);
    (void)next_event();
    assert_int_equal(broker.sent[9], 0);
}

static void what_mqtt_cannot_carry_is_refused_before_connecting(void **state)
{
    struct otter_mqtt_session bad = session;
    char long_id[sizeof send_buffer + 1];

    (void)state;
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    bad.client_id = long_id;
    assert_int_equal(client.ops->open(client.self, &bad, 0), OTTER_ERR_ARGUMENT);
    bad = session;
    bad.password = "without a user name";
    assert_int_equal(client.ops->open(client.self, &bad, 0), OTTER_ERR_ARGUMENT);
    assert_false(broker.is_open);
}

/* Connect, subscribe, publish, and receive three messages. What is sent must not depend on how the
 * bytes arrive. */
static void converse(void)
{
    connect_client();
    assert_true(client.ops->subscribe(client.self, "t/#") > 0);
    assert_int_equal(next_event().kind, OTTER_MQTT_SUBSCRIBED);
    scripted_broker_publish(&broker, "t/one", 1, 7, "first payload", 13);
    scripted_broker_publish(&broker, "t/two", 0, 0, "second", 6);
    scripted_broker_publish(&broker, "t/a topic that is too long", 1, 8, "third", 5);
    scripted_broker_publish(&broker, "t/four", 1, 9, "", 0);
    expect_message("t/one", "first payload");
    expect_message("t/two", "second");
    expect_message("t/four", "");
    assert_true(client.ops->publish(client.self, "t/up", "hello", 5) > 0);
    assert_int_equal(next_event().kind, OTTER_MQTT_PUBLISHED);
    client.ops->close(client.self);
}

static void a_conversation_cut_at_any_two_bytes_goes_on(void **state)
{
    static uint8_t sent[256];
    size_t stream_size, sent_size;

    converse();
    stream_size = broker.stream_size;
    sent_size = broker.sent_size;
    assert_true(sent_size <= sizeof sent);
    memcpy(sent, broker.sent, sent_size);
    assert_int_equal(broker.counts[4], 3); /* PUBACKs, one for the message that was skipped */
    assert_int_equal(broker.counts[14], 1);

    for (size_t first = 0; first < stream_size; first++) {
        for (size_t second = first + 1; second <= stream_size; second++) {
            (void)fresh_broker(state);
            broker.cuts[0] = first;
            broker.cuts[1] = second;
            converse();
            assert_int_equal(broker.sent_size, sent_size);
            assert_memory_equal(broker.sent, sent, sent_size);
        }
    }
}

static void a_link_that_takes_a_byte_at_a_time_gets_every_byte(void **state)
{
    (void)state;
    broker.send_limit = 1;
    connect_client();
    assert_true(client.ops->subscribe(client.self, "t/#") > 0);
    assert_int_equal(next_event().kind, OTTER_MQTT_SUBSCRIBED);
    assert_true(client.ops->publish(client.self, "t", "hello", 5) > 0);
    assert_int_equal(next_event().kind, OTTER_MQTT_PUBLISHED);
}

static void a_busy_link_is_looked_at_again_soon(void **state)
{
    (void)state;
    connect_client();
    broker.send_limit = 1;
    assert_true(client.ops->publish(client.self, "t", "hello", 5) > 0);
    assert_in_range(step().wait_ms, 0, 10);
}

static void malformed_packets_end_the_session(void **state)
{
    static const struct {
        uint8_t bytes[12];
        size_t size;
    } packets[] = {
        { { 0x00, 0x00 }, 2 },                            /* type 0 */
        { { 0x10, 0x00 }, 2 },                            /* CONNECT from a broker */
        { { 0x80, 0x02, 0, 1 }, 4 },                      /* SUBSCRIBE from a broker */
        { { 0xF0, 0x00 }, 2 },                            /* type 15 */
        { { 0x20, 0x02, 0, 0 }, 4 },                      /* CONNACK again */
        { { 0xD1, 0x00 }, 2 },                            /* PINGRESP with flags */
        { { 0xD0, 0x01, 0 }, 3 },                         /* PINGRESP with a body */
        { { 0x40, 0x03, 0, 1, 0 }, 5 },                   /* PUBACK that is too long */
        { { 0x40, 0x01, 0 }, 3 },                         /* PUBACK that is too short */
        { { 0x40, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 }, 6 },    /* length of five bytes */
        { { 0x30, 0xFF, 0xFF, 0xFF, 0x80 }, 5 },          /* length without an end */
        { { 0x34, 0x07, 0, 1, 't', 0, 1, 'x', 'y' }, 9 }, /* QoS 2 */
        { { 0x36, 0x07, 0, 1, 't', 0, 1, 'x', 'y' }, 9 }, /* QoS 3 */
        { { 0x30, 0x01, 0 }, 3 },                         /* no room for a topic */
        { { 0x30, 0x02, 0, 0 }, 4 },                      /* empty topic */
        { { 0x30, 0x03, 0, 2, 't' }, 5 },                 /* topic exceeds the packet */
        { { 0x30, 0x03, 0xFF, 0xFF, 't' }, 5 },           /* by far */
        { { 0x32, 0x04, 0, 1, 't', 0 }, 6 },              /* identifier exceeds the packet */
        { { 0x32, 0x05, 0, 1, 't', 0, 0 }, 7 },           /* identifier 0 */
        { { 0x30, 0x05, 0, 3, 'a', 0, 'b' }, 7 },         /* NUL in the topic */
        { { 0x30, 0x05, 0, 3, 'a', '/', '#' }, 7 },       /* a wildcard */
    };

    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        (void)fresh_broker(state);
        connect_client();
        scripted_broker_send(&broker, packets[i].bytes, packets[i].size);
        expect_closed(OTTER_ERR_PROTOCOL);
        assert_string_not_equal(client.ops->explain(client.self), "");
    }
}

static void refusals_are_explained(void **state)
{
    static const struct {
        uint8_t code;
        enum otter_result result;
        const char *why;
    } refusals[] = {
        { 1, OTTER_ERR_REFUSED, "the broker does not speak MQTT 3.1.1" },
        { 2, OTTER_ERR_REFUSED, "the broker refused the client id" },
        { 3, OTTER_ERR_REFUSED, "the broker is not available" },
        { 4, OTTER_ERR_REFUSED, "the broker refused the user name or password" },
        { 5, OTTER_ERR_REFUSED, "the broker says that this device is not authorized" },
        { 6, OTTER_ERR_PROTOCOL, "the broker's CONNACK is malformed or out of place" },
    };

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        (void)fresh_broker(state);
        broker.connack[1] = refusals[i].code;
        open_session(&session);
        expect_closed(refusals[i].result);
        assert_string_equal(client.ops->explain(client.self), refusals[i].why);
    }
}

static void a_broker_must_begin_with_connack(void **state)
{
    (void)state;
    broker.is_silent = true;
    open_session(&session);
    (void)step();
    scripted_broker_publish(&broker, "t", 0, 0, "x", 1);
    expect_closed(OTTER_ERR_PROTOCOL);
}

static void a_refused_subscription_ends_the_session(void **state)
{
    (void)state;
    connect_client();
    broker.suback_code = 0x80;
    (void)client.ops->subscribe(client.self, "secret");
    expect_closed(OTTER_ERR_REFUSED);
    assert_string_equal(client.ops->explain(client.self), "the broker refused the subscription");
}

static void link_failures_are_passed_on(void **state)
{
    (void)state;
    broker.open_result = OTTER_ERR_HOST;
    open_session(&session);
    expect_closed(OTTER_ERR_HOST);
    assert_string_equal(client.ops->explain(client.self), "said the link");

    (void)fresh_broker(state);
    broker.progress_result = OTTER_ERR_PEER_UNTRUSTED;
    open_session(&session);
    expect_closed(OTTER_ERR_PEER_UNTRUSTED);

    (void)fresh_broker(state);
    connect_client();
    broker.send_fails = true;
    (void)client.ops->publish(client.self, "t", "x", 1);
    expect_closed(OTTER_ERR_LINK);
}

static void a_message_before_the_end_of_the_link_is_still_delivered(void **state)
{
    (void)state;
    connect_client();
    scripted_broker_publish(&broker, "t", 0, 0, "last words", 10);
    broker.end_result = OTTER_ERR_CLOSED;
    expect_message("t", "last words");
    expect_closed(OTTER_ERR_CLOSED);
}

static void a_link_lost_in_a_message_ends_the_session(void **state)
{
    uint8_t bytes[64];

    (void)state;
    connect_client();
    scripted_broker_publish(&broker, "t", 1, 3, "0123456789", 10);
    broker.stream_size -= 4;
    broker.end_result = OTTER_ERR_LINK;
    assert_int_equal(next_event().kind, OTTER_MQTT_MESSAGE);
    assert_int_equal(client.ops->read(client.self, bytes, sizeof bytes), 6);
    assert_int_equal(client.ops->unread(client.self), 4);
    assert_int_equal(client.ops->read(client.self, bytes, sizeof bytes), 0);
    expect_closed(OTTER_ERR_LINK);
    assert_int_equal(broker.counts[4], 0);
}

static void silence_ends_the_session(void **state)
{
    (void)state;
    broker.progress_result = OTTER_AGAIN; /* no connection */
    open_session(&session);
    assert_in_range(step().wait_ms, 1, TIMEOUT_MS);
    now_ms += TIMEOUT_MS;
    expect_closed(OTTER_ERR_TIMEOUT);

    (void)fresh_broker(state);
    broker.is_silent = true; /* no CONNACK */
    open_session(&session);
    (void)step();
    now_ms += TIMEOUT_MS - 1;
    assert_int_equal(step().kind, OTTER_MQTT_NOTHING);
    now_ms += 1;
    expect_closed(OTTER_ERR_TIMEOUT);

    (void)fresh_broker(state);
    connect_client();
    broker.is_silent = true; /* no PUBACK */
    (void)client.ops->publish(client.self, "t", "x", 1);
    assert_in_range(step().wait_ms, 1, TIMEOUT_MS);
    now_ms += TIMEOUT_MS;
    expect_closed(OTTER_ERR_TIMEOUT);

    (void)fresh_broker(state);
    connect_client();
    scripted_broker_send(&broker, "\x30\x05", 2); /* no rest of a packet */
    (void)step();
    now_ms += TIMEOUT_MS;
    expect_closed(OTTER_ERR_TIMEOUT);
}

static void an_idle_session_is_kept_alive(void **state)
{
    (void)state;
    connect_client();
    now_ms += 29000;
    assert_in_range(step().wait_ms, 1, 1000);
    now_ms += 1000;
    (void)next_event();
    assert_int_equal(broker.counts[12], 1);

    broker.is_silent = true;
    now_ms += 30000;
    assert_int_equal(step().kind, OTTER_MQTT_NOTHING);
    now_ms += TIMEOUT_MS;
    expect_closed(OTTER_ERR_TIMEOUT);
    assert_string_equal(client.ops->explain(client.self), "the broker did not answer a ping");
}

static void a_slow_reader_is_not_the_brokers_fault(void **state)
{
    uint8_t bytes[64];

    (void)state;
    connect_client();
    scripted_broker_publish(&broker, "t", 1, 3, "0123456789", 10);
    assert_true(client.ops->publish(client.self, "t", "x", 1) > 0);
    assert_int_equal(next_event().kind, OTTER_MQTT_MESSAGE);
    (void)step(); /* the PUBACK now waits behind the payload */
    for (int i = 0; i < 10; i++) {
        now_ms += TIMEOUT_MS;
        assert_int_equal(step().kind, OTTER_MQTT_NOTHING);
    }
    assert_true(broker.counts[12] > 0); /* pings still flow */
    assert_int_equal(client.ops->read(client.self, bytes, sizeof bytes), 10);
    assert_int_equal(next_event().kind, OTTER_MQTT_PUBLISHED);
}

static void a_message_is_acknowledged_after_its_last_byte(void **state)
{
    uint8_t bytes[64];

    (void)state;
    connect_client();
    scripted_broker_publish(&broker, "t", 1, 0x0304, "0123456789", 10);
    assert_int_equal(next_event().kind, OTTER_MQTT_MESSAGE);
    assert_int_equal(client.ops->read(client.self, bytes, 9), 9);
    (void)step();
    assert_int_equal(broker.counts[4], 0);
    assert_int_equal(client.ops->read(client.self, bytes, 9), 1);
    (void)step();
    assert_int_equal(broker.counts[4], 1);
    assert_memory_equal(broker.sent + broker.sent_size - 4, "\x40\x02\x03\x04", 4);
}

static void duplicates_of_messages_and_answers_are_harmless(void **state)
{
    (void)state;
    connect_client();
    scripted_broker_send(&broker, "\x40\x02\x00\x63", 4);
    scripted_broker_send(&broker, "\x3A\x06\x00\x01t\x00\x05x", 8); /* DUP is set */
    expect_message("t", "x");
    (void)step();
    assert_int_equal(broker.counts[4], 1);
}

static void requests_wait_when_there_is_no_room(void **state)
{
    const uint8_t big[sizeof send_buffer] = { 0 };

    (void)state;
    assert_int_equal(client.ops->publish(client.self, "t", "x", 1), OTTER_ERR_CLOSED);
    open_session(&session);
    assert_int_equal(client.ops->publish(client.self, "t", "x", 1), 0);
    assert_int_equal(next_event().kind, OTTER_MQTT_CONNECTED);
    assert_int_equal(client.ops->publish(client.self, "t", big, sizeof big), OTTER_ERR_NO_SPACE);
    broker.send_limit = 1;
    assert_true(client.ops->publish(client.self, "t", big, 200) > 0);
    assert_int_equal(client.ops->publish(client.self, "t", big, 200), 0);
    broker.send_limit = 0;
    assert_int_equal(next_event().kind, OTTER_MQTT_PUBLISHED);

    broker.is_silent = true;
    for (int i = 0; i < OTTER_MQTT_OUTSTANDING; i++) {
        assert_true(client.ops->publish(client.self, "t", "x", 1) > 0);
    }
    assert_int_equal(client.ops->publish(client.self, "t", "x", 1), 0);
    assert_int_equal(client.ops->subscribe(client.self, "t"), 0);
}

static void a_request_leaves_without_another_step(void **state)
{
    size_t sent;

    (void)state;
    connect_client();
    sent = broker.sent_size;
    assert_true(client.ops->publish(client.self, "t", "x", 1) > 0);
    assert_true(broker.sent_size > sent);
    assert_int_equal(next_event().kind, OTTER_MQTT_PUBLISHED);
}

static void packet_identifiers_wrap_past_zero_and_those_in_use(void **state)
{
    int first;

    (void)state;
    connect_client();
    first = client.ops->publish(client.self, "t", "x", 1);
    assert_int_equal(next_event().kind, OTTER_MQTT_PUBLISHED);
    for (int expected = first + 1; expected <= 0xFFFF + 1; expected++) {
        broker.sent_size = broker.parsed = 0; /* the room of the script is finite */
        broker.stream_size = broker.delivered = 0;
        assert_int_equal(client.ops->publish(client.self, "t", "x", 1),
                         expected == 0x10000 ? 1 : expected);
        assert_int_equal(next_event().kind, OTTER_MQTT_PUBLISHED);
    }
}

static void a_flood_does_not_hold_a_step(void **state)
{
    (void)state;
    connect_client();
    for (int i = 0; i < 40; i++) {
        scripted_broker_send(&broker, "\xD0\x00", 2);
    }
    assert_int_equal(step().wait_ms, 0);
    assert_true(broker.delivered < broker.stream_size);
}

static void closing_says_goodbye_behind_whole_packets(void **state)
{
    (void)state;
    connect_client();
    broker.send_limit = 3;
    (void)client.ops->publish(client.self, "t", "hello", 5);
    (void)step();
    broker.send_limit = 0;
    client.ops->close(client.self);
    client.ops->close(client.self);
    assert_int_equal(broker.counts[3], 1);
    assert_int_equal(broker.counts[14], 1);
    assert_false(broker.is_open);
    assert_int_equal(broker.parsed, broker.sent_size);
    assert_int_equal(step().kind, OTTER_MQTT_NOTHING);
    connect_client(); /* and it can be opened again */
}

static void impossible_buffers_are_refused(void **state)
{
    struct otter_mqtt_config small = config;

    (void)state;
    small.send_buffer = NULL;
    assert_int_equal(otter_mqtt_init(&mqtt, &small), OTTER_ERR_ARGUMENT);
    small = config;
    small.send_size = 3;
    assert_int_equal(otter_mqtt_init(&mqtt, &small), OTTER_ERR_ARGUMENT);
    small = config;
    small.topic_size = 1;
    assert_int_equal(otter_mqtt_init(&mqtt, &small), OTTER_ERR_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh_broker)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_connect_packet_has_every_field_of_the_specification),
        TEST(a_kept_session_is_not_clean),
        TEST(what_mqtt_cannot_carry_is_refused_before_connecting),
        TEST(a_conversation_cut_at_any_two_bytes_goes_on),
        TEST(a_link_that_takes_a_byte_at_a_time_gets_every_byte),
        TEST(a_busy_link_is_looked_at_again_soon),
        TEST(malformed_packets_end_the_session),
        TEST(refusals_are_explained),
        TEST(a_broker_must_begin_with_connack),
        TEST(a_refused_subscription_ends_the_session),
        TEST(link_failures_are_passed_on),
        TEST(a_message_before_the_end_of_the_link_is_still_delivered),
        TEST(a_link_lost_in_a_message_ends_the_session),
        TEST(silence_ends_the_session),
        TEST(an_idle_session_is_kept_alive),
        TEST(a_slow_reader_is_not_the_brokers_fault),
        TEST(a_message_is_acknowledged_after_its_last_byte),
        TEST(duplicates_of_messages_and_answers_are_harmless),
        TEST(requests_wait_when_there_is_no_room),
        TEST(a_request_leaves_without_another_step),
        TEST(packet_identifiers_wrap_past_zero_and_those_in_use),
        TEST(a_flood_does_not_hold_a_step),
        TEST(closing_says_goodbye_behind_whole_packets),
        TEST(impossible_buffers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
