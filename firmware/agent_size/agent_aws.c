/* SPDX-License-Identifier: Apache-2.0 */

/* AWS IoT: Jobs, and blocks of streams; the job's signatures are checked. */

#include "otter/agent_service.h"
#include "weigh.h"

static struct otter_job_source jobs;
static struct otter_data_source data;
static struct otter_agent_service service;

void weigh(void)
{
    weigh_aws(&jobs, &data);
    service.ops = &otter_agent_service_ops;
    weigh_service(&service);
    weigh_agent(&jobs, &data, NULL);
}
