/* SPDX-License-Identifier: Apache-2.0 */

/* Streams: good ones, and such that lose, repeat, swap and refuse blocks; cancellation. */

#include <stdio.h>
#include <string.h>

#include "bench.h"

/* How long a fetch took, by the clock. */
static uint32_t timed_fetch(enum otter_result expected)
{
    const uint32_t began_ms = bench.now_ms;

    assert_int_equal(bench_fetch(), expected);
    return bench.now_ms - began_ms;
}

static void get_job(uint32_t size)
{
    bench.cloud.size = size;
    bench_offer();
    assert_int_equal(bench_ask(), OTTER_OK);
}

static void files_of_any_size_come_whole(void **state)
{
    static const uint32_t sizes[] = { 1, 1023, 1024, 1025, 8192, 8193, 9216, 40000, 51200 };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        (void)bench_set_up(NULL);
        get_job(sizes[i]);
        assert_int_equal(bench_fetch(), OTTER_OK);
        bench_expect_file();
        assert_int_equal(bench.cloud.blocks_sent, (sizes[i] + 1023) / 1024);
    }
}

static void counted_maps_are_as_good_as_open_ones(void **state)
{
    (void)state;
    bench.cloud.is_definite = true;
    get_job(20000);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
}

static void the_execution_is_started_before_the_first_block(void **state)
{
    (void)state;
    get_job(10000);
    bench.cloud.is_mute = true;
    assert_int_equal(bench_fetch(), OTTER_ERR_TIMEOUT);
    assert_string_equal(bench.cloud.executions[0].status, "IN_PROGRESS");
    assert_int_equal(bench.cloud.executions[0].version, 2);
    assert_non_null(strstr(bench.cloud.last_update,
                           "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"receive\":\"0/10\"},"
                           "\"expectedVersion\":1,\"executionNumber\":1,\"clientToken\":"));
}

/* The first one alone tells whether the others are wanted. */
static void the_first_block_is_asked_for_alone(void **state)
{
    static const uint8_t expected[] = { 0x61, 'l', 0x19, 0x04, 0x00, 0x61, 'o', 0x00,
                                        0x61, 'b', 0x41, 0x01, 0x61, 'n',  0x01 };

    (void)state;
    get_job(10000);
    bench.cloud.is_mute = true;
    assert_int_equal(bench_fetch(), OTTER_ERR_TIMEOUT);
    assert_memory_equal(bench.cloud.last_request + bench.cloud.last_request_size - sizeof expected,
                        expected, sizeof expected);
}

static void progress_is_told_now_and_then(void **state)
{
    (void)state;
    bench.config.progress_percent = 25;
    get_job(40000);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_int_equal(bench.cloud.updates, 4); /* the start, 25, 50, 75 */
    assert_non_null(strstr(bench.cloud.last_update, "\"receive\":\"31/40\""));
}

static void with_no_wish_for_progress_only_the_start_is_told(void **state)
{
    (void)state;
    bench.config.progress_percent = 0;
    get_job(40000);
    assert_int_equal(bench_fetch(), OTTER_OK);
    assert_int_equal(bench.cloud.updates, 1);
}

/* ---- streams that misbehave ---- */

/* AWS's own agent stands still for ten seconds then. */
static void a_lost_block_is_asked_for_again_at_once_and_alone(void **state)
{
    uint32_t undisturbed_ms;

    (void)state;
    get_job(50000);
    undisturbed_ms = timed_fetch(OTTER_OK);
    (void)bench_set_up(NULL);
    bench.cloud.lose_block = 12;
    get_job(50000);
    assert_in_range(timed_fetch(OTTER_OK), 0, undisturbed_ms + 199); /* no silence */
    bench_expect_file();
    assert_int_equal(bench.cloud.blocks_sent, 49);
}

static void a_block_that_comes_twice_is_used_once(void **state)
{
    (void)state;
    bench.cloud.twice_block = 5;
    get_job(20000);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench.pieces, 20);
    assert_int_equal(bench.cloud.blocks_sent, 21); /* and nothing was asked for twice */
}

static void a_block_that_comes_behind_the_next_one_is_not_lost(void **state)
{
    (void)state;
    bench.cloud.late_block = 5;
    get_job(20000);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench.cloud.blocks_sent, 20);
}

static void blocks_for_which_the_slot_writer_has_no_room_come_again_in_their_turn(void **state)
{
    (void)state;
    bench.leaves_out_ahead = true;
    bench.cloud.lose_block = 5;
    get_job(20000);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_in_range(bench.cloud.blocks_sent, 21, 40);
}

static void a_block_that_is_too_short_is_asked_for_again(void **state)
{
    (void)state;
    bench.cloud.bad_block = 7;
    get_job(20000);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
}

static void the_last_block_may_be_lost_too(void **state)
{
    (void)state;
    bench.cloud.lose_block = 19;
    get_job(20000);
    assert_in_range(timed_fetch(OTTER_OK), 250, 1999); /* its way is known by then */
    bench_expect_file();
}

static void a_fifth_of_all_blocks_may_be_lost(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        (void)bench_set_up(NULL);
        bench.config.block_tries = 20;
        bench.cloud.loses = seed;
        get_job(30000);
        assert_int_equal(bench_fetch(), OTTER_OK);
        bench_expect_file();
    }
}

static void silence_is_borne_for_a_while_that_doubles(void **state)
{
    uint32_t took_ms;

    (void)state;
    get_job(20000);
    bench.cloud.is_mute = true;
    took_ms = timed_fetch(OTTER_ERR_TIMEOUT);
    assert_int_equal(bench.cloud.requests, 5);
    assert_in_range(took_ms, 62000, 150000); /* 2 + 4 + 8 + 16 + 30 seconds and some chance */
    assert_non_null(strstr(bench_explanation(), "does not send the blocks"));
}

static void fall_silent(struct bench *of)
{
    of->cloud.is_mute = of->pieces >= 7;
}

/* That blocks were fast does not make the device impatient with a network that is away. */
static void silence_in_mid_download_is_borne_as_long(void **state)
{
    (void)state;
    get_job(50000);
    bench.on_piece = fall_silent;
    assert_in_range(timed_fetch(OTTER_ERR_TIMEOUT), 62000, 160000);
    assert_in_range(bench.cloud.requests, 9, 20);
}

static void blocks_for_another_transfer_are_passed_over(void **state)
{
    (void)state;
    bench.cloud.has_other_token = true;
    get_job(20000);
    assert_int_equal(bench_fetch(), OTTER_ERR_TIMEOUT);
    assert_int_equal(bench.pieces, 0);
}

static void bytes_that_are_no_block_are_passed_over(void **state)
{
    static const char *const rubbish[] = { "", "\xbf", "\xbf\x61\x66\x00\xff", "{\"f\":0}" };

    (void)state;
    get_job(20000);
    bench.data.ops->open(bench.data.self, &bench_identity, &bench.job, bench.now_ms);
    for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
        cloud_publish(&bench.cloud, "streams/AFR_OTA-stream/data/cbor", rubbish[i],
                      strlen(rubbish[i]));
        cloud_publish(&bench.cloud, "streams/AFR_OTA-stream/rejected/cbor", rubbish[i],
                      strlen(rubbish[i]));
    }
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
}

/* ---- what the stream refuses ---- */

static void each_refusal_of_a_stream_means_what_the_service_says(void **state)
{
    static const struct {
        const char *code;
        enum otter_result result;
        unsigned requests;
    } refusals[] = {
        { "InvalidRequest", OTTER_ERR_RANGE, 1 },
        { "InvalidCbor", OTTER_ERR_RANGE, 1 },
        { "BlockSizeOutOfBounds", OTTER_ERR_ARGUMENT, 1 },
        { "ResourceNotFound", OTTER_ERR_NOT_FOUND, 2 }, /* the job is asked for again first */
        { "VersionMismatch", OTTER_ERR_IMAGE_CHANGED, 1 },
        { "ETagMismatch", OTTER_ERR_IMAGE_CHANGED, 1 },
        { "Unauthorized", OTTER_ERR_JOB_REDIRECT, 1 },
        { "InternalError", OTTER_ERR_TIMEOUT, 5 }, /* asked again, ever later */
    };

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        (void)bench_set_up(NULL);
        bench.cloud.stream_code = refusals[i].code;
        get_job(20000);
        assert_int_equal(bench_fetch(), refusals[i].result);
        assert_int_equal(bench.cloud.requests, refusals[i].requests);
        if (refusals[i].requests < 5) {
            assert_string_equal(bench_explanation(), "the stream says so");
        }
    }
}

static void after_a_file_was_replaced_the_job_is_asked_for_again(void **state)
{
    (void)state;
    bench.cloud.stream_code = "ETagMismatch";
    get_job(20000);
    assert_int_equal(bench_fetch(), OTTER_ERR_IMAGE_CHANGED);
    bench.cloud.stream_code = NULL;
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench.cloud.gets, 2);
}

/* ---- gone on with ---- */

static void a_transfer_goes_on_where_it_stopped(void **state)
{
    (void)state;
    get_job(20000);
    memcpy(bench.file, bench.cloud.file, 8192);
    memset(bench.has, true, 8192);
    bench.accepted = 8192;
    bench.total = 20000;
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench.cloud.blocks_sent, 12);
    assert_non_null(strstr(bench.cloud.last_update, "/20\""));
}

static void cut_off(struct bench *of)
{
    if (of->pieces == 7) {
        of->broker.end_result = OTTER_ERR_CLOSED;
    }
}

static void a_transfer_that_was_cut_off_goes_on_over_a_new_connection(void **state)
{
    (void)state;
    get_job(20000);
    bench.on_piece = cut_off;
    assert_int_equal(bench_fetch(), OTTER_ERR_CLOSED);
    bench.broker.end_result = OTTER_OK;
    bench.on_piece = NULL;
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench.cloud.gets, 2); /* it is still wanted */
    assert_in_range(bench.cloud.blocks_sent, 20, 28);
}

/* ---- cancelled ---- */

static void cancel(struct bench *of)
{
    if (of->pieces == 7) {
        cloud_cancel(&of->cloud);
    }
}

static void a_job_cancelled_in_mid_download_ends_it_at_once(void **state)
{
    (void)state;
    bench.config.progress_percent = 0; /* no answer to that tells */
    get_job(50000);
    bench.on_piece = cancel;
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_CANCELLED);
    assert_in_range(bench.pieces, 7, 16);
    assert_int_equal(bench_ask(), OTTER_NO_UPDATE);
}

static void the_next_job_takes_its_place(void **state)
{
    (void)state;
    get_job(50000);
    cloud_queue(&bench.cloud, "AFR_OTA-2", bench_document);
    bench.on_piece = cancel;
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_CANCELLED);
    bench.on_piece = NULL;
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_string_equal(bench.cloud.executions[0].job, "AFR_OTA-2");
    assert_string_equal(bench.cloud.executions[0].status, "IN_PROGRESS");
}

static void a_job_cancelled_while_the_device_was_away_is_given_up(void **state)
{
    (void)state;
    get_job(20000);
    cloud_queue(&bench.cloud, "AFR_OTA-2", bench_document);
    bench.on_piece = cut_off;
    assert_int_equal(bench_fetch(), OTTER_ERR_CLOSED);
    bench.broker.end_result = OTTER_OK;
    bench.on_piece = NULL;
    bench.cloud.executions[0] = bench.cloud.executions[1];
    bench.cloud.execution_count = 1;
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_CANCELLED);
    assert_int_equal(bench_ask(), OTTER_OK);
    assert_string_equal(bench.cloud.executions[0].status, "QUEUED");
}

/* A document with another signature under the same job would be another file. */
static void a_job_whose_file_changed_meanwhile_is_another_job(void **state)
{
    (void)state;
    get_job(20000);
    bench.on_piece = cut_off;
    assert_int_equal(bench_fetch(), OTTER_ERR_CLOSED);
    bench.broker.end_result = OTTER_OK;
    bench.on_piece = NULL;
    *strstr(bench_document, "MEQCIF2Q") = 'N';
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_CANCELLED);
}

static void notify(struct bench *of)
{
    if (of->pieces == 7) {
        cloud_notify(&of->cloud);
    }
}

/* AWS's own agent gives the download up. */
static void a_notification_of_the_same_job_changes_nothing(void **state)
{
    (void)state;
    get_job(20000);
    bench.on_piece = notify;
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench.cloud.blocks_sent, 20);
}

static char long_document[20000];

static void notify_too_long(struct bench *of)
{
    static char text[21000];

    if (of->pieces == 7) {
        memset(long_document, ' ', sizeof long_document - 1);
        (void)snprintf(text, sizeof text, "{\"execution\":{}%s}", long_document);
        cloud_publish(&of->cloud, "jobs/notify-next", text, strlen(text));
    }
}

static void after_a_notification_that_is_too_long_the_service_is_asked(void **state)
{
    (void)state;
    get_job(20000);
    bench.on_piece = notify_too_long;
    assert_int_equal(bench_fetch(), OTTER_OK);
    bench_expect_file();
    assert_int_equal(bench.cloud.gets, 2);
}

static void end_in_silence(struct bench *of)
{
    if (of->pieces == 7) {
        of->cloud.execution_count = 0; /* the notification is lost */
    }
}

static void the_answer_to_a_progress_shows_that_a_job_is_gone(void **state)
{
    (void)state;
    get_job(50000);
    bench.on_piece = end_in_silence;
    assert_int_equal(bench_fetch(), OTTER_ERR_JOB_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup(name, bench_set_up)

int run_stream_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(files_of_any_size_come_whole),
        TEST(counted_maps_are_as_good_as_open_ones),
        TEST(the_execution_is_started_before_the_first_block),
        TEST(the_first_block_is_asked_for_alone),
        TEST(progress_is_told_now_and_then),
        TEST(with_no_wish_for_progress_only_the_start_is_told),
        TEST(a_lost_block_is_asked_for_again_at_once_and_alone),
        TEST(a_block_that_comes_twice_is_used_once),
        TEST(a_block_that_comes_behind_the_next_one_is_not_lost),
        TEST(blocks_for_which_the_slot_writer_has_no_room_come_again_in_their_turn),
        TEST(a_block_that_is_too_short_is_asked_for_again),
        TEST(the_last_block_may_be_lost_too),
        TEST(a_fifth_of_all_blocks_may_be_lost),
        TEST(silence_is_borne_for_a_while_that_doubles),
        TEST(silence_in_mid_download_is_borne_as_long),
        TEST(blocks_for_another_transfer_are_passed_over),
        TEST(bytes_that_are_no_block_are_passed_over),
        TEST(each_refusal_of_a_stream_means_what_the_service_says),
        TEST(after_a_file_was_replaced_the_job_is_asked_for_again),
        TEST(a_transfer_goes_on_where_it_stopped),
        TEST(a_transfer_that_was_cut_off_goes_on_over_a_new_connection),
        TEST(a_job_cancelled_in_mid_download_ends_it_at_once),
        TEST(the_next_job_takes_its_place),
        TEST(a_job_cancelled_while_the_device_was_away_is_given_up),
        TEST(a_job_whose_file_changed_meanwhile_is_another_job),
        TEST(a_notification_of_the_same_job_changes_nothing),
        TEST(after_a_notification_that_is_too_long_the_service_is_asked),
        TEST(the_answer_to_a_progress_shows_that_a_job_is_gone),
    };

    return cmocka_run_group_tests_name("streams", tests, NULL, NULL);
}
