/* SPDX-License-Identifier: Apache-2.0 */

/* Programs that are weighed and never run: an agent and its transports, linked alone. What a platform
 * brings is left out: flash driver, TCP/IP, TLS, cryptography, the clock; so are the lines that an
 * application makes of events. The memory that a product has for updates is here, with buffers of a
 * usual size; only the agent's own buffer is the application's. */
#ifndef WEIGH_H
#define WEIGH_H

#include "otter/agent.h"

/** Written so that no call is left out as useless. */
extern volatile int weigh_result;

/** Every call that an application has need of.
 *  @param bundles  NULL: an update is always one image */
void weigh_agent(const struct otter_job_source *jobs, const struct otter_data_source *data,
                 const struct otter_agent_bundles *bundles);

/** Before weigh_agent(): a service keeps account of the device. */
void weigh_service(const struct otter_agent_service *service);

void weigh_aws(struct otter_job_source *jobs, struct otter_data_source *data);
void weigh_mqtt(struct otter_job_source *jobs, struct otter_data_source *data);
void weigh_http(struct otter_job_source *jobs, struct otter_data_source *data);
struct otter_ble_service;
struct otter_ble_signer;
struct otter_ble_variant;
void weigh_ble(const struct otter_ble_service *service, const struct otter_ble_variant *variant,
               struct otter_ble_signer *signer, struct otter_job_source *jobs,
               struct otter_data_source *data);

/** Where each program begins. */
void weigh(void);

#endif
