/* SPDX-License-Identifier: Apache-2.0 */

/** AWS IoT: Jobs over MQTT as a job source, MQTT file streams or pre-signed URLs as a data source
 * (docs/formats/aws.md).
 *
 * Both share one MQTT session. The job source asks for the next execution and tells what becomes of it
 * (IN_PROGRESS with self_test, SUCCEEDED, FAILED, REJECTED). The data source starts the execution,
 * fetches its files in blocks of a stream or over HTTP(S), tells the progress, and notices at once when
 * the execution is cancelled. A job of several files is seen by the agent as one file, the pieces in the
 * order of their images.
 *
 * A job names no version: the image's own header tells it with the first block. */
#ifndef OTTER_AWS_TRANSPORT_H
#define OTTER_AWS_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/mqtt_client.h"
#include "otter/result.h"
#include "otter/source.h"

/** Blocks that may be asked for and not be here yet. */
#define OTTER_AWS_WINDOW_MAX 32u

/** Files in a job. */
#define OTTER_AWS_FILES_MAX 4u

/** Names, each with its terminator: AWS IoT's own limits. */
#define OTTER_AWS_THING_SIZE  129u
#define OTTER_AWS_JOB_SIZE    65u
#define OTTER_AWS_STREAM_SIZE 129u

/** Longest topic, with its terminator. The client's topic buffer must be as large. */
#define OTTER_AWS_TOPIC_SIZE 304u

/** Longest message that the device publishes. The client's send buffer must hold it and its topic. */
#define OTTER_AWS_MESSAGE_SIZE 768u

/** What the buffer must hold at least, so that no usual job document is too long for it ... */
#define OTTER_AWS_BUFFER_MIN 3072u
/** ... and what it must hold besides a block: the envelope of a stream message. */
#define OTTER_AWS_ENVELOPE_SIZE 128u

/** Smallest and largest block; the largest is where a message with its envelope still fits 128 KiB. */
#define OTTER_AWS_BLOCK_MIN 256u
#define OTTER_AWS_BLOCK_MAX 65536u

struct otter_aws_transport_config {
    const struct otter_mqtt_client *client;
    struct otter_mqtt_session
        session;            /**< its client_id is what the policy asks for: the thing's name */
    const char *thing_name; /**< 1 to 128 of [a-zA-Z0-9:_-] */

    /** Where pre-signed URLs are fetched from: otter_http_data_source() of a transport whose
     * `allowed_servers` name the buckets' hosts, and whose client is secure for https. NULL: a job
     * whose only protocol is HTTP is refused. */
    const struct otter_data_source *http;
    bool prefer_http; /**< of a job that offers both; else its stream is used */
    char *url;        /**< holds the URLs of a job, one for each file; NULL without `http` */
    size_t url_size;  /**< bytes, terminators included; 2048 for one file */

    /** file_types[i] is the "fileType" of image i; NULL: an image's type is its number. */
    const uint8_t *file_types;
    uint8_t file_type_count;

    uint32_t block_size; /**< bytes; 256 to 65536, and a multiple of the flash's write unit; 4096 */
    uint8_t window;      /**< blocks asked for and not here yet; 1 to 32; 8 */
    uint8_t blocks_per_request; /**< blocks that one request asks for at most; 1 to `window`; 8 */

    uint32_t request_timeout_ms; /**< wait for the answer to a request of the jobs service; 10000 */
    uint8_t request_tries;       /**< requests before the connection counts as failed; >= 1; 3 */
    uint32_t
        block_timeout_ms; /**< silence before blocks are asked for again, 2000; it doubles ... */
    uint32_t block_timeout_max_ms; /**< ... up to this, 30000 */
    uint8_t block_tries;      /**< such silences in a row before the transfer has failed; >= 1; 5 */
    uint8_t progress_percent; /**< tell the progress each time it has grown by this; 0: never; 10 */

    /** Keep the session between two conversations, so that otter_aws_transport_listen() hears of a new
     * job at once. */
    bool stay_connected;

    /** Is the running program on trial? Then an execution that is gone means that it must not be
     * kept. NULL: programs are never on trial. */
    bool (*is_on_trial)(void *context);
    /** A random number: for client tokens, and the jitter of pauses. */
    uint32_t (*random)(void *context);
    void *context;

    uint8_t *buffer; /**< holds a message of the service: a job, or a block in its envelope */
    size_t
        buffer_size; /**< bytes; at least OTTER_AWS_BUFFER_MIN, and OTTER_AWS_ENVELOPE_SIZE more than
                             a block */
};

/** A file of a job. Part of the transport. */
struct otter_aws_file {
    uint8_t id;      /* in its stream */
    const char *url; /* NULL: it has none */
};

/** What the service says of one job on this thing. Part of the transport. */
struct otter_aws_execution {
    bool exists;         /* there is one */
    bool is_in_progress; /* else it is queued */
    bool is_update;      /* it is an OTA update, and not a job for somebody else */
    bool has_self_test;  /* its update was installed; it waits to be accepted */
    bool offers_mqtt;
    bool offers_http;
    uint32_t version;    /* of the execution: what the next update of it must expect */
    uint32_t number;     /* which run of this job */
    uint32_t updated_by; /* version of the program that was to be replaced; 0: not known */
    uint8_t file_count;
    struct otter_aws_file file_places[OTTER_AWS_FILES_MAX];
    struct otter_job_file files[OTTER_AWS_FILES_MAX];
    char job[OTTER_AWS_JOB_SIZE];
    char stream[OTTER_AWS_STREAM_SIZE];
};

/** A request to the jobs service that waits for its answer. Part of the transport. */
struct otter_aws_exchange {
    uint8_t kind; /* 0: there is none */
    uint8_t state;
    uint8_t tries;
    bool lean;                /* ask without the document */
    uint16_t packet;          /* of the request; 0: not sent yet */
    uint32_t number;          /* in its client token */
    uint32_t since_ms;        /* when it was sent, or the pause before it began */
    uint32_t pause_ms;        /* before it is sent again */
    enum otter_result result; /* what it came to */
};

/** A transport. Allocate it anywhere; the fields are its own. */
struct otter_aws_transport {
    const struct otter_aws_transport_config *config;
    const struct otter_identity *identity;

    uint8_t phase;
    uint8_t subscribed;    /* filters in force, in their order */
    uint8_t subscriptions; /* made on this connection, those of earlier jobs included */
    uint16_t subscription; /* packet of the SUBSCRIBE; 0: none is under way */
    uint32_t nonce;        /* of this connection, for client tokens */
    uint32_t exchanges;    /* requests so far, for client tokens */

    /* the message being received */
    uint8_t message; /* what it is */
    uint8_t use;     /* what is done with it */
    uint32_t message_size;
    size_t have; /* bytes of it in the buffer */

    bool is_fresh;     /* `execution` was asked for on this connection */
    bool has_news;     /* another execution was announced since it was asked for */
    bool is_cancelled; /* `execution` is not the one that the service wants done */
    struct otter_aws_exchange exchange;
    struct otter_aws_execution execution;
    struct otter_report report;

    /* fetching */
    struct otter_job job; /* what the agent was given, or what the HTTP source is given */
    uint8_t fetch;        /* which part of a transfer is under way */
    uint8_t file;         /* whose bytes are being fetched */
    uint8_t told_percent;
    uint8_t silences;
    uint32_t base;                         /* first block of the window */
    uint32_t wanted;                       /* bits: blocks that were asked for and did not come */
    uint32_t arrived;                      /* bits: blocks that came before their turn */
    uint32_t orders[OTTER_AWS_WINDOW_MAX]; /* in which order they were asked for */
    uint8_t overtaken[OTTER_AWS_WINDOW_MAX];
    uint32_t asked;    /* blocks that were asked for, ever */
    uint32_t reached;  /* offset up to which the device had all bytes in the last step */
    uint32_t quiet_ms; /* since when nothing came */
    uint32_t patience_ms;
    const uint8_t *bytes; /* of the block in the buffer that were not taken yet */
    size_t left;
    uint32_t offset; /* where they belong */

    char detail[160]; /* why the last call failed; "": the client knows */
};

/** Check the configuration and prepare a transport.
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_aws_transport_init(struct otter_aws_transport *transport,
                                           const struct otter_aws_transport_config *config);

/** Where jobs come from and reports go to. Nothing of it works with `do_not_send_result`: the service
 * would offer the same job for ever. */
struct otter_job_source otter_aws_job_source(struct otter_aws_transport *transport);

/** Where images come from; for jobs of the job source above alone. It ends with
 * OTTER_ERR_JOB_CANCELLED when the service wants this execution no more. */
struct otter_data_source otter_aws_data_source(struct otter_aws_transport *transport);

/** With `stay_connected`: hold the session and listen. To be called often while the agent is idle, and
 * only then (otter_agent_stage() is OTTER_STAGE_IDLE).
 *  @return true once a new job was announced: call otter_agent_check_now() */
bool otter_aws_transport_listen(struct otter_aws_transport *transport, uint32_t now_ms);

#endif
