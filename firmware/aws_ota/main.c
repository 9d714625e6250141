/* SPDX-License-Identifier: Apache-2.0 */

/* The AWS IoT example: a program that blinks, and is a thing whose firmware AWS IoT Jobs keeps up to
 * date, or otter aws-standin. Jobs come over MQTT, files as blocks of a stream or from a pre-signed URL.
 *
 * This file is the list of what it is made of, from the bottom up; ../common/application.c has the
 * parts that it shares with others, and the loop that steps them. */

#include "app_console.h"
#include "application.h"
#include "aws.h"
#include "images.h"
#include "network.h"
#include "web.h"

#define WEB_LINK (APPLICATION_BROKER_LINK + 1)

static struct aws_settings aws_settings;
static struct aws aws;
static struct http_settings web_settings;
static struct web web;
static struct otter_data_source web_data;

static bool has_web(void)
{
    return web_settings.endpoint.host != NULL;
}

static const char *read_settings(void)
{
    const char *const wrong = aws_settings_read(&application.found, &aws_settings);

    device_timing_read(&application.found, &otter_agent_service_timing,
                       &application.settings.timing);
    return wrong != NULL ? wrong : http_settings_read(&application.found, &web_settings);
}

static enum otter_result start_settings(void)
{
    const enum otter_result result = application_start_settings();

    if (result != OTTER_OK) {
        return result;
    }

    const char *const wrong = read_settings();

    if (wrong != NULL) {
        console_say_text("setting missing or impossible: ", wrong);
        return OTTER_ERR_ARGUMENT;
    }
    console_say_text("thing ", aws_settings.thing_name);
    return OTTER_OK;
}

static enum otter_result start_web(void)
{
    if (!has_web()) {
        return OTTER_OK;
    }
    web.tls_config = (struct otter_tls_config){
        .lower = network_link(WEB_LINK),
        .random = otter_mbedtls_random,
        .random_context = &network_random,
    };
    web_data = otter_http_data_source(&web.transport);
    return web_start(&web, &web_settings, &application.settings.identity);
}

static bool is_on_trial(void *context)
{
    (void)context;
    return application_is_on_trial();
}

static bool is_called(uint32_t now_ms)
{
    return otter_aws_transport_listen(&aws.transport, now_ms);
}

static enum otter_result start_aws(void)
{
    const struct aws_surroundings around = {
        .client = &application.broker.client,
        .session = &application.settings.session,
        .http = has_web() ? &web_data : NULL,
        .is_on_trial = is_on_trial,
        .random = network_random_number,
        .context = &network_random,
    };

    application.jobs = otter_aws_job_source(&aws.transport);
    application.data = otter_aws_data_source(&aws.transport);
    application.service = &aws.service;
    application.is_called = is_called;
    return aws_start(&aws, &aws_settings, &around);
}

static enum otter_result open_images(void)
{
    application.bundles = images_open();
    return OTTER_OK;
}

static const struct program_part parts[] = {
    { "settings", start_settings },
    { "random numbers", application_start_random },
    { "network", application_start_network },
    { "TLS and MQTT", application_start_broker },
    { "HTTP", start_web },
    { "AWS IoT", start_aws },
    { "images", open_images },
    { "update agent", application_start_agent },
};

int main(void)
{
    application_run(parts, sizeof parts / sizeof parts[0]);
}
