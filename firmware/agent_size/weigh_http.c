/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/http.h"
#include "otter/http_transport.h"
#include "weigh.h"

static uint8_t buffer[OTTER_JOB_DOCUMENT_MAX + 1];
static uint8_t send_buffer[1024];

static struct otter_http http;
static struct otter_http_config http_config;
static struct otter_http_client client;
static struct otter_http_transport transport;
static struct otter_http_transport_config config;

void weigh_http(struct otter_job_source *jobs, struct otter_data_source *data)
{
    http_config.send_buffer = send_buffer;
    http_config.send_size = sizeof send_buffer;
    otter_http_init(&http, &http_config);
    client = otter_http_as_client(&http);
    config.client = &client;
    config.buffer = buffer;
    config.buffer_size = sizeof buffer;
    weigh_result = otter_http_transport_init(&transport, &config);
    *jobs = otter_http_job_source(&transport);
    *data = otter_http_data_source(&transport);
}
