/* SPDX-License-Identifier: Apache-2.0 */

#include "weigh.h"

static struct otter_job_source jobs;
static struct otter_data_source data;

void weigh(void)
{
    weigh_mqtt(&jobs, &data);
    weigh_agent(&jobs, &data, NULL);
}
