/* SPDX-License-Identifier: Apache-2.0 */

/* A socket, the broker behind it and the transport, wired for one run of the application. */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "broker.h"
#include "otter/mqtt_transport.h"
#include "otter/posix_link.h"

/** Do not move it after start; stop it before throwing it away. */
struct sim_network {
    struct otter_posix_link tcp;
    struct broker broker;
    struct otter_mqtt_transport_config transport_config;
    struct otter_mqtt_transport transport;
    uint8_t transport_buffer[OTTER_JOB_DOCUMENT_MAX + 4096];
};

/** @return OTTER_OK; anything else was said on the console */
enum otter_result sim_network_start(struct sim_network *network,
                                    const struct device_settings *settings);
void sim_network_stop(struct sim_network *network);

#endif
