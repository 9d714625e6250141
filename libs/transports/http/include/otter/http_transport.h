/* SPDX-License-Identifier: Apache-2.0 */

/** Updates over HTTP or HTTPS, as a job source and a data source that share one connection
 * (docs/formats/http-protocol.md).
 *
 * The job document is fetched with a GET, the image with GETs of ranges over a connection that is
 * kept alive, and the report is a POST. The next range is asked for while the one before is being
 * written; ranges grow, so that the link sets the pace and not the way to the server and back. */
#ifndef OTTER_HTTP_TRANSPORT_H
#define OTTER_HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/http_client.h"
#include "otter/result.h"
#include "otter/source.h"

/** Ranges that are asked for at a time. */
#define OTTER_HTTP_WINDOW 2

/** Longest name of a server and longest path, each with its terminator. */
#define OTTER_HTTP_HOST_SIZE 256
#define OTTER_HTTP_PATH_SIZE OTTER_HTTP_LOCATION_SIZE

struct otter_http_transport_config {
    const struct otter_http_client *client; /**< over TLS: then everything is HTTPS */
    struct otter_http_session session;      /**< the server at home */
    /** Servers besides that of `session` to which a job or a redirect may send the device, "host" or
     * "host:port", behind the last one NULL; or NULL. They must prove their own name. */
    const char *const *allowed_servers;
    const char *job_path;    /**< "/ota_update.json" */
    const char *result_path; /**< where reports are posted; "/ota_result" */
    uint32_t range_size;     /**< bytes of the first range; 4096 */
    uint32_t range_size_max; /**< ranges grow up to this; 65536 */
    uint32_t patience_ms; /**< longest Retry-After that is waited for; a longer one is a failure */
    uint8_t *buffer;      /**< holds a job document, or a piece of the image */
    size_t buffer_size;   /**< bytes; at least OTTER_JOB_DOCUMENT_MAX + 1 */
};

/** A request whose answer is not complete. Part of the transport. */
struct otter_http_asked {
    uint32_t first; /* the range, if it is one */
    uint32_t last;
};

/** A transport. Allocate it anywhere; the fields are its own. */
struct otter_http_transport {
    const struct otter_http_transport_config *config;
    const struct otter_identity *identity;
    const char *path; /* what is asked for: the configuration's, the job's, or `redirected` */

    /* Flags first, then numbers, then what is large: code reaches the first bytes of a struct with
     * shorter instructions. */
    bool is_online;
    bool is_away;       /* at another server than the one at home */
    bool is_conversing; /* the job source still needs the connection */
    bool in_answer;     /* an answer has begun */
    bool has_answered;  /* on this connection */
    bool is_ranged;     /* the server has answered with a range */
    bool closes;        /* it ends the connection behind each answer */
    uint8_t redirects;  /* since the question was put */
    uint8_t asked_count;
    uint32_t now_ms;
    uint32_t rest_began_ms; /* the server asked for patience ... */
    uint32_t rest_ms;       /* ... for so long; 0: it did not */
    size_t have;            /* bytes in the buffer */

    /* fetching */
    const struct otter_job *job;
    uint32_t place;      /* CRC of where the image is: whose tag and total these are */
    uint32_t total;      /* bytes of the whole image; 0: not known yet */
    uint32_t position;   /* where the next byte of the answer belongs in the image */
    uint32_t left;       /* bytes of the answer that are still to come */
    size_t taken;        /* bytes in the buffer that are used up */
    uint32_t range_size; /* of the next range */

    struct otter_http_asked asked[OTTER_HTTP_WINDOW];
    struct otter_report report;
    struct otter_http_session session;     /* that of the configuration, or at another server */
    char host[OTTER_HTTP_HOST_SIZE];       /* the other server */
    char redirected[OTTER_HTTP_PATH_SIZE]; /* the path to which a redirect leads */
    char file[OTTER_HTTP_PATH_SIZE];       /* of the last job, for reports */
    char etag[OTTER_HTTP_ETAG_SIZE]; /* of the image as it was when it was begun; "": not known */
    char detail[128];                /* why the last call failed; "": the client knows */
};

/** Check the configuration and prepare a transport.
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT */
enum otter_result otter_http_transport_init(struct otter_http_transport *transport,
                                            const struct otter_http_transport_config *config);

/** Where jobs come from. Its close() ends the connection. */
struct otter_job_source otter_http_job_source(struct otter_http_transport *transport);

/** Where images come from. It serves jobs that say HTTPS if the client is secure, else those that
 * say HTTP, and those that do not say. What is not allowed, by a job or by a redirect, is refused
 * with OTTER_ERR_JOB_REDIRECT. An image that changes while it is fetched ends the transfer with
 * OTTER_ERR_IMAGE_CHANGED. */
struct otter_data_source otter_http_data_source(struct otter_http_transport *transport);

#endif
