/* SPDX-License-Identifier: Apache-2.0 */

/* Reports, and configurations that cannot work. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static void a_report_tells_what_became_of_the_update(void **state)
{
    (void)state;
    assert_int_equal(send_report(OTTER_REPORT_FAILED, OTTER_ERR_IMAGE_HASH), OTTER_OK);
    assert_string_equal(publisher.last,
                        "{\"Message\":\"Failure\",\"UniqueTopicName\":\"anycloud/board-1/OTAImage/"
                        "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0\",\"BoardName\":\"board-1\","
                        "\"SerialNumber\":\"0001\",\"Version\":\"1.1.0\",\"Stage\":\"failed\","
                        "\"Code\":\"-25\",\"Reason\":\"the image's hash does not match its "
                        "bytes\"}");
    assert_int_equal(send_report(OTTER_REPORT_CONFIRMED, OTTER_OK), OTTER_OK);
    assert_non_null(strstr(publisher.last, "{\"Message\":\"Success\","));
    assert_non_null(strstr(publisher.last, "\"Stage\":\"confirmed\",\"Code\":\"0\""));
    assert_int_equal(publisher.reports, 2);
}

static void a_receipt_is_waited_for_only_shortly(void **state)
{
    uint32_t began_ms;

    (void)state;
    get_job();
    began_ms = now_ms;
    assert_int_equal(send_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
    assert_in_range(now_ms - began_ms, 0, 400);

    publisher.gives_receipts = false;
    began_ms = now_ms;
    assert_int_equal(send_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_OK);
    assert_in_range(now_ms - began_ms, 500, 1000);
}

static void a_report_that_the_broker_does_not_take_has_failed(void **state)
{
    (void)state;
    get_job();
    broker.is_silent = true;
    assert_int_equal(send_report(OTTER_REPORT_PENDING, OTTER_OK), OTTER_ERR_TIMEOUT);
}

static void impossible_configurations_are_refused(void **state)
{
    (void)state;
    config.window = 0;
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_ERR_ARGUMENT);
    config.window = OTTER_MQTT_WINDOW_MAX + 1;
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_ERR_ARGUMENT);
    config.window = 1;
    config.buffer_size = OTTER_JOB_DOCUMENT_MAX;
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_ERR_ARGUMENT);
    config.buffer_size = OTTER_JOB_DOCUMENT_MAX + 1;
    config.random = NULL;
    assert_int_equal(otter_mqtt_transport_init(&transport, &config), OTTER_ERR_ARGUMENT);
}

int run_reporting_tests(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_report_tells_what_became_of_the_update),
        TEST(a_receipt_is_waited_for_only_shortly),
        TEST(a_report_that_the_broker_does_not_take_has_failed),
        TEST(impossible_configurations_are_refused),
    };

    return cmocka_run_group_tests_name("reporting", tests, NULL, NULL);
}
