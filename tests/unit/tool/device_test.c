/* SPDX-License-Identifier: Apache-2.0 */

/* What "otter device run" makes of a device's LED and of QEMU's control protocol. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "led_meter.h"
#include "message.h"
#include "qmp.h"
#include "suggest.h"

/* Sample a LED that toggles every @p interval_ms for @p length_ms, with samples 20 ms apart that come
 * up to 9 ms late. @return how often something new was reported */
static unsigned watch(struct led_meter *meter, uint64_t *now_ms, unsigned interval_ms,
                      unsigned length_ms)
{
    unsigned reports = 0;

    for (unsigned at = 0; at < length_ms; at += 20) {
        unsigned late = at * 7 % 10;
        bool on = interval_ms != 0 && (at + late) / interval_ms % 2 == 1;

        reports += led_meter_sample(meter, on, *now_ms + at + late);
    }
    *now_ms += length_ms;
    return reports;
}

static void a_blinking_led_is_reported_once(void **state)
{
    struct led_meter meter;
    uint64_t now_ms = 12345;

    (void)state;
    led_meter_init(&meter);
    assert_int_equal(watch(&meter, &now_ms, 1000, 10000), 1);
    assert_int_equal(meter.interval_ms, 1000);
}

static void another_rhythm_is_reported_anew(void **state)
{
    struct led_meter meter;
    uint64_t now_ms = 0;

    (void)state;
    led_meter_init(&meter);
    assert_int_equal(watch(&meter, &now_ms, 1000, 8000), 1);
    assert_int_equal(watch(&meter, &now_ms, 100, 8000), 1);
    assert_int_equal(meter.interval_ms, 100);
}

static void a_led_that_stands_still_is_reported_as_such(void **state)
{
    struct led_meter meter;
    uint64_t now_ms = 0;

    (void)state;
    led_meter_init(&meter);
    assert_int_equal(watch(&meter, &now_ms, 0, LED_STEADY_MS / 2), 0);
    assert_int_equal(watch(&meter, &now_ms, 0, LED_STEADY_MS), 1);
    assert_int_equal(meter.interval_ms, LED_STEADY);
    assert_false(meter.on);
}

static void one_late_toggle_is_no_other_rhythm(void **state)
{
    struct led_meter meter;
    uint64_t now_ms = 0;

    (void)state;
    led_meter_init(&meter);
    assert_int_equal(watch(&meter, &now_ms, 100, 2000), 1);
    assert_int_equal(watch(&meter, &now_ms, 0, 400), 0);
    assert_int_equal(watch(&meter, &now_ms, 100, 2000), 0);
    assert_int_equal(meter.interval_ms, 100);
}

struct conversation {
    int qemu; /* QEMU's end */
    int ours;
    struct qmp qmp;
};

static int begin(void **state)
{
    static struct conversation talk;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        return -1;
    }
    talk.qemu = pair[0];
    talk.ours = pair[1];
    qmp_init(&talk.qmp, talk.ours);
    *state = &talk;
    return 0;
}

static int end(void **state)
{
    struct conversation *talk = *state;

    (void)close(talk->qemu);
    (void)close(talk->ours);
    return 0;
}

static enum qmp_event say(struct conversation *talk, const char *text)
{
    assert_int_equal(write(talk->qemu, text, strlen(text)), (ssize_t)strlen(text));
    assert_true(qmp_receive(&talk->qmp));
    return qmp_next(&talk->qmp);
}

static void assert_hears(struct conversation *talk, const char *part)
{
    char heard[512] = "";

    assert_true(read(talk->qemu, heard, sizeof heard - 1) > 0);
    assert_non_null(strstr(heard, part));
}

static void become_ready(struct conversation *talk)
{
    assert_int_equal(say(talk, "{\"QMP\": {\"version\": {}}}\r\n"), QMP_NOTHING);
    assert_hears(talk, "qmp_capabilities");
    assert_int_equal(say(talk, "{\"return\": {}}\r\n"), QMP_READY);
}

static void the_led_is_asked_for_once_qemu_is_ready(void **state)
{
    struct conversation *talk = *state;

    qmp_ask_word(&talk->qmp, 0x40028000);
    assert_false(talk->qmp.waiting);
    become_ready(talk);
    qmp_ask_word(&talk->qmp, 0x40028000);
    assert_hears(talk, "xp /1wx 0x40028000");
    assert_int_equal(say(talk, "{\"return\": \"0000000040028000: 0x00000003\\r\\n\"}\r\n"),
                     QMP_WORD);
    assert_int_equal(talk->qmp.word, 3);
}

static void a_reset_tells_who_made_it(void **state)
{
    struct conversation *talk = *state;

    become_ready(talk);
    assert_int_equal(say(talk, "{\"event\": \"WATCHDOG\", \"data\": {\"action\": \"reset\"}}\r\n"),
                     QMP_WATCHDOG);
    assert_int_equal(say(talk, "{\"event\": \"RESET\", \"data\": {\"guest\": true}}\r\n"),
                     QMP_RESET);
    assert_false(talk->qmp.by_host);
    assert_int_equal(say(talk, "{\"event\": \"RESET\", \"data\": {\"guest\": false}}\r\n"),
                     QMP_RESET);
    assert_true(talk->qmp.by_host);
}

static void lines_may_arrive_in_any_pieces(void **state)
{
    static const char line[] = "{\"event\": \"RESET\"}\r\n";
    struct conversation *talk = *state;

    become_ready(talk);
    for (size_t i = 0; i + 1 < sizeof line - 1; i++) {
        char piece[] = { line[i], '\0' };
        assert_int_equal(say(talk, piece), QMP_NOTHING);
    }
    assert_int_equal(say(talk, "\n"), QMP_RESET);
}

static void nonsense_and_endless_lines_are_passed_over(void **state)
{
    struct conversation *talk = *state;
    char nonsense[1024];

    become_ready(talk);
    memset(nonsense, 'x', sizeof nonsense - 1);
    nonsense[sizeof nonsense - 1] = '\0';
    for (int i = 0; i < 20; i++) {
        assert_int_equal(say(talk, nonsense), QMP_NOTHING);
    }
    assert_int_equal(say(talk, "\n[1, 2]\n{\"event\": 7}\n"), QMP_NOTHING);
    assert_int_equal(say(talk, "{\"event\": \"RESET\"}\n"), QMP_RESET);
}

static void a_misspelt_word_is_guessed_and_a_strange_one_is_not(void **state)
{
    static const char *const words[] = { "layout", "device", "publish", NULL };

    (void)state;
    assert_string_equal(suggest(words, "layuot"), "layout");
    assert_string_equal(suggest(words, "devices"), "device");
    assert_null(suggest(words, "zebra"));
    assert_null(suggest(words, "a word that is much longer than any word that anybody knows"));
}

static void thousands_are_separated_by_commas(void **state)
{
    char text[THOUSANDS_TEXT_SIZE];

    (void)state;
    assert_string_equal(thousands(0, text), "0");
    assert_string_equal(thousands(999, text), "999");
    assert_string_equal(thousands(1000, text), "1,000");
    assert_string_equal(thousands(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blinking_led_is_reported_once),
        cmocka_unit_test(another_rhythm_is_reported_anew),
        cmocka_unit_test(a_led_that_stands_still_is_reported_as_such),
        cmocka_unit_test(one_late_toggle_is_no_other_rhythm),
        cmocka_unit_test_setup_teardown(the_led_is_asked_for_once_qemu_is_ready, begin, end),
        cmocka_unit_test_setup_teardown(a_reset_tells_who_made_it, begin, end),
        cmocka_unit_test_setup_teardown(lines_may_arrive_in_any_pieces, begin, end),
        cmocka_unit_test_setup_teardown(nonsense_and_endless_lines_are_passed_over, begin, end),
        cmocka_unit_test(a_misspelt_word_is_guessed_and_a_strange_one_is_not),
        cmocka_unit_test(thousands_are_separated_by_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
