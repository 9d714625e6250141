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

/** Chunk requests that may be in flight. */
#define OTTER_MQTT_WINDOW_MAX 8

/** Longest unique topic, with its terminator: "<prefix>/<board>/OTAImage/<32 digits>". The client's
 * topic buffer must be as large. */
#define OTTER_MQTT_TOPIC_SIZE 128

/** How the image is asked for. */
enum otter_mqtt_fetch {
    OTTER_MQTT_FETCH_CHUNKS, /**< a request for each chunk: flow control and cheap repair */
    OTTER_MQTT_FETCH_WHOLE,  /**< one request, then repair of gaps by chunk requests */
    /** As WHOLE, but over the fixed topic "<prefix>/<board>/OTAImage", which all devices of a board
     * share; for publishers that send there what they were asked for by another device. */
    OTTER_MQTT_FETCH_TOPIC,
};

struct otter_mqtt_transport_config {
    const struct otter_mqtt_client *client;
    struct otter_mqtt_session session; /**< client_id is used as it is */
    /** Brokers besides that of `session` to which a job may send the device, "host" or "host:port",
     * behind the last one NULL; or NULL. They are spoken with as with that one: over TLS, if it
     * is, and with its user name and password. */
    const char *const *allowed_brokers;
    const char *topic_prefix; /**< "anycloud" */
    enum otter_mqtt_fetch fetch;
    uint16_t chunk_size;        /**< bytes of image data asked for at a time; 4096 */
    uint8_t window;             /**< chunk requests in flight; 1..8 */
    uint32_t job_timeout_ms;    /**< wait for the job; 30000; 0: for ever */
    uint32_t chunk_timeout_ms;  /**< silence before chunks are asked for again; 0: never */
    uint8_t chunk_tries;        /**< requests for one chunk before the session has failed; >= 1 */
    uint32_t result_timeout_ms; /**< wait for "Result Received" before moving on */
    /** Fill @p bytes with @p len random bytes; for the unique topic. */
    enum otter_result (*random)(void *context, uint8_t *bytes, size_t len);
    void *random_context;
    uint8_t *buffer;    /**< holds a job document or a piece of a chunk */
    size_t buffer_size; /**< bytes; at least OTTER_JOB_DOCUMENT_MAX + 1 */
};

/** A range of the image that was asked for, or is about to be. Part of the transport. */
struct otter_mqtt_chunk_request {
    uint32_t offset;
    uint32_t length;
    uint32_t number;   /* of the request, in the order of asking */
    uint8_t overtaken; /* answers that came to later ones */
    uint8_t state;
};

/** A transport. Allocate it anywhere; the fields are its own. */
struct otter_mqtt_transport {
    const struct otter_mqtt_transport_config *config;
    const struct otter_identity *identity;

    /* Flags first, then numbers, then what is large: code reaches the first bytes of a struct with
     * shorter instructions. */
    uint8_t phase;
    bool is_away;        /* at a broker that the present job named */
    uint8_t message;     /* what is done with the message being received */
    bool is_ours;        /* it came on the unique topic */
    bool is_fixed_topic; /* it came on the one that all devices of a board share */
    bool acknowledged;   /* the broker has the request or report */
    bool is_pushed;      /* the whole image was or will be asked for, not chunks */
    uint8_t silences;    /* times that something was asked for again since `reached` grew */
    uint8_t request_count;
    uint16_t subscription; /* packet of the SUBSCRIBE; 0: not sent yet */
    uint16_t sent;         /* packet of the request or report; 0: not sent yet */
    uint32_t since_ms;     /* when it was sent or acknowledged */

    /* the message being received */
    uint32_t message_size; /* bytes of its payload */
    size_t have;           /* bytes of it in the buffer */

    /* fetching */
    const struct otter_job *job;
    uint32_t total;       /* bytes of the whole image; 0: not known yet */
    uint32_t data_offset; /* where the bytes in the buffer belong in the image */
    size_t taken;         /* bytes of those that are used up */
    uint32_t reached;     /* offset up to which the device had all bytes in the last step */
    uint32_t quiet_ms;    /* when `reached` grew last, or something was asked for again */
    uint32_t pushed_to;   /* where the furthest chunk ended */
    uint32_t asked;       /* requests that were sent */

    struct otter_report report;
    struct otter_mqtt_session session; /* that of the configuration, or at another broker */
    struct otter_mqtt_chunk_request requests[OTTER_MQTT_WINDOW_MAX];
    char topic[OTTER_MQTT_TOPIC_SIZE]; /* the unique one, new with each connection */
    char detail[128];                  /* why the last call failed; "": the client knows */
};

/** Check the configuration and prepare a transport.
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_mqtt_transport_init(struct otter_mqtt_transport *transport,
                                            const struct otter_mqtt_transport_config *config);

/** Where jobs come from. Its close() ends the connection. */
struct otter_job_source otter_mqtt_job_source(struct otter_mqtt_transport *transport);
/** Where images come from. It uses the connection of the job source or makes one, and leaves it open
 * for the report; or it goes to another broker, if the job names one that is allowed. One that is
 * not allowed is refused with OTTER_ERR_JOB_REDIRECT. For direct flow use it with the job source of
 * otter/direct.h. */
struct otter_data_source otter_mqtt_data_source(struct otter_mqtt_transport *transport);

#endif
