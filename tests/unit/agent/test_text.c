/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/agent.h"
#include "suites.h"

static const struct otter_job job = { .version = { .major = 1, .minor = 1 } };
static const struct otter_report reverted = {
    .stage = OTTER_REPORT_REVERTED,
    .result = OTTER_ERR_NOT_CONFIRMED,
    .version = { .major = 1, .minor = 2 },
};

#define RUNNING .running = { .major = 1 }

static const struct {
    struct otter_agent_event event;
    const char *text;
} lines[] = {
    { { .stage = OTTER_STAGE_DOWNLOADING,
        .reason = OTTER_REASON_PROGRESS,
        .detail = "",
        .job = &job,
        RUNNING,
        .bytes = 98304,
        .total = 214016,
        .percent = 45 },
      "update 1.1.0: 45 % (98,304 of 214,016 bytes)" },
    { { .stage = OTTER_STAGE_DOWNLOADING,
        .reason = OTTER_REASON_PROGRESS,
        .detail = "",
        .job = &job,
        RUNNING,
        .bytes = 1000000,
        .total = 4294967295u,
        .percent = 0 },
      "update 1.1.0: 0 % (1,000,000 of 4,294,967,295 bytes)" },
    { { .stage = OTTER_STAGE_ASKING, .reason = OTTER_REASON_BEGIN, .detail = "", RUNNING },
      "asking for an update" },
    { { .stage = OTTER_STAGE_ASKING,
        .reason = OTTER_REASON_DONE,
        .detail = "",
        .job = &job,
        RUNNING },
      "update 1.1.0: offered" },
    { { .stage = OTTER_STAGE_ASKING,
        .reason = OTTER_REASON_DONE,
        .result = OTTER_NO_UPDATE,
        .detail = "",
        RUNNING },
      "no update: running 1.0.0" },
    { { .stage = OTTER_STAGE_CHECKING,
        .reason = OTTER_REASON_FAILED,
        .result = OTTER_ERR_JOB_REJECTED,
        .detail = "",
        .job = &job,
        RUNNING },
      "refused 1.1.0: this version was tried before and reverted" },
    { { .stage = OTTER_STAGE_ACCOUNTING,
        .reason = OTTER_REASON_BEGIN,
        .detail = "",
        .report = &reverted,
        RUNNING },
      "update 1.2.0: reporting how the last update ended (reverted)" },
    { { .stage = OTTER_STAGE_VERIFYING,
        .reason = OTTER_REASON_FAILED,
        .result = OTTER_ERR_IMAGE_HASH,
        .detail = "",
        .job = &job,
        RUNNING },
      "update 1.1.0: failed while verifying: the image's hash does not match its bytes; the file "
      "is damaged; transfer it again" },
    { { .stage = OTTER_STAGE_ASKING,
        .reason = OTTER_REASON_FAILED,
        .result = OTTER_ERR_CLOSED,
        .detail = "reset",
        .retry_ms = 4001,
        RUNNING },
      "failed while asking for an update: the peer closed the link (reset); next try in 5 s" },
};

static void an_event_is_a_line_for_people(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[192];

        assert_string_equal(otter_agent_event_text(&lines[i].event, text, sizeof text),
                            lines[i].text);
    }
}

static void a_short_buffer_gets_the_beginning(void **state)
{
    char text[11];

    (void)state;
    assert_string_equal(otter_agent_event_text(&lines[0].event, text, sizeof text), "update 1.1");
}

static void of_progress_each_tenth_is_news(void **state)
{
    static const struct {
        enum otter_agent_reason reason;
        uint8_t percent;
        bool is_news;
    } cases[] = {
        { OTTER_REASON_BEGIN, 0, true },     { OTTER_REASON_PROGRESS, 9, false },
        { OTTER_REASON_PROGRESS, 12, true }, { OTTER_REASON_PROGRESS, 19, false },
        { OTTER_REASON_PROGRESS, 20, true }, { OTTER_REASON_FAILED, 20, true },
        { OTTER_REASON_PROGRESS, 20, true }, { OTTER_REASON_PROGRESS, 100, true },
        { OTTER_REASON_DONE, 100, true },
    };
    uint8_t said_percent = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct otter_agent_event event = { .reason = cases[i].reason,
                                                 .percent = cases[i].percent };

        assert_int_equal(otter_agent_event_is_news(&event, &said_percent), cases[i].is_news);
    }
}

int run_text_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_a_line_for_people),
        cmocka_unit_test(a_short_buffer_gets_the_beginning),
        cmocka_unit_test(of_progress_each_tenth_is_news),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
