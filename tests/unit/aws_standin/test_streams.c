/* SPDX-License-Identifier: Apache-2.0 */

/* What a GetStream request brings, and how it goes out: limits, order, faults and throttles. The store is
 * a real folder with a real file. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws_streams.h"
#include "file.h"

/* --- what is chosen ----------------------------------------------------------------------------- */

static struct aws_request request_of(uint64_t size, uint64_t offset)
{
    return (struct aws_request){
        .has_file = true, .has_size = true, .size = size, .has_offset = true, .offset = offset
    };
}

static void want(struct aws_request *request, const uint8_t *bitmap, size_t len)
{
    request->has_bitmap = true;
    request->bitmap_len = len;
    memcpy(request->bitmap, bitmap, len);
}

static void count_to(struct aws_request *request, uint64_t count)
{
    request->has_count = true;
    request->count = count;
}

static void bits_count_from_the_lowest_of_the_first_byte(void **state)
{
    static const uint32_t expected[] = { 20, 21, 24, 43 };
    struct aws_request request = request_of(256, 20);
    uint32_t blocks[AWS_REQUEST_BLOCKS_MAX];
    size_t count;

    (void)state;
    want(&request, (const uint8_t *)"\x13\x00\x80", 3);
    count_to(&request, 32);
    assert_int_equal(aws_streams_choose(&request, 44 * 256, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 4);
    assert_memory_equal(blocks, expected, sizeof expected);
}

static void a_count_alone_asks_for_blocks_in_a_row(void **state)
{
    struct aws_request request = request_of(4096, 1000);
    uint32_t blocks[AWS_REQUEST_BLOCKS_MAX];
    size_t count;

    (void)state;
    count_to(&request, 4);
    assert_int_equal(aws_streams_choose(&request, 1004 * 4096, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 4);
    assert_int_equal(blocks[0], 1000);
    assert_int_equal(blocks[3], 1003);
}

/* The newer library's bitmap: "MQ==" has bits 0, 2, 3 and 6. One block of a small file is served, four
 * are others than it wants. */
static void the_range_counts_only_for_what_is_left_after_cutting(void **state)
{
    static const uint32_t expected[] = { 0, 2, 3, 6 };
    struct aws_request request = request_of(1024, 0);
    uint32_t blocks[AWS_REQUEST_BLOCKS_MAX];
    size_t count;

    (void)state;
    want(&request, (const uint8_t *)"MQ==", 4);
    count_to(&request, 1);
    assert_int_equal(aws_streams_choose(&request, 1000, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 1);
    count_to(&request, 4);
    assert_int_equal(aws_streams_choose(&request, 10240, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 4);
    assert_memory_equal(blocks, expected, sizeof expected);
    assert_int_equal(aws_streams_choose(&request, 1000, blocks, &count), AWS_INVALID_REQUEST);
}

static void a_request_brings_128_kib_at_most(void **state)
{
    struct aws_request request = request_of(4096, 0);
    uint32_t blocks[AWS_REQUEST_BLOCKS_MAX];
    size_t count;

    (void)state;
    count_to(&request, 98304);
    assert_int_equal(aws_streams_choose(&request, 1 << 24, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 32);
    request.size = 256;
    assert_int_equal(aws_streams_choose(&request, 1 << 24, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 512);
    request.size = 131072;
    assert_int_equal(aws_streams_choose(&request, 1 << 24, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 1);
    request.size = 100000;
    assert_int_equal(aws_streams_choose(&request, 1 << 24, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 1);
}

static void without_count_and_bitmap_a_small_file_is_out_of_range(void **state)
{
    const struct aws_request request = request_of(4096, 0);
    uint32_t blocks[AWS_REQUEST_BLOCKS_MAX];
    size_t count;

    (void)state;
    assert_int_equal(aws_streams_choose(&request, 131072, blocks, &count), AWS_ACCEPTED);
    assert_int_equal(count, 32);
    assert_int_equal(aws_streams_choose(&request, 126976, blocks, &count), AWS_INVALID_REQUEST);
}

static const struct {
    const char *what;
    uint64_t size;
    uint64_t offset;
    uint64_t count;
    size_t bitmap_len;
    enum aws_code code;
} limits[] = {
    { "smallest block", 256, 0, 1, 0, AWS_ACCEPTED },
    { "too small a block", 255, 0, 1, 0, AWS_BLOCK_SIZE_OUT_OF_BOUNDS },
    { "largest block", 131072, 0, 1, 0, AWS_ACCEPTED },
    { "too large a block", 131073, 0, 1, 0, AWS_BLOCK_SIZE_OUT_OF_BOUNDS },
    { "last offset, no block", 256, 98304, 0, 0, AWS_ACCEPTED },
    { "last offset", 256, 98304, 1, 0, AWS_INVALID_REQUEST },
    { "offset out of bounds", 256, 98305, 1, 0, AWS_OFFSET_OUT_OF_BOUNDS },
    { "largest count", 256, 0, 98304, 0, AWS_ACCEPTED },
    { "count out of bounds", 256, 0, 98305, 0, AWS_BLOCK_COUNT_LIMIT_EXCEEDED },
    { "longest bitmap", 256, 0, 1, 12287, AWS_ACCEPTED },
    { "bitmap too long", 256, 0, 1, 12288, AWS_BLOCK_BITMAP_LIMIT_EXCEEDED },
    { "a very long bitmap", 256, 0, 1, 100000, AWS_BLOCK_BITMAP_LIMIT_EXCEEDED },
    { "the block size goes first", 0, 98305, 98305, 12288, AWS_BLOCK_SIZE_OUT_OF_BOUNDS },
};

static void each_limit_has_its_code(void **state)
{
    uint32_t blocks[AWS_REQUEST_BLOCKS_MAX];
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct aws_request request = request_of(limits[i].size, limits[i].offset);
        enum aws_code code;

        count_to(&request, limits[i].count);
        request.has_bitmap = limits[i].bitmap_len > 0;
        request.bitmap_len = limits[i].bitmap_len;
        code = aws_streams_choose(&request, AWS_FILE_SIZE_MAX, blocks, &count);
        if (code != limits[i].code) {
            fail_msg("%s: %s", limits[i].what, aws_code_name(code));
        }
    }
}

/* --- how it goes out ---------------------------------------------------------------------------- */

#define SENT_MAX 64

struct lab {
    char folder[64];
    struct aws_store store;
    struct aws_faults faults;
    struct aws_meter meter;
    struct aws_streams streams;
    struct aws_topic topic;
    /* what went out */
    struct {
        char topic[AWS_TOPIC_SIZE];
        uint8_t bytes[2048];
        size_t len;
    } sent[SENT_MAX];
    size_t count;
};

static struct lab lab;

static void take(void *context, const char *topic, const void *bytes, size_t len)
{
    (void)context;
    assert_true(lab.count < SENT_MAX && len <= sizeof lab.sent[0].bytes);
    (void)snprintf(lab.sent[lab.count].topic, AWS_TOPIC_SIZE, "%s", topic);
    memcpy(lab.sent[lab.count].bytes, bytes, len);
    lab.sent[lab.count++].len = len;
}

static void ignore(void *context, const struct aws_event *event)
{
    (void)context;
    assert_non_null(event->thing);
}

static void put_file(void)
{
    char path[AWS_PATH_SIZE];
    uint8_t data[2600];
    struct aws_stream *stream = aws_store_add_stream(&lab.store, "S");

    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i / 256);
    }
    assert_non_null(stream);
    stream->version = 3;
    stream->file_count = 1;
    stream->files[0].id = 7;
    (void)snprintf(stream->files[0].path, sizeof stream->files[0].path, "files/S-0");
    assert_true(aws_store_path(&lab.store, "files/S-0", path));
    assert_true(file_store(path, data, sizeof data));
}

static int set_up(void **state)
{
    (void)state;
    memset(&lab, 0, sizeof lab);
    (void)strcpy(lab.folder, "/tmp/otter-streams-XXXXXX");
    assert_non_null(mkdtemp(lab.folder));
    assert_true(aws_store_open(&lab.store, lab.folder, true));
    assert_true(aws_store_begin(&lab.store));
    put_file();
    lab.faults = (struct aws_faults){ .seed = 7, .delay_ms = 1000 };
    lab.streams = (struct aws_streams){ .store = &lab.store,
                                        .faults = &lab.faults,
                                        .meter = &lab.meter,
                                        .send = take,
                                        .tell = ignore };
    assert_true(aws_topic_read("$aws/things/T/streams/S/get/cbor", &lab.topic));
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    aws_streams_free(&lab.streams);
    aws_meter_free(&lab.meter);
    assert_true(aws_store_end(&lab.store));
    aws_store_close(&lab.store);
    (void)snprintf(command, sizeof command, "rm -r %s", lab.folder);
    return system(command); /* NOLINT(cert-env33-c) */
}

/* {c: "k", f: 7, l: 256, n: count} */
static void ask(uint8_t count)
{
    uint8_t request[] = { 0xA4, 0x61, 'c',  0x61, 'k',  0x61, 'f', 0x07,
                          0x61, 'l',  0x19, 0x01, 0x00, 0x61, 'n', count };

    aws_streams_handle(&lab.streams, &lab.topic, request, sizeof request);
}

/* The number of a block of 256 bytes, which its data also holds. */
static unsigned block_number(size_t which)
{
    return lab.sent[which].bytes[lab.sent[which].len - 2];
}

static void assert_blocks(const char *expected)
{
    char text[3 * SENT_MAX] = "";

    for (size_t i = 0; i < lab.count; i++) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i > 0 ? " " : "",
                       block_number(i));
    }
    assert_string_equal(text, expected);
}

static void blocks_come_one_a_message_and_the_last_is_shorter(void **state)
{
    (void)state;
    ask(11);
    assert_int_equal(lab.count, 0);
    assert_false(aws_streams_step(&lab.streams, 1000));
    assert_blocks("0 1 2 3 4 5 6 7 8 9 10");
    assert_string_equal(lab.sent[0].topic, "$aws/things/T/streams/S/data/cbor");
    /* bf c k f 7 l 256 i 0 p ... ff */
    assert_int_equal(lab.sent[0].len, 1 + 4 + 3 + 5 + 3 + 5 + 256 + 1);
    assert_int_equal(lab.sent[10].len, 1 + 4 + 3 + 4 + 3 + 4 + 40 + 1);
}

static void what_is_wrong_comes_back_as_rejected(void **state)
{
    static const struct {
        const char *topic;
        const char *payload;
        const char *answer;
        const char *code;
    } cases[] = {
        { "$aws/things/T/streams/S/get/json", "{\"f\":7,\"l\":256,\"n\":12}",
          "$aws/things/T/streams/S/rejected/json", "InvalidRequest" },
        { "$aws/things/T/streams/S/get/json", "{\"f\":6,\"l\":256,\"n\":1}",
          "$aws/things/T/streams/S/rejected/json", "ResourceNotFound" },
        { "$aws/things/T/streams/R/get/json", "{\"f\":7,\"l\":256,\"n\":1}",
          "$aws/things/T/streams/R/rejected/json", "ResourceNotFound" },
        { "$aws/things/T/streams/S/get/json", "{\"s\":2,\"f\":7,\"l\":1,\"n\":1}",
          "$aws/things/T/streams/S/rejected/json", "VersionMismatch" },
        { "$aws/things/T/streams/S/get/json", "{\"s\":3,\"f\":7,\"l\":1,\"n\":1}",
          "$aws/things/T/streams/S/rejected/json", "BlockSizeOutOfBounds" },
        { "$aws/things/T/streams/S/get/json", "{\"l\":256,\"n\":1}",
          "$aws/things/T/streams/S/rejected/json", "InvalidRequest" },
        { "$aws/things/T/streams/S/describe/json", "{", "$aws/things/T/streams/S/rejected/json",
          "InvalidJson" },
        { "$aws/things/T/streams/S/get/xml", "{}", "$aws/things/T/streams/S/rejected/xml",
          "InvalidTopic" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lab.count = 0;
        assert_true(aws_topic_read(cases[i].topic, &lab.topic));
        aws_streams_handle(&lab.streams, &lab.topic, cases[i].payload, strlen(cases[i].payload));
        assert_false(aws_streams_step(&lab.streams, 1000));
        assert_int_equal(lab.count, 1);
        assert_string_equal(lab.sent[0].topic, cases[i].answer);
        lab.sent[0].bytes[lab.sent[0].len] = '\0';
        assert_non_null(strstr((char *)lab.sent[0].bytes, cases[i].code));
    }
}

static void lost_blocks_are_the_same_for_the_same_seed(void **state)
{
    size_t first;
    unsigned numbers[SENT_MAX];

    (void)state;
    lab.faults.lose = 40;
    ask(10);
    (void)aws_streams_step(&lab.streams, 1000);
    first = lab.count;
    assert_in_range(first, 1, 9);
    for (size_t i = 0; i < first; i++) {
        numbers[i] = block_number(i);
    }
    lab.count = 0;
    lab.faults.seed = 7;
    ask(10);
    (void)aws_streams_step(&lab.streams, 1000);
    assert_int_equal(lab.count, first);
    for (size_t i = 0; i < first; i++) {
        assert_int_equal(block_number(i), numbers[i]);
    }
}

static void blocks_are_repeated_or_swapped(void **state)
{
    (void)state;
    lab.faults.repeat = 100;
    ask(3);
    (void)aws_streams_step(&lab.streams, 1000);
    assert_blocks("0 0 1 1 2 2");
    lab.count = 0;
    lab.faults.repeat = 0;
    lab.faults.swap = 100;
    ask(3);
    (void)aws_streams_step(&lab.streams, 1000);
    assert_blocks("1 2 0");
}

static void a_delayed_block_waits(void **state)
{
    (void)state;
    lab.faults.delay = 100;
    ask(1);
    assert_true(aws_streams_step(&lab.streams, 5000));
    assert_true(aws_streams_step(&lab.streams, 5999));
    assert_int_equal(lab.count, 0);
    assert_false(aws_streams_step(&lab.streams, 6000));
    assert_blocks("0");
}

static void after_so_many_blocks_there_is_silence(void **state)
{
    (void)state;
    lab.faults.silent_after = 2;
    ask(5);
    assert_false(aws_streams_step(&lab.streams, 1000));
    assert_blocks("0 1");
}

/* Keys in the order c f l i p, all of one byte but l and i. */
static void blocks_can_lie(void **state)
{
    (void)state;
    lab.faults.wrong_file = 100;
    lab.faults.wrong_length = 100;
    lab.faults.corrupt = 100;
    ask(1);
    (void)aws_streams_step(&lab.streams, 1000);
    assert_int_equal(lab.sent[0].bytes[7], 6);
    assert_int_equal(lab.sent[0].bytes[12], 1); /* 257 */
    assert_int_equal(lab.sent[0].bytes[21], 1); /* the first of the data */
    lab.count = 0;
    lab.faults.stale_token = 100;
    ask(1);
    (void)aws_streams_step(&lab.streams, 1000);
    assert_memory_equal(lab.sent[0].bytes + 3, "\x65stale", 6);
}

static void the_first_requests_are_refused_on_demand(void **state)
{
    (void)state;
    lab.faults.reject = AWS_INTERNAL_ERROR;
    lab.faults.reject_first = 1;
    ask(1);
    ask(1);
    (void)aws_streams_step(&lab.streams, 1000);
    assert_int_equal(lab.count, 2);
    assert_string_equal(lab.sent[0].topic, "$aws/things/T/streams/S/rejected/cbor");
    assert_string_equal(lab.sent[1].topic, "$aws/things/T/streams/S/data/cbor");
}

static void a_thing_gets_so_many_messages_a_second(void **state)
{
    (void)state;
    lab.meter.messages_per_s = 2;
    ask(5);
    assert_true(aws_streams_step(&lab.streams, 1000));
    assert_int_equal(lab.count, 2);
    assert_true(aws_streams_step(&lab.streams, 1400));
    assert_int_equal(lab.count, 2);
    assert_true(aws_streams_step(&lab.streams, 1500));
    assert_int_equal(lab.count, 3);
    assert_true(aws_streams_step(&lab.streams, 2000));
    assert_false(aws_streams_step(&lab.streams, 2500));
    assert_blocks("0 1 2 3 4");
}

static void a_thing_gets_so_many_bytes_a_second(void **state)
{
    (void)state;
    lab.meter.bytes_per_s = 512;
    ask(4);
    assert_true(aws_streams_step(&lab.streams, 1000));
    assert_int_equal(lab.count, 2);
    assert_true(aws_streams_step(&lab.streams, 1001));
    assert_int_equal(lab.count, 3);
    assert_true(aws_streams_step(&lab.streams, 1500));
    assert_int_equal(lab.count, 3);
    assert_true(aws_meter_take(&lab.meter, "T", 0, 1500)); /* Jobs are answered meanwhile */
    assert_false(aws_streams_step(&lab.streams, 1502));
    assert_int_equal(lab.count, 4);
}

static void requests_that_wait_are_limited(void **state)
{
    (void)state;
    lab.meter.messages_per_s = 1;
    (void)aws_meter_take(&lab.meter, "T", 0, 1000);
    for (int i = 0; i < AWS_WAITING_MAX + 5; i++) {
        ask(1);
    }
    lab.meter.messages_per_s = 0;
    assert_false(aws_streams_step(&lab.streams, 1000));
    assert_int_equal(lab.count, AWS_WAITING_MAX);
}

/* A cancelled job does not stop what is under way: the service's data may come late as well. */
static void a_stream_that_is_deleted_is_sent_to_its_end(void **state)
{
    (void)state;
    ask(2);
    aws_store_remove_stream(&lab.store, aws_find_stream(&lab.store.cloud, "S"));
    assert_false(aws_streams_step(&lab.streams, 1000));
    assert_blocks("0 1");
    ask(1);
    assert_string_equal(lab.sent[2].topic, "$aws/things/T/streams/S/rejected/cbor");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_count_from_the_lowest_of_the_first_byte),
        cmocka_unit_test(a_count_alone_asks_for_blocks_in_a_row),
        cmocka_unit_test(the_range_counts_only_for_what_is_left_after_cutting),
        cmocka_unit_test(a_request_brings_128_kib_at_most),
        cmocka_unit_test(without_count_and_bitmap_a_small_file_is_out_of_range),
        cmocka_unit_test(each_limit_has_its_code),
        cmocka_unit_test_setup_teardown(blocks_come_one_a_message_and_the_last_is_shorter, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_comes_back_as_rejected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lost_blocks_are_the_same_for_the_same_seed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(blocks_are_repeated_or_swapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_delayed_block_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_so_many_blocks_there_is_silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blocks_can_lie, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_requests_are_refused_on_demand, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_thing_gets_so_many_messages_a_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_thing_gets_so_many_bytes_a_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_that_wait_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream_that_is_deleted_is_sent_to_its_end, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("aws_standin_streams", tests, NULL, NULL);
}
