/* SPDX-License-Identifier: Apache-2.0 */

#include "weigh.h"

static struct otter_agent agent;
static struct otter_agent_config config;

volatile int weigh_result;

void weigh_agent(const struct otter_job_source *jobs, const struct otter_data_source *data,
                 const struct otter_agent_bundles *bundles)
{
    struct otter_agent_status status;

    config.jobs = jobs;
    config.data = data;
    config.bundles = bundles;
    config.timing = otter_agent_default_timing;
    weigh_result = otter_agent_init(&agent, &config, 0);
    otter_agent_start(&agent, 0);
    otter_agent_check_now(&agent);
    weigh_result = (int)otter_agent_step(&agent, 0);
    otter_agent_get_status(&agent, 0, &status);
    weigh_result = status.percent;
    weigh_result = otter_agent_confirm(&agent);
    otter_agent_stop(&agent, 0);
}

void weigh_service(const struct otter_agent_service *service)
{
    config.service = service;
}

/* newlib's own brings printf and files. */
_Noreturn void __assert_func(const char *file, int line, const char *function,
                             const char *condition);

_Noreturn void __assert_func(const char *file, int line, const char *function,
                             const char *condition)
{
    (void)file;
    (void)function;
    (void)condition;
    weigh_result = line;
    for (;;) {
    }
}
