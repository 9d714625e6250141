/* SPDX-License-Identifier: Apache-2.0 */

/* Chunks that cannot belong to the download. */

#include "bench.h"
#include "otter/bytes.h"
#include "suites.h"

static uint8_t message[HEADER_SIZE + IMAGE_MAX];

static void bend(uint32_t offset, uint32_t size, size_t at, uint8_t bits)
{
    make_chunk(message, offset, size);
    message[at] ^= bits;
    send_bytes(message, HEADER_SIZE + size);
}

static void send_wrong_magic(uint32_t offset, uint32_t size)
{
    bend(offset, size, 7, 1);
}

static void send_wrong_data_offset(uint32_t offset, uint32_t size)
{
    bend(offset, size, 8, 1);
}

static void send_wrong_type(uint32_t offset, uint32_t size)
{
    bend(offset, size, 10, 1);
}

static void send_wrong_size(uint32_t offset, uint32_t size)
{
    bend(offset, size, 26, 1);
}

static void send_wrong_version(uint32_t offset, uint32_t size)
{
    bend(offset, size, 14, 2);
}

static void send_wrong_total(uint32_t offset, uint32_t size)
{
    bend(offset, size, 20, 1); /* larger by 65536 */
}

static void send_offset_beyond(uint32_t offset, uint32_t size)
{
    bend(offset, size, 25, 0xFF); /* and so that a sum would wrap */
}

static void send_short_message(uint32_t offset, uint32_t size)
{
    (void)offset;
    (void)size;
    send_text("OTAImage");
}

static void send_on_another_topic(uint32_t offset, uint32_t size)
{
    publisher.answer_topic[0] = 'A';
    send_chunk(offset, size);
    publisher.answer_topic[0] = 'a';
}

static void every_wrong_chunk_is_refused_and_asked_for_again(void **state)
{
    static const struct {
        void (*send)(uint32_t, uint32_t);
        enum otter_result result;
        uint32_t first_request;
    } wrongs[] = {
        { send_wrong_magic, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_wrong_data_offset, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_wrong_type, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_wrong_size, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_short_message, OTTER_ERR_CHUNK_HEADER, 0 },
        { send_wrong_version, OTTER_ERR_CHUNK_FOREIGN, 0 },
        { send_wrong_total, OTTER_ERR_CHUNK_FOREIGN, 1 }, /* the first one sets the total */
        { send_on_another_topic, OTTER_ERR_CHUNK_FOREIGN, 0 },
        { send_offset_beyond, OTTER_ERR_CHUNK_RANGE, 0 },
    };

    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        for (uint32_t request = wrongs[i].first_request; request < 10; request++) {
            (void)fresh(state);
            publisher.misbehave = wrongs[i].send;
            publisher.bad_request = request;
            get_job();
            assert_int_equal(fetch_image_from(0), OTTER_OK);
            expect_image();
            assert_int_equal(device.refused, wrongs[i].result);
            assert_int_equal(device.refusals, 1);
        }
    }
}

int run_bad_chunk_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(every_wrong_chunk_is_refused_and_asked_for_again),
    };

    return cmocka_run_group_tests_name("bad chunks", tests, NULL, NULL);
}
