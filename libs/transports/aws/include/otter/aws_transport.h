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
    /** Silence before blocks are asked for again, 2000; less once it is known how long they take. It
     * doubles ... */
    uint32_t block_timeout_ms;
    uint32_t block_timeout_max_ms; /**< ... up to this, 30000 */
    /** Silences of `block_timeout_ms` and more, in a row, before the transfer has failed; >= 1; 5 */
    uint8_t block_tries;
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

/** Where a file of a job is. Part of the transport. */
struct otter_aws_place {
    uint8_t id;      /* in its stream */
    const char *url; /* NULL: it has none */
};

/** What the service says of one job on this thing. Part of the transport. */
struct otter_aws_execution {
    bool exists;         /* there is one */
    bool is_in_progress; /* else it is queued */
    bool has_document;
    bool is_update;     /* it is an OTA update, and not a job for somebody else */
    bool has_self_test; /* its update was installed; it waits to be accepted */
    bool offers_mqtt;
    bool offers_http;
    uint8_t file_count;
    uint32_t version;    /* of the execution: what the next update of it must expect */
    uint32_t number;     /* which run of this job */
    uint32_t updated_by; /* version of the program that installed it; 0: not known */
    struct otter_job_file files[OTTER_AWS_FILES_MAX];
    struct otter_aws_place places[OTTER_AWS_FILES_MAX];
    char job[OTTER_AWS_JOB_SIZE];
    char stream[OTTER_AWS_STREAM_SIZE];
};

/** A question to the jobs service, until it is answered. Part of the transport. */
struct otter_aws_exchange {
    uint8_t kind;   /* 0: there is none */
    uint8_t moment; /* what an update tells */
    uint8_t tries;
    bool is_sent;
    bool is_over; /* and `result` is what it came to */
    bool is_lean; /* without the document, which is too long */
    enum otter_result result;
    uint32_t number;   /* in its client token */
    uint32_t since_ms; /* when it was sent, or its pause began */
    uint32_t pause_ms; /* before it is sent (again) */
};

/** The blocks of a stream that are on their way. Bit n of a set is block `base` + n. Part of the
 * transport. */
struct otter_aws_window {
    uint32_t base;                           /* the block of the first missing byte */
    uint32_t wanted;                         /* asked for, and not here yet */
    uint32_t arrived;                        /* here before their turn */
    uint32_t asked;                          /* blocks that were asked for, ever */
    uint32_t orders[OTTER_AWS_WINDOW_MAX];   /* in which order; at block % OTTER_AWS_WINDOW_MAX */
    uint8_t overtaken[OTTER_AWS_WINDOW_MAX]; /* by later ones, how often */
    uint8_t silences;                        /* in a row */
    uint32_t quiet_ms;                       /* since when nothing came */
    uint32_t patience_ms;                    /* until that counts as silence */
    uint32_t probe;    /* the block whose way is timed, by its order; 0: none */
    uint32_t probe_ms; /* when it was asked for */
    uint32_t trip_ms;  /* from asking to coming, on average; 0: not known yet */
};

/** A transport. Allocate it anywhere; the fields are its own. */
struct otter_aws_transport {
    const struct otter_aws_transport_config *config;
    const struct otter_identity *identity;

    /* Flags first, then numbers, then what is large: code reaches the first bytes of a struct with
     * shorter instructions. */
    uint8_t phase;
    uint8_t subscribed;    /* filters in force, in their order */
    uint8_t subscriptions; /* made on this connection, those of earlier jobs included */
    uint8_t message;       /* what the message being received is */
    bool is_gathering;     /* it goes into the buffer; else it is read away */
    bool is_fresh;         /* `execution` was asked for on this connection */
    bool is_same;          /* as it was before that */
    bool is_known;         /* the execution was known before it was asked for, for a report */
    bool is_announced;     /* that the program on trial runs was told over this connection */
    bool is_stale;         /* something was announced, but not understood */
    bool is_cancelled;     /* `execution` is not what the service wants done any more */
    bool has_news;         /* something was announced since the service was asked last */
    bool is_renewed;       /* the document was asked for anew, and no byte came since */
    bool is_fetching_http; /* the HTTP source is open */
    bool is_fetching_stream;
    uint8_t fetch; /* which part of a transfer is under way */
    uint8_t file;  /* whose bytes are being fetched */
    uint8_t told_percent;
    uint8_t failures;      /* of connections in a row, while listening */
    uint16_t subscription; /* packet of the SUBSCRIBE; 0: none is under way */
    uint32_t nonce;        /* of this connection, for client tokens */
    uint32_t questions;    /* so far, for client tokens */
    uint32_t transfer;     /* number in the client token of stream requests */
    uint32_t message_size;
    size_t have;                /* bytes of the message in the buffer */
    enum otter_result document; /* what is wrong with the present document */
    enum otter_result refusal;  /* why the stream cannot be had; OTTER_OK: it can */
    uint32_t listen_ms;         /* when listening began to pause */
    uint32_t file_start;        /* of `file`, in the whole */
    uint32_t reached;           /* where the device lacked its first byte in the last step */
    uint32_t offset;            /* where the bytes in the buffer belong */
    const uint8_t *bytes;       /* of a block in the buffer, that were not taken yet */
    size_t left;                /* how many; 0: the buffer is free */

    struct otter_report report;
    struct otter_aws_exchange exchange;
    struct otter_aws_window window;
    struct otter_aws_execution execution;
    struct otter_job http_job; /* what the HTTP source is given */
    char detail[160];          /* why the last call failed; "": the client knows */
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

/** End the session that `stay_connected` holds; for a program that has stopped its agent. Listening would
 * begin a new one. */
void otter_aws_transport_close(struct otter_aws_transport *transport);

#endif
