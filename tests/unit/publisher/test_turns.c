/* SPDX-License-Identifier: Apache-2.0 */

/* Many devices, impatient ones, and brokers that are slow or lost. */

#include "suites.h"
#include "world.h"

static void devices_that_download_take_turns(void **state)
{
    enum { DEVICES = 12 };

    (void)state;
    world.config.chunk_size = SMALL_CHUNK;
    release("1.1.0", "");
    world.sent_count = 0;
    for (int i = 0; i < DEVICES; i++) {
        ask_from(i, "Request Update", "");
    }
    assert_int_equal(world.sent_count, PUBLISHER_WINDOW);
    while (world.acknowledged < world.sent_count) {
        int most = 0;
        int least = CHUNKS;

        for (int i = PUBLISHER_WINDOW / SESSION_WINDOW; i < DEVICES; i++) {
            most = sent_to(i) > most ? sent_to(i) : most;
            least = sent_to(i) < least ? sent_to(i) : least;
        }
        assert_true(most - least <= 1);
        publisher_acknowledged(&world.publisher, world.acknowledged++, true);
    }
    assert_int_equal(world.sent_count, DEVICES * CHUNKS);
}

static void a_flood_of_requests_from_one_device_does_not_hold_up_another(void **state)
{
    (void)state;
    release("1.1.0", "");
    world.sent_count = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        ask_for_chunk_from(1, i % IMAGE_SIZE);
    }
    assert_problem("it asks for chunks faster than the broker takes them");
    assert_int_equal(world.sent_count, SESSION_WINDOW);
    ask_for_chunk_from(2, 0);
    assert_int_equal(sent_to(2), 1);
    acknowledge_all();
    assert_int_equal(sent_to(1), SESSION_WINDOW + SESSION_WANTED);
}

static void a_chunk_that_waits_for_its_turn_is_not_queued_twice(void **state)
{
    (void)state;
    release("1.1.0", "");
    world.sent_count = 0;
    for (uint32_t i = 0; i < SESSION_WINDOW; i++) {
        ask_for_chunk_from(1, i);
    }
    for (int i = 0; i < 100; i++) {
        ask_for_chunk_from(1, 9000);
    }
    acknowledge_all();
    assert_int_equal(world.sent_count, SESSION_WINDOW + 1);
}

static void a_device_that_asks_too_often_is_not_answered(void **state)
{
    (void)state;
    release("1.1.0", "");
    world.sent_count = 0;
    for (int i = 0; i < 100; i++) {
        ask_from(1, "Update Availability", "");
    }
    assert_int_equal(world.sent_count, SESSION_ANSWERS);
    assert_problem("it asks too often");
    publisher_step(&world.publisher, 2 * SESSION_ANSWER_MS);
    for (int i = 0; i < 100; i++) {
        ask_from(1, "Update Availability", "");
    }
    assert_int_equal(world.sent_count, SESSION_ANSWERS + 2);
}

static void when_the_broker_does_not_keep_up_requests_are_dropped(void **state)
{
    (void)state;
    world.publisher.in_flight = PUBLISHER_IN_FLIGHT_MAX;
    ask("Update Availability", "");
    assert_problem("the broker does not keep up");
    assert_int_equal(world.sent_count, 0);
}

static void a_device_that_left_is_not_sent_the_rest(void **state)
{
    (void)state;
    world.config.chunk_size = SMALL_CHUNK;
    release("1.1.0", "");
    ask("Request Update", "");
    publisher_acknowledged(&world.publisher, 0, false);
    assert_problem("it has left before it had the image");
    acknowledge_all();
    assert_int_equal(world.sent_count, SESSION_WINDOW);
}

static void a_stream_goes_on_where_it_was_when_the_broker_was_lost(void **state)
{
    (void)state;
    world.config.chunk_size = SMALL_CHUNK;
    release("1.1.0", "");
    ask("Request Update", "");
    publisher_acknowledged(&world.publisher, 0, true); /* one is there, others are on their way */
    publisher_disconnected(&world.publisher);
    world.sent_count = 0;
    world.acknowledged = 0;
    publisher_acknowledged(&world.publisher, 1, true); /* of the old connection */
    assert_int_equal(world.sent_count, 0);
    publisher_connected(&world.publisher);
    acknowledge_all();
    assert_int_equal(world.sent_count, CHUNKS - 1);
    assert_chunk(0, SMALL_CHUNK, SMALL_CHUNK, 1, CHUNKS);
}

static void a_device_that_went_silent_is_forgotten(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    publisher_step(&world.publisher, SESSION_SILENCE_MS);
    assert_non_null(session_find(&world.publisher.sessions, DEVICE));
    publisher_step(&world.publisher, SESSION_SILENCE_MS + 1);
    assert_null(session_find(&world.publisher.sessions, DEVICE));
}

int run_turn_tests(void)
{
    const struct CMUnitTest tests[] = {
        CASE(devices_that_download_take_turns),
        CASE(a_flood_of_requests_from_one_device_does_not_hold_up_another),
        CASE(a_chunk_that_waits_for_its_turn_is_not_queued_twice),
        CASE(a_device_that_asks_too_often_is_not_answered),
        CASE(when_the_broker_does_not_keep_up_requests_are_dropped),
        CASE(a_device_that_left_is_not_sent_the_rest),
        CASE(a_stream_goes_on_where_it_was_when_the_broker_was_lost),
        CASE(a_device_that_went_silent_is_forgotten),
    };

    return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
