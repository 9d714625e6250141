/* SPDX-License-Identifier: Apache-2.0 */

/* Jobs over either transport, or none at all; data over the one that the job names; bundles of two images. */

#include "otter/agent_bundle.h"
#include "otter/direct.h"
#include "otter/router.h"
#include "weigh.h"

enum { MQTT, HTTP, TRANSPORTS };

static struct otter_job_source jobs[TRANSPORTS];
static struct otter_data_source data[TRANSPORTS];
static struct otter_job_source image;
static struct otter_direct direct;
static struct otter_route routes[TRANSPORTS];
static struct otter_router_config router_config;
static struct otter_router router;
static struct otter_data_source routed;

static struct otter_agent_bundle bundle;
static struct otter_agent_slots others[1];
static const struct otter_agent_bundles bundles = {
    .ops = &otter_agent_bundle_ops,
    .state = &bundle,
    .others = others,
    .other_count = 1,
};

static const struct otter_job place = { .connection = OTTER_JOB_CONNECTION_HTTP };

static void add_route(int transport, enum otter_job_connection connection)
{
    routes[transport] =
        (struct otter_route){ .connection = connection, .source = &data[transport] };
}

void weigh(void)
{
    weigh_mqtt(&jobs[MQTT], &data[MQTT]);
    weigh_http(&jobs[HTTP], &data[HTTP]);
    add_route(MQTT, OTTER_JOB_CONNECTION_MQTT);
    add_route(HTTP, OTTER_JOB_CONNECTION_HTTP);
    router_config.routes = routes;
    router_config.route_count = TRANSPORTS;
    routed = otter_router_source(&router, &router_config);
    image = otter_direct_source(&direct, &place, &jobs[MQTT]);
    weigh_agent(&jobs[HTTP], &routed, &bundles);
    weigh_agent(&image, &routed, &bundles);
}
