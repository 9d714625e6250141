/* SPDX-License-Identifier: Apache-2.0 */

/* Logging: who hears which line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "otter/log.h"
#include "suites.h"

static struct {
    int lines;
    enum otter_log_level level;
    enum otter_log_facility facility;
    char line[2 * OTTER_LOG_LINE_SIZE];
} heard;

static void hear(void *context, enum otter_log_level level, enum otter_log_facility facility,
                 const char *line)
{
    assert_ptr_equal(context, &heard);
    heard.lines++;
    heard.level = level;
    heard.facility = facility;
    (void)strncpy(heard.line, line, sizeof heard.line - 1);
}

static int set_up(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof heard);
    otter_log_set_sink(hear, &heard);
    otter_log_set_level(OTTER_LOG_MQTT, OTTER_LOG_WARNING);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    otter_log_set_sink(NULL, NULL);
    return 0;
}

static void a_line_reaches_the_sink_with_its_level_and_facility(void **state)
{
    (void)state;
    otter_log_number(OTTER_LOG_ERROR, OTTER_LOG_MQTT, "broker ", 7, "");
    assert_int_equal(heard.lines, 1);
    assert_int_equal(heard.level, OTTER_LOG_ERROR);
    assert_int_equal(heard.facility, OTTER_LOG_MQTT);
    assert_string_equal(heard.line, "broker 7");
}

static void a_facility_shows_its_level_and_what_is_graver(void **state)
{
    (void)state;
    for (int shown = OTTER_LOG_OFF; shown <= OTTER_LOG_DEBUG; shown++) {
        heard.lines = 0;
        otter_log_set_level(OTTER_LOG_MQTT, (enum otter_log_level)shown);
        for (int level = OTTER_LOG_ERROR; level <= OTTER_LOG_DEBUG; level++) {
            otter_log((enum otter_log_level)level, OTTER_LOG_MQTT, "line");
        }
        assert_int_equal(heard.lines, shown);
    }
}

static void facilities_start_at_warning_and_have_levels_of_their_own(void **state)
{
    (void)state;
    otter_log_set_level(OTTER_LOG_MQTT, OTTER_LOG_DEBUG);
    otter_log(OTTER_LOG_NOTICE, OTTER_LOG_AGENT, "hidden");
    assert_int_equal(heard.lines, 0);
    otter_log(OTTER_LOG_WARNING, OTTER_LOG_AGENT, "shown");
    assert_int_equal(heard.lines, 1);
}

static void a_line_that_is_too_long_is_cut_and_terminated(void **state)
{
    char text[2 * OTTER_LOG_LINE_SIZE];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    otter_log_number(OTTER_LOG_ERROR, OTTER_LOG_MQTT, text, 7, "");
    assert_int_equal(strlen(heard.line), OTTER_LOG_LINE_SIZE - 1);
}

static void levels_are_set_by_name(void **state)
{
    static const char *const wrong[] = { "",       "mqtt",        "mqtt=",      "mqtt=loud",
                                         "=debug", "radio=debug", "mqtt=debugs" };

    (void)state;
    assert_int_equal(otter_log_configure("mqtt=debug"), OTTER_OK);
    otter_log(OTTER_LOG_DEBUG, OTTER_LOG_MQTT, "shown");
    otter_log(OTTER_LOG_NOTICE, OTTER_LOG_AGENT, "hidden");
    assert_int_equal(heard.lines, 1);
    assert_int_equal(otter_log_configure("all=off"), OTTER_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(otter_log_configure(wrong[i]), OTTER_ERR_NOT_FOUND);
    }
    otter_log(OTTER_LOG_ERROR, OTTER_LOG_MQTT, "hidden");
    otter_log(OTTER_LOG_ERROR, OTTER_LOG_AGENT, "hidden");
    assert_int_equal(heard.lines, 1);
    assert_int_equal(otter_log_configure("all=warning"), OTTER_OK);
}

static void without_a_sink_nothing_happens(void **state)
{
    (void)state;
    otter_log_set_sink(NULL, NULL);
    otter_log(OTTER_LOG_ERROR, OTTER_LOG_MQTT, "into the void");
    assert_int_equal(heard.lines, 0);
}

static void levels_and_facilities_have_names(void **state)
{
    (void)state;
    assert_string_equal(otter_log_level_name(OTTER_LOG_NOTICE), "notice");
    for (int facility = 0; facility < OTTER_LOG_FACILITIES; facility++) {
        assert_non_null(otter_log_facility_name((enum otter_log_facility)facility));
    }
}

int run_log_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_reaches_the_sink_with_its_level_and_facility, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_facility_shows_its_level_and_what_is_graver, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(facilities_start_at_warning_and_have_levels_of_their_own,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_cut_and_terminated, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(levels_are_set_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_sink_nothing_happens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(levels_and_facilities_have_names, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
