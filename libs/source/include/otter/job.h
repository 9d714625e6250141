/* SPDX-License-Identifier: Apache-2.0 */

/** The job: which update there is and where its bytes are, in the AnyCloud library's JSON form
 * (docs/formats/job.md). */
#ifndef OTTER_JOB_H
#define OTTER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/crypto.h"
#include "otter/result.h"
#include "otter/text.h"
#include "otter/version.h"

/** Longest job document, in bytes. */
#define OTTER_JOB_DOCUMENT_MAX 1024u

/** How the bytes travel. */
enum otter_job_connection {
    OTTER_JOB_CONNECTION_SAME, /**< the job does not say: as the job itself came */
    OTTER_JOB_CONNECTION_MQTT,
    OTTER_JOB_CONNECTION_HTTP,
    OTTER_JOB_CONNECTION_HTTPS,
    OTTER_JOB_CONNECTION_BLUETOOTH, /**< no document says it, only the peer itself */
};

/** Who the device is; every request carries it, and jobs are held against it. Strings borrowed. */
struct otter_identity {
    const char *manufacturer;
    const char *manufacturer_id;
    const char *product;
    const char *serial_number;
    const char *board;
    struct otter_version version; /**< of the running program */
    bool product_must_match;      /**< refuse a job that names another product */
    /** Words for "Reason" in reports: otter_result_meaning, or NULL for a device that has no room for
     * them; whoever gets the report knows them by its "Code". */
    const char *(*meaning)(enum otter_result result);
};

/** Bytes of the longest signature that a job may have of a file: ECDSA P-256, DER. */
#define OTTER_JOB_SIGNATURE_MAX 72u

/** A file of a job whose source tells of each file (otter/aws_transport.h). */
struct otter_job_file {
    uint32_t size;          /**< bytes */
    uint8_t image;          /**< the number of the image that it is, or of the first one in it */
    uint8_t signature_size; /**< bytes; 0: the job has none */
    uint8_t signature[OTTER_JOB_SIGNATURE_MAX]; /**< over the file's SHA-256 */
};

/** A parsed job. Sizes are the AnyCloud library's, each with room for the terminator. */
struct otter_job {
    bool is_direct; /**< there is no document (otter/direct.h): the image says itself what it is */
    bool is_versionless; /**< it names no version: the image's header tells it */
    bool is_unread;      /**< and that was not read yet: `version` is not known */
    /** Whoever offers it believes that it was installed and waits to hear how that ended. */
    bool is_installed;
    /** A peer brings it by itself: from its first byte on, unless it names the image's digest; and the
     * peer wants to hear why an image is not wanted. */
    bool is_pushed;
    bool has_size;
    bool has_sha256;
    enum otter_job_connection connection;
    uint16_t port; /**< 0 if the job does not say */
    struct otter_version version;
    uint32_t size;                     /**< bytes of the image (optional extension) */
    uint8_t sha256[OTTER_SHA256_SIZE]; /**< of the image file (optional extension) */
    /** What the job says of its files, one behind the other in the order of their images; borrowed from
     * the job source until it is asked again. NULL: it says nothing. */
    const struct otter_job_file *files;
    uint8_t file_count;
    const char
        *path; /**< where the file is if `file` is too short for it; borrowed as `files`; or NULL */
    char board[33];   /**< "" if there is no document, or the document names none */
    char product[65]; /**< "" if the job does not say */
    char host[257];   /**< "" if the job does not say: the present server */
    char file[257];
};

/** Read a job document.
 *
 *  @param field  set to the key that is missing or malformed with OTTER_ERR_JOB_FIELD, else ""
 *  @return OTTER_OK
 *          OTTER_NO_UPDATE        the message says so
 *          OTTER_ERR_JOB_TOO_BIG  longer than OTTER_JOB_DOCUMENT_MAX
 *          OTTER_ERR_JOB_SYNTAX   not a JSON object
 *          OTTER_ERR_JOB_FIELD    see @p field */
enum otter_result otter_job_parse(const char *json, size_t len, struct otter_job *job,
                                  const char **field);

/** Does this JSON object have @p message as its "Message"? Other documents than jobs come from the
 * same publisher, for example "Result Received". */
bool otter_job_has_message(const char *json, size_t len, const char *message);

/** Hold a job against the device: version first, then board, as the AnyCloud library, then the
 * product if identity->product_must_match; what else it names is for people.
 *
 *  @return OTTER_OK, OTTER_ERR_JOB_NOT_NEWER, OTTER_ERR_JOB_BOARD, OTTER_ERR_JOB_PRODUCT */
enum otter_result otter_job_check(const struct otter_job *job,
                                  const struct otter_identity *identity);

/** Where a job says that its bytes are. */
enum otter_job_place {
    OTTER_JOB_HERE,      /**< on the server that was configured */
    OTTER_JOB_ELSEWHERE, /**< on another one, which the configuration allows */
    OTTER_JOB_FORBIDDEN, /**< on one that it does not allow */
};

/** Which server does a job name? (docs/formats/job.md, "Where the bytes are")
 *
 *  @param host, port  the configured server
 *  @param allowed     further ones, "host" or "host:port", behind the last one NULL; or NULL */
enum otter_job_place otter_job_place(const struct otter_job *job, const char *host, uint16_t port,
                                     const char *const *allowed);

/** The same for a server that something else than a job names, for example a redirect. */
enum otter_job_place otter_server_place(const char *host, uint16_t port, const char *home,
                                        uint16_t home_port, const char *const *allowed);

/** The server that a job names, for people: HTTPS server "host", port 443.
 *  @return @p text, terminated; cut if it does not fit */
const char *otter_job_place_text(const struct otter_job *job, char *text, size_t size);

#endif
