/* SPDX-License-Identifier: Apache-2.0 */

/* One device of a fleet: the agent, the MQTT transport and client that devices have, over a socket of
 * its own, with its slots in memory. It is done when it has reported an update and asks for the restart. */
#ifndef FLEET_DEVICE_H
#define FLEET_DEVICE_H

#include <stdbool.h>

#include "otter/agent.h"
#include "otter/mqtt.h"
#include "otter/mqtt_transport.h"
#include "otter/posix_link.h"
#include "sparse_flash.h"

/** What all devices of a fleet have in common; borrowed as long as they live. */
struct fleet_config {
    const char *host;
    uint16_t port;
    const char *topic_prefix;
    enum otter_mqtt_fetch fetch;
    uint16_t chunk_size;
    uint8_t window;
    struct otter_public_key key;
};

/** Do not move it after start. The fields are its own, but for the last ones. */
struct fleet_device {
    char name[24];
    struct sparse_flash flash;
    struct otter_posix_link tcp;
    struct otter_link link;
    struct otter_mqtt_config mqtt_config;
    struct otter_mqtt mqtt;
    struct otter_mqtt_client client;
    struct otter_mqtt_transport_config transport_config;
    struct otter_mqtt_transport transport;
    struct otter_job_source jobs;
    struct otter_data_source data;
    struct otter_agent_config agent_config;
    struct otter_agent agent;
    uint8_t send_buffer[2048];
    char topic_buffer[OTTER_MQTT_TOPIC_SIZE];
    uint8_t transport_buffer[OTTER_JOB_DOCUMENT_MAX + 4096];
    uint8_t agent_buffer[4096];

    /* for reading */
    bool is_done;      /* the update is pending and reported */
    unsigned failures; /* stages that failed; most are tried again */
    uint32_t bytes;    /* of the image */
    uint32_t due_ms;   /* step it then, or when bytes arrive */
    uint32_t done_ms;  /* when it was done */
    enum otter_result last_failure;
};

/** Start a device that looks for an update at once. @return what went wrong */
enum otter_result fleet_device_start(struct fleet_device *device, const struct fleet_config *config,
                                     unsigned number, uint32_t now_ms);

/** Do what can be done without waiting; sets `due_ms` and the like. */
void fleet_device_step(struct fleet_device *device, uint32_t now_ms);

/** The socket to wait for; -1: none. */
int fleet_device_socket(const struct fleet_device *device);

/** Take its connection down and free its memory. */
void fleet_device_stop(struct fleet_device *device);

#endif
