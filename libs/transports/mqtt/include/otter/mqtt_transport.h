/* SPDX-License-Identifier: Apache-2.0 */

/** The AnyCloud library's update protocol over MQTT, as a job source and a data source that share
 * one connection (docs/formats/mqtt-protocol.md).
 *
 * The device subscribes to a unique topic of 128 random bits, asks on the request topic, gets a
 * job on the unique topic, and fetches the image there, either whole or chunk by chunk. */
#ifndef OTTER_MQTT_TRANSPORT_H
#define OTTER_MQTT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/mqtt_client.h"
#include "otter/result.h"
#include "otter/source.h"

/** How the image is asked for. */
enum otter_mqtt_fetch {
    OTTER_MQTT_FETCH_CHUNKS, /**< a request for each chunk: flow control and cheap repair */
    OTTER_MQTT_FETCH_WHOLE,  /**< one request, then repair of gaps by chunk requests */
};

struct otter_mqtt_transport_config {
    const struct otter_mqtt_client *client;
    struct otter_mqtt_session session; /**< client_id is used as it is */
    const char *topic_prefix;          /**< "anycloud" */
    enum otter_mqtt_fetch fetch;
    uint16_t chunk_size;        /**< bytes of image data asked for at a time; 4096 */
    uint8_t window;             /**< chunk requests in flight; 1..8 */
    uint32_t job_timeout_ms;    /**< wait for the job; 30000 */
    uint32_t chunk_timeout_ms;  /**< silence before a chunk is asked for again */
    uint8_t chunk_tries;        /**< requests for one chunk before the session has failed */
    uint32_t result_timeout_ms; /**< wait for "Result Received" before moving on */
    /** Fill @p bytes with @p len random bytes; for the unique topic. */
    enum otter_result (*random)(void *context, uint8_t *bytes, size_t len);
    void *random_context;
    uint8_t *buffer;    /**< holds a job document or a piece of a chunk */
    size_t buffer_size; /**< bytes; at least OTTER_JOB_DOCUMENT_MAX + 1 */
};

/** A transport. Allocate it anywhere; the fields are its own. */
struct otter_mqtt_transport {
    const struct otter_mqtt_transport_config *config;
};

/** @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_mqtt_transport_init(struct otter_mqtt_transport *transport,
                                            const struct otter_mqtt_transport_config *config);

struct otter_job_source otter_mqtt_job_source(struct otter_mqtt_transport *transport);
struct otter_data_source otter_mqtt_data_source(struct otter_mqtt_transport *transport);

#endif
