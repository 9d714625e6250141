/* SPDX-License-Identifier: Apache-2.0 */

/* The LED, the trial and the translation of settings, as the firmware's loop uses them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "blinker.h"
#include "composed.h"
#include "device_settings.h"
#include "trial.h"

#define JUST_BEFORE_THE_WRAP (UINT32_MAX - 99)

static void the_led_toggles_once_each_interval(void **state)
{
    struct blinker blinker;

    (void)state;
    blinker_init(&blinker, 100, 0);
    assert_true(blinker.on);
    assert_int_equal(blinker_step(&blinker, 99), 1);
    assert_true(blinker.on);
    assert_int_equal(blinker_step(&blinker, 100), 100);
    assert_false(blinker.on);
    assert_int_equal(blinker_step(&blinker, 150), 50);
    blinker_step(&blinker, 200);
    assert_true(blinker.on);
}

static void the_led_goes_on_when_the_clock_wraps(void **state)
{
    struct blinker blinker;

    (void)state;
    blinker_init(&blinker, 200, JUST_BEFORE_THE_WRAP);
    assert_int_equal(blinker_step(&blinker, 0), 100);
    assert_true(blinker.on);
    blinker_step(&blinker, 100);
    assert_false(blinker.on);
}

static void a_trial_fails_once_when_its_time_is_over(void **state)
{
    struct trial trial;

    (void)state;
    trial_init(&trial, true, 60000, JUST_BEFORE_THE_WRAP);
    assert_false(trial_step(&trial, 59899));
    assert_false(trial.has_failed);
    assert_true(trial_step(&trial, 59900));
    assert_true(trial.has_failed);
    assert_false(trial_step(&trial, 60000));
}

static void a_trial_that_was_passed_never_fails(void **state)
{
    struct trial trial;

    (void)state;
    trial_init(&trial, true, 1000, 0);
    trial_pass(&trial);
    assert_false(trial_step(&trial, 5000));
    assert_false(trial.has_failed);
}

static void a_settled_program_has_no_trial(void **state)
{
    struct trial trial;

    (void)state;
    trial_init(&trial, false, 0, 0);
    assert_false(trial_step(&trial, 5000));
    assert_false(trial.has_failed);
}

static const struct setting complete[] = {
    { "device.name", "otter-1" }, { "device.serial", "SN-7" },
    { "mqtt.host", "10.0.2.2" },  { "mqtt.server-name", "broker.example" },
    { "mqtt.ca", "ca" },          { "mqtt.certificate", "certificate" },
    { "mqtt.key", "key" },        { "agent.initial-check-s", "3" },
    { "trial.limit-s", "20" },    { "agent.job-check-time-s", "7" },
};

#define COMPLETE (sizeof complete / sizeof complete[0])

/* Compose settings and read them back, leaving out one and adding another; NULL: none. */
static const char *read_settings(const char *without, const struct setting *more,
                                 struct device_settings *device)
{
    struct setting all[COMPLETE + 1] = { 0 };
    size_t count = 0;

    for (size_t i = 0; i < COMPLETE; i++) {
        if (without == NULL || strcmp(without, complete[i].name) != 0) {
            all[count++] = complete[i];
        }
    }
    if (more != NULL) {
        all[count++] = *more;
    }

    const struct otter_settings settings = composed_settings(all, count);

    return device_settings_read(&settings, device);
}

static void settings_become_configuration(void **state)
{
    struct device_settings device;

    (void)state;
    assert_null(read_settings(NULL, NULL, &device));
    assert_string_equal(device.session.client_id, "otter-1");
    assert_string_equal(device.identity.serial_number, "SN-7");
    assert_string_equal(device.session.endpoint.host, "10.0.2.2");
    assert_string_equal(device.session.endpoint.server_name, "broker.example");
    assert_string_equal(device.key, "key");
    assert_int_equal(device.timing.initial_check_s, 3);
    assert_int_equal(device.trial_limit_ms, 20000);
    assert_int_equal(device.job_timeout_ms, 7000);
}

static void what_was_not_provisioned_has_a_default(void **state)
{
    struct device_settings device;

    (void)state;
    assert_null(read_settings(NULL, NULL, &device));
    assert_int_equal(device.session.endpoint.port, 8883);
    assert_string_equal(device.topic_prefix, "anycloud");
    assert_string_equal(device.identity.manufacturer, "");
    assert_int_equal(device.timing.retry_interval_s, otter_agent_default_timing.retry_interval_s);
}

static void words_choose_how_images_are_found_and_fetched(void **state)
{
    const struct setting whole = { "mqtt.fetch", "whole" };
    const struct setting direct = { "agent.flow", "direct" };
    const struct setting strange = { "mqtt.fetch", "backwards" };
    const struct setting loud = { "log", "mqtt=loud" };
    struct device_settings device;

    (void)state;
    assert_null(read_settings(NULL, NULL, &device));
    assert_int_equal(device.fetch, OTTER_MQTT_FETCH_CHUNKS);
    assert_false(device.is_direct);
    assert_null(read_settings(NULL, &whole, &device));
    assert_int_equal(device.fetch, OTTER_MQTT_FETCH_WHOLE);
    assert_null(read_settings(NULL, &direct, &device));
    assert_true(device.is_direct);
    assert_string_equal(read_settings(NULL, &strange, &device), "mqtt.fetch");
    assert_string_equal(read_settings(NULL, &loud, &device), "log");
}

static void all_timing_can_be_provisioned(void **state)
{
    const struct setting longest = { "agent.retry-interval-max-s", "77" };
    const struct setting download = { "agent.data-check-time-s", "5" };
    const struct setting connecting = { "agent.connect-retries", "9" };
    const struct setting tries = { "agent.max-download-tries", "8" };
    struct device_settings device;

    (void)state;
    assert_null(read_settings(NULL, &longest, &device));
    assert_int_equal(device.timing.retry_interval_max_s, 77);
    assert_null(read_settings(NULL, &download, &device));
    assert_int_equal(device.timing.data_check_time_s, 5);
    assert_null(read_settings(NULL, &connecting, &device));
    assert_int_equal(device.timing.connect_retries, 9);
    assert_null(read_settings(NULL, &tries, &device));
    assert_int_equal(device.timing.max_download_tries, 8);
}

static void other_brokers_are_forbidden_unless_they_are_named(void **state)
{
    const struct setting third = { "mqtt.allowed-broker-3", "other:1883" };
    struct device_settings device;

    (void)state;
    assert_null(read_settings(NULL, NULL, &device));
    assert_null(device.allowed_brokers[0]);
    assert_null(read_settings(NULL, &third, &device));
    assert_string_equal(device.allowed_brokers[0], "other:1883");
    assert_null(device.allowed_brokers[1]);
}

static void a_product_must_match_if_the_settings_say_so(void **state)
{
    const struct setting yes = { "product-must-match", "yes" };
    const struct setting perhaps = { "product-must-match", "perhaps" };
    struct device_settings device;

    (void)state;
    assert_null(read_settings(NULL, NULL, &device));
    assert_false(device.identity.product_must_match);
    assert_null(read_settings(NULL, &yes, &device));
    assert_true(device.identity.product_must_match);
    assert_string_equal(read_settings(NULL, &perhaps, &device), "product-must-match");
}

static void a_missing_setting_is_named(void **state)
{
    static const char *const needed[] = { "device.name", "mqtt.host", "mqtt.ca", "mqtt.certificate",
                                          "mqtt.key" };
    struct device_settings device;

    (void)state;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        assert_string_equal(read_settings(needed[i], NULL, &device), needed[i]);
    }
}

static void a_time_too_long_for_milliseconds_does_not_wrap(void **state)
{
    const struct setting forever = { "agent.packet-interval-s", "4294967295" };
    struct device_settings device;

    (void)state;
    assert_null(read_settings(NULL, &forever, &device));
    assert_int_equal(device.chunk_timeout_ms, 1000u * OTTER_AGENT_INTERVAL_MAX_S);
}

static void an_impossible_port_is_named(void **state)
{
    static const char *const ports[] = { "0", "65536", "4294967295" };
    struct device_settings device;

    (void)state;
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        const struct setting port = { "mqtt.port", ports[i] };

        assert_string_equal(read_settings(NULL, &port, &device), "mqtt.port");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_led_toggles_once_each_interval),
        cmocka_unit_test(the_led_goes_on_when_the_clock_wraps),
        cmocka_unit_test(a_trial_fails_once_when_its_time_is_over),
        cmocka_unit_test(a_trial_that_was_passed_never_fails),
        cmocka_unit_test(a_settled_program_has_no_trial),
        cmocka_unit_test(settings_become_configuration),
        cmocka_unit_test(what_was_not_provisioned_has_a_default),
        cmocka_unit_test(words_choose_how_images_are_found_and_fetched),
        cmocka_unit_test(all_timing_can_be_provisioned),
        cmocka_unit_test(other_brokers_are_forbidden_unless_they_are_named),
        cmocka_unit_test(a_product_must_match_if_the_settings_say_so),
        cmocka_unit_test(a_missing_setting_is_named),
        cmocka_unit_test(a_time_too_long_for_milliseconds_does_not_wrap),
        cmocka_unit_test(an_impossible_port_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
