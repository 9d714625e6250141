/* SPDX-License-Identifier: Apache-2.0 */

/* Images and chunks on their way to one device. */

#include <string.h>

#include "otter/bytes.h"
#include "suites.h"
#include "world.h"

/* --- data --------------------------------------------------------------------------------------- */

static void a_whole_image_comes_in_order_and_within_the_window(void **state)
{
    (void)state;
    world.config.chunk_size = SMALL_CHUNK;
    release("1.1.0", "");
    ask("Update Availability", "");
    ask("Request Update", ",\"Version\":\"1.0.0\"");
    assert_int_equal(world.sent_count, SESSION_WINDOW);
    acknowledge_all();
    assert_int_equal(world.sent_count, CHUNKS);
    for (uint16_t i = 0; i < CHUNKS; i++) {
        assert_chunk(i, i * SMALL_CHUNK, SMALL_CHUNK, i, CHUNKS);
    }
    assert_int_equal(world.progress, CHUNKS);
}

static void the_last_chunk_is_shorter(void **state)
{
    (void)state;
    world.config.chunk_size = 4096;
    release("1.1.0", "");
    ask("Request Update", "");
    assert_int_equal(world.sent_count, 3);
    assert_chunk(2, 8192, 1808, 2, 3);
}

static void a_download_sees_one_file_to_its_end(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Update Availability", "");
    release("1.2.0", "");
    ask("Request Update", "");
    assert_int_equal(otter_load_le16(world.sent[0].bytes + 14), 1);
}

static void a_chunk_is_cut_at_the_end_of_the_image(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Data Chunk", ",\"Offset\":\"8192\",\"Size\":\"4096\"");
    assert_int_equal(world.sent_count, 1);
    assert_chunk(0, 8192, 1808, 2, 3);
}

static void numbers_may_be_numbers(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Data Chunk", ",\"Offset\":4096,\"Size\":4096");
    assert_chunk(0, 4096, 4096, 1, 3);
}

static void size_minus_one_is_the_rest_as_old_devices_mean_it(void **state)
{
    (void)state;
    world.config.chunk_size = 4096;
    release("1.1.0", "");
    ask("Request Data Chunk", ",\"Offset\":\"8192\",\"Size\":\"-1\"");
    assert_chunk(0, 8192, 1808, 2, 3);
}

static void impossible_chunks_are_refused(void **state)
{
    static const char *const requests[] = {
        ",\"Offset\":\"10000\",\"Size\":\"4096\"",
        ",\"Offset\":\"-1\",\"Size\":\"4096\"",
        ",\"Offset\":\"0\",\"Size\":\"0\"",
        ",\"Offset\":\"0\",\"Size\":\"65536\"",
        ",\"Offset\":\"0\"",
        ",\"Size\":\"4096\"",
        ",\"Offset\":\"99999999999999999999\",\"Size\":\"1\"",
        ",\"Offset\":1e300,\"Size\":1",
        ",\"Offset\":0.5,\"Size\":1",
        ",\"Offset\":\"4x\",\"Size\":\"1\"",
        ",\"Offset\":[],\"Size\":{}",
    };

    (void)state;
    release("1.1.0", "");
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        ask("Request Data Chunk", requests[i]);
        assert_int_equal(world.sent_count, 0);
        assert_int_equal(world.event.kind, PUBLISHER_PROBLEM);
    }
}

static void a_direct_update_goes_to_everybody(void **state)
{
    (void)state;
    world.config.chunk_size = 4096;
    release("1.1.0", "");
    receive("{\"Message\":\"Send Direct Update\"}");
    assert_int_equal(world.sent_count, 3);
    assert_string_equal(world.sent[0].topic, "acme/kit/OTAImage");
}

static void who_comes_late_to_a_direct_update_gets_another_one(void **state)
{
    (void)state;
    release("1.1.0", "");
    receive("{\"Message\":\"Send Direct Update\"}");
    publisher_handle(&world.publisher, REQUESTS, "{\"Message\":\"Send Direct Update\"}", 32);
    acknowledge_all();
    assert_int_equal(world.sent_count, 20);
    assert_chunk(10, 0, CHUNK_SIZE, 0, 10);
}

static void a_new_question_ends_the_stream_to_that_device(void **state)
{
    (void)state;
    release("1.1.0", "");
    ask("Request Update", "");
    ask("Update Availability", "");
    acknowledge_all();
    assert_int_equal(world.sent_count, 1);
}

static void a_stream_that_cannot_be_sent_ends_with_a_message(void **state)
{
    (void)state;
    world.config.chunk_size = SMALL_CHUNK;
    release("1.1.0", "");
    ask("Request Update", "");
    world.is_broken = true;
    publisher_acknowledged(&world.publisher, 0, true);
    assert_problem("the image cannot be sent any more");
    world.is_broken = false;
    ask("Request Update", "");
    acknowledge_all();
    assert_int_equal(world.sent_count, CHUNKS);
}

static void a_request_without_an_image_is_a_problem_not_an_end(void **state)
{
    (void)state;
    ask("Request Update", "");
    assert_problem("there is no image for its board");
}

/* --- chunk headers ------------------------------------------------------------------------------ */

static void a_header_is_laid_out_as_on_the_wire(void **state)
{
    static const uint8_t expected[CHUNK_HEADER_SIZE] = {
        'O', 'T', 'A',  'I',  'm', 'a', 'g', 'e',  0x20, 0, 0, 0,    1, 0, 6, 0,
        0,   0,   0x20, 0x4E, 0,   0,   0,   0x10, 0,    0, 0, 0x10, 5, 0, 1, 0,
    };
    const struct chunk_header header = { .version = { .major = 1, .minor = 6 },
                                         .total = 20000,
                                         .offset = 4096,
                                         .size = 4096,
                                         .count = 5,
                                         .index = 1 };
    uint8_t bytes[CHUNK_HEADER_SIZE];

    (void)state;
    chunk_encode(&header, bytes);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void chunks_that_contradict_themselves_are_refused(void **state)
{
    static const struct {
        uint8_t at;
        uint8_t value;
    } damages[] = { { 0, 'o' }, { 8, 0x21 }, { 18, 9 }, { 22, 0xFF }, { 26, 11 }, { 27, 1 } };
    const struct chunk_header header = {
        .total = 20, .offset = 10, .size = 10, .count = 2, .index = 1
    };
    uint8_t message[CHUNK_HEADER_SIZE + 10] = { 0 };
    struct chunk_header decoded;
    const uint8_t *data;

    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        chunk_encode(&header, message);
        assert_null(chunk_decode(message, sizeof message, &decoded, &data));
        message[damages[i].at] = damages[i].value;
        assert_non_null(chunk_decode(message, sizeof message, &decoded, &data));
    }
    assert_non_null(chunk_decode(message, CHUNK_HEADER_SIZE - 1, &decoded, &data));
}

int run_data_tests(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_whole_image_comes_in_order_and_within_the_window),
        CASE(the_last_chunk_is_shorter),
        CASE(a_download_sees_one_file_to_its_end),
        CASE(a_chunk_is_cut_at_the_end_of_the_image),
        CASE(numbers_may_be_numbers),
        CASE(size_minus_one_is_the_rest_as_old_devices_mean_it),
        CASE(impossible_chunks_are_refused),
        CASE(a_direct_update_goes_to_everybody),
        CASE(who_comes_late_to_a_direct_update_gets_another_one),
        CASE(a_new_question_ends_the_stream_to_that_device),
        CASE(a_stream_that_cannot_be_sent_ends_with_a_message),
        CASE(a_request_without_an_image_is_a_problem_not_an_end),
        CASE(a_header_is_laid_out_as_on_the_wire),
        CASE(chunks_that_contradict_themselves_are_refused),
    };

    return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
