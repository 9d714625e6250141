/* SPDX-License-Identifier: Apache-2.0 */

/* What the application hears and may change, and the timing that it starts from. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static const struct bench_image newer = { .version = "1.1.0" };

/* The AnyCloud library's documented defaults, by its names. */
static void the_default_timing_is_that_of_the_anycloud_library(void **state)
{
    const struct otter_agent_timing *timing = &otter_agent_default_timing;

    (void)state;
    assert_int_equal(timing->initial_check_s, 60); /* CY_OTA_INITIAL_CHECK_SECS */
    assert_int_equal(timing->next_check_interval_s,
                     24 * 3600);                          /* CY_OTA_NEXT_CHECK_INTERVAL_SECS */
    assert_int_equal(timing->retry_interval_s, 5);        /* CY_OTA_RETRY_INTERVAL_SECS */
    assert_int_equal(timing->job_check_time_s, 30);       /* CY_OTA_JOB_CHECK_TIME_SECS */
    assert_int_equal(timing->data_check_time_s, 20 * 60); /* CY_OTA_DATA_CHECK_TIME_SECS */
    assert_int_equal(timing->packet_interval_s, 60);      /* CY_OTA_PACKET_INTERVAL_SECS */
    assert_int_equal(timing->connect_retries, 3);         /* CY_OTA_CONNECT_RETRIES */
    assert_int_equal(timing->max_download_tries, 3);      /* CY_OTA_MAX_DOWNLOAD_TRIES */
}

/* All that was told of one update. */
static struct {
    unsigned begun[OTTER_STAGES];
    unsigned done[OTTER_STAGES];
    unsigned progress;
    uint32_t bytes;
    uint8_t percent;
    uint32_t retry_ms; /* of the last failure */
} told;

static void note_begin(const struct otter_agent_event *event)
{
    told.begun[event->stage]++;
    assert_int_equal(event->result, OTTER_OK);
    if (event->stage > OTTER_STAGE_ASKING) {
        assert_non_null(event->job);
        assert_int_equal(event->job->version.minor, 1);
        assert_string_equal(event->job->board, "bench");
    }
}

static void note_progress(const struct bench *bench, const struct otter_agent_event *event)
{
    told.progress++;
    assert_int_equal(event->stage, OTTER_STAGE_DOWNLOADING);
    assert_true(event->percent > told.percent && event->bytes > told.bytes);
    assert_int_equal(event->total, bench->file_size);
    told.percent = event->percent;
    told.bytes = event->bytes;
}

static void note(struct bench *bench, const struct otter_agent_event *event)
{
    assert_int_equal(event->running.major, 1);
    assert_non_null(event->detail);
    assert_true((event->report != NULL) == (event->stage == OTTER_STAGE_REPORTING));
    switch (event->reason) {
    case OTTER_REASON_BEGIN:
        note_begin(event);
        break;
    case OTTER_REASON_PROGRESS:
        note_progress(bench, event);
        break;
    case OTTER_REASON_DONE:
        told.done[event->stage]++;
        break;
    case OTTER_REASON_FAILED:
        told.retry_ms = event->retry_ms;
        break;
    }
}

static void set_up(struct bench *bench)
{
    bench_set_up(bench);
    bench_offer(bench, &newer);
    bench->watch = note;
    memset(&told, 0, sizeof told);
}

static void every_stage_is_told_when_it_begins_and_when_it_is_done(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench_run_session(&bench);
    for (int stage = OTTER_STAGE_ASKING; stage < OTTER_STAGES; stage++) {
        assert_int_equal(told.begun[stage], 1);
        assert_int_equal(told.done[stage], 1);
    }
    assert_int_equal(told.begun[OTTER_STAGE_IDLE] + told.begun[OTTER_STAGE_ACCOUNTING], 0);
    assert_int_equal(told.percent, 100);
    assert_int_equal(told.bytes, bench.file_size);
    assert_true(told.progress > 5);
    bench_tear_down(&bench);
}

/* So a fleet that lost its server together does not return together. */
static void a_pause_is_drawn_between_half_and_the_whole_of_its_length(void **state)
{
    static const uint32_t draws[] = { 0, 1, 2500, 2501, 123456789, UINT32_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof draws / sizeof draws[0]; i++) {
        struct bench bench;

        set_up(&bench);
        bench.random = draws[i];
        bench.jobs.failing_asks = 1;
        bench_run_session(&bench);
        assert_int_equal(told.retry_ms, 2500 + draws[i] % 2501);
        assert_in_range(told.retry_ms, 2500, 5000);
        bench_tear_down(&bench);
    }
}

static void rename_maker(struct bench *bench, const struct otter_agent_event *event)
{
    if (event->stage == OTTER_STAGE_ASKING && event->reason == OTTER_REASON_BEGIN) {
        bench->config.identity.manufacturer = "Beaver";
    }
}

static void the_application_may_change_what_a_question_says_of_it(void **state)
{
    struct bench bench;

    (void)state;
    set_up(&bench);
    bench.watch = rename_maker;
    bench_run_session(&bench);
    assert_string_equal(bench.jobs.manufacturer, "Beaver");
    bench_tear_down(&bench);
}

int run_event_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_timing_is_that_of_the_anycloud_library),
        cmocka_unit_test(every_stage_is_told_when_it_begins_and_when_it_is_done),
        cmocka_unit_test(a_pause_is_drawn_between_half_and_the_whole_of_its_length),
        cmocka_unit_test(the_application_may_change_what_a_question_says_of_it),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
