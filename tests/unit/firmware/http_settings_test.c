/* SPDX-License-Identifier: Apache-2.0 */

/* The translation of settings about an HTTP server. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "composed.h"
#include "http_settings.h"

#define SETTINGS_MAX 4

static const char *read_settings(const struct setting settings[SETTINGS_MAX],
                                 struct http_settings *http)
{
    const struct otter_settings found = composed_settings(settings, SETTINGS_MAX);

    return http_settings_read(&found, http);
}

static void without_settings_there_is_no_server(void **state)
{
    const struct setting none[SETTINGS_MAX] = { { "device.name", "x" } };
    struct http_settings http;

    (void)state;
    assert_null(read_settings(none, &http));
    assert_null(http.endpoint.host);
    assert_false(http.has_jobs);
}

static void tls_is_the_default_and_needs_an_authority(void **state)
{
    struct setting settings[SETTINGS_MAX] = { { "http.host", "updates" } };
    struct http_settings http;

    (void)state;
    assert_string_equal(read_settings(settings, &http), "http.ca");
    settings[1] = (struct setting){ "http.ca", "PEM" };
    assert_null(read_settings(settings, &http));
    assert_true(http.secure);
    assert_int_equal(http.endpoint.port, 443);
    assert_string_equal(http.job_path, "/ota_update.json");
    assert_string_equal(http.result_path, "/ota_result");
    assert_null(http.certificate);
}

static void a_device_fetches_in_the_clear_only_if_it_is_told_so(void **state)
{
    const struct setting settings[SETTINGS_MAX] = { { "http.host", "updates" },
                                                    { "http.tls", "no" },
                                                    { "agent.jobs", "http" } };
    struct http_settings http;

    (void)state;
    assert_null(read_settings(settings, &http));
    assert_false(http.secure);
    assert_true(http.has_jobs);
    assert_int_equal(http.endpoint.port, 80);
}

static void what_is_impossible_is_named(void **state)
{
    static const struct setting wrong[] = {
        { "http.tls", "perhaps" },
        { "agent.jobs", "pigeon" },
        { "http.port", "0" },
        { "http.port", "65536" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct setting settings[SETTINGS_MAX] = { wrong[i], { "http.host", "updates" } };
        struct http_settings http;

        assert_string_equal(read_settings(settings, &http), wrong[i].name);
    }
}

static void jobs_need_a_server_to_be_asked_for_at(void **state)
{
    const struct setting settings[SETTINGS_MAX] = { { "agent.jobs", "http" } };
    struct http_settings http;

    (void)state;
    assert_string_equal(read_settings(settings, &http), "http.host");
}

static void jobs_of_aws_iot_need_no_server(void **state)
{
    const struct setting settings[SETTINGS_MAX] = { { "agent.jobs", "aws" } };
    struct http_settings http;

    (void)state;
    assert_null(read_settings(settings, &http));
    assert_false(http.has_jobs);
}

static void other_servers_are_forbidden_unless_they_are_named(void **state)
{
    const struct setting settings[SETTINGS_MAX] = { { "http.allowed-server-2", "mirror" },
                                                    { "http.allowed-server-4", "other:80" } };
    struct http_settings http;

    (void)state;
    assert_null(read_settings(settings, &http));
    assert_string_equal(http.allowed_servers[0], "mirror");
    assert_string_equal(http.allowed_servers[1], "other:80");
    assert_null(http.allowed_servers[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_settings_there_is_no_server),
        cmocka_unit_test(tls_is_the_default_and_needs_an_authority),
        cmocka_unit_test(a_device_fetches_in_the_clear_only_if_it_is_told_so),
        cmocka_unit_test(what_is_impossible_is_named),
        cmocka_unit_test(jobs_need_a_server_to_be_asked_for_at),
        cmocka_unit_test(jobs_of_aws_iot_need_no_server),
        cmocka_unit_test(other_servers_are_forbidden_unless_they_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
