/* SPDX-License-Identifier: Apache-2.0 */

/* The transport of AWS IoT, and what the agent must know of that service, wired over a broker's client. */
#ifndef OTTER_FIRMWARE_AWS_H
#define OTTER_FIRMWARE_AWS_H

#include "aws_settings.h"
#include "otter/agent_service.h"
#include "otter/aws_transport.h"
#include "otter/certificate_key.h"

/* What a program brings along. */
struct aws_surroundings {
    const struct otter_mqtt_client *client;
    const struct otter_mqtt_session *session;
    const struct otter_data_source *http; /* for pre-signed URLs; NULL: there is none */
    bool (*is_on_trial)(void *context);
    uint32_t (*random)(void *context);
    void *context;
};

/* Do not move it after start. */
struct aws {
    struct otter_aws_transport_config config;
    struct otter_aws_transport transport;
    struct otter_agent_service service; /* for the agent's configuration */
    struct otter_public_key signer;     /* who may sign the files of jobs */
    const char *problem;                /* what a failed start was about */
    uint8_t signer_der[OTTER_CERTIFICATE_KEY_SIZE];
    char urls[4096];
    uint8_t buffer[AWS_BLOCK_SIZE_MAX + OTTER_AWS_ENVELOPE_SIZE];
};

/* @return OTTER_OK; or why the transport cannot work */
enum otter_result aws_start(struct aws *aws, const struct aws_settings *settings,
                            const struct aws_surroundings *around);

#endif
