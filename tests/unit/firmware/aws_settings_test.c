/* SPDX-License-Identifier: Apache-2.0 */

/* The translation of settings about AWS IoT. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws_settings.h"
#include "composed.h"
#include "otter/aws_transport.h"

#define SETTINGS_MAX 4

static const char *read_settings(const struct setting settings[SETTINGS_MAX],
                                 struct aws_settings *aws)
{
    const struct otter_settings found = composed_settings(settings, SETTINGS_MAX);

    return aws_settings_read(&found, aws);
}

static void a_thing_is_called_as_the_device_is(void **state)
{
    struct setting settings[SETTINGS_MAX] = { { "device.name", "otter-1" },
                                              { "agent.jobs", "aws" } };
    struct aws_settings aws;

    (void)state;
    assert_null(read_settings(settings, &aws));
    assert_true(aws.has_jobs);
    assert_string_equal(aws.thing_name, "otter-1");
    settings[2] = (struct setting){ "aws.thing-name", "pump:7_b" };
    assert_null(read_settings(settings, &aws));
    assert_string_equal(aws.thing_name, "pump:7_b");
}

static void a_name_that_aws_does_not_take_is_refused(void **state)
{
    static char long_name[OTTER_AWS_THING_SIZE + 1];
    const char *const names[] = { "", "a b", "a/b", "$next", "a+", long_name };

    (void)state;
    memset(long_name, 'n', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct setting settings[SETTINGS_MAX] = { { "aws.thing-name", names[i] } };
        struct aws_settings aws;

        assert_string_equal(read_settings(settings, &aws), "aws.thing-name");
    }
    long_name[OTTER_AWS_THING_SIZE - 1] = '\0';
    const struct setting longest[SETTINGS_MAX] = { { "aws.thing-name", long_name } };
    struct aws_settings aws;
    assert_null(read_settings(longest, &aws));
}

static void what_is_not_said_has_a_default(void **state)
{
    const struct setting settings[SETTINGS_MAX] = { { "device.name", "otter-1" } };
    struct aws_settings aws;

    (void)state;
    assert_null(read_settings(settings, &aws));
    assert_false(aws.has_jobs);
    assert_false(aws.prefer_http);
    assert_null(aws.code_signing_certificate);
    assert_int_equal(aws.block_size, 4096);
    assert_int_equal(aws.window, 8);
}

static void what_is_said_counts(void **state)
{
    const struct setting settings[SETTINGS_MAX] = { { "device.name", "otter-1" },
                                                    { "aws.data", "http" },
                                                    { "aws.block-size", "1024" },
                                                    { "aws.window", "32" } };
    struct aws_settings aws;

    (void)state;
    assert_null(read_settings(settings, &aws));
    assert_true(aws.prefer_http);
    assert_int_equal(aws.block_size, 1024);
    assert_int_equal(aws.window, 32);
}

static void what_is_impossible_is_named(void **state)
{
    static const struct setting wrong[] = {
        { "aws.data", "pigeon" },      { "aws.block-size", "128" }, { "aws.block-size", "5000" },
        { "aws.block-size", "16384" }, { "aws.window", "0" },       { "aws.window", "33" },
        { "aws.window", "264" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct setting settings[SETTINGS_MAX] = { wrong[i], { "device.name", "otter-1" } };
        struct aws_settings aws;

        assert_string_equal(read_settings(settings, &aws), wrong[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thing_is_called_as_the_device_is),
        cmocka_unit_test(a_name_that_aws_does_not_take_is_refused),
        cmocka_unit_test(what_is_not_said_has_a_default),
        cmocka_unit_test(what_is_said_counts),
        cmocka_unit_test(what_is_impossible_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
