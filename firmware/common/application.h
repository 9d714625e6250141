/* SPDX-License-Identifier: Apache-2.0 */

/* A program that blinks, and keeps itself up to date over MQTT with TLS: what such programs have in
 * common. Each one's main.c is the list of its parts; those that only it has are there, and the rest
 * is here, with the steps of its loop or of its tasks: network, agent, trial, LED, watchdog. */
#ifndef OTTER_FIRMWARE_APPLICATION_H
#define OTTER_FIRMWARE_APPLICATION_H

#include "broker.h"
#include "device_settings.h"
#include "otter/agent.h"
#include "program.h"

/* Which link the broker's session has (network.h). */
#define APPLICATION_BROKER_LINK 0

/* What parts hand to each other. */
struct application {
    struct otter_settings found; /* all that was provisioned */
    struct device_settings settings;
    struct broker broker;
    struct otter_job_source jobs;              /* for the transport's part to fill in */
    struct otter_data_source data;             /* likewise */
    const struct otter_agent_bundles *bundles; /* NULL: an update is always one image */
    const struct otter_agent_service *service; /* NULL: nobody keeps account of updates */
    struct otter_agent agent;
    /* Was a job announced? Asked while the agent is idle; NULL: they are only asked for. */
    bool (*is_called)(uint32_t now_ms);
};

extern struct application application;

/* Parts, in the order in which they need each other. */
enum otter_result application_start_settings(void);
enum otter_result application_start_random(void);
enum otter_result application_start_network(void);
enum otter_result application_start_broker(void);
enum otter_result application_start_agent(void);

/* Is the running program to be confirmed yet? */
bool application_is_on_trial(void);

/* All that main() has to do. */
_Noreturn void application_run(const struct program_part parts[], size_t count);

#endif
