/* SPDX-License-Identifier: Apache-2.0 */

/** An image on offer: its job document and, where the publisher serves it itself, its bytes.
 *
 * The bytes are in memory from the first time that they are needed, so that each download sees one
 * image to its end, whatever becomes of the file. Who keeps an offer holds it; the last holder's
 * release frees it. */
#ifndef OTTER_TOOL_OFFER_H
#define OTTER_TOOL_OFFER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"
#include "otter/version.h"

#define OFFER_PATH_SIZE   1024
#define OFFER_NAME_SIZE   256
#define OFFER_DIGEST_SIZE 65 /* hexadecimal digits of a SHA-256, terminated */

/** What names an image in a job and in the requests of those who got it: "NAME@0123456789abcdef",
 * the file's name and the first digits of its SHA-256. */
#define OFFER_ID_SIZE (OFFER_NAME_SIZE + 17)

struct offer {
    unsigned holders;
    cJSON *job; /* as it is in the file */
    struct otter_version version;
    char path[OFFER_PATH_SIZE]; /* of the image; "" if its bytes are on another server */
    char name[OFFER_NAME_SIZE]; /* last part of the path; for people */
    uint32_t size;              /* bytes of the image; 0: not known here */

    /* set by offer_load() */
    struct file_bytes image;
    char digest[OFFER_DIGEST_SIZE];
    char id[OFFER_ID_SIZE];
};

/** Make an offer of a job document, which it takes over in any case.
 *
 *  @param folder  where the job's "File" is
 *  @param problem  set to what is wrong with the job
 *  @return an offer with one holder; NULL: see @p problem */
struct offer *offer_new(cJSON *job, const char *folder, const char **problem);

/** The board that it is for; never empty. */
const char *offer_board(const struct offer *offer);

/** Does the publisher serve the bytes? Otherwise the job sends devices to another server. */
bool offer_is_here(const struct offer *offer);

/** Bring the bytes into memory, if they are not there.
 *  @return false after telling the user why not */
bool offer_load(struct offer *offer);

/** The job for one device, with what only the publisher knows and what lets a device check the
 * bytes. Load the offer before, if it is here.
 *
 *  @return the document, for cJSON_free(); NULL if there is no memory */
char *offer_job_for(const struct offer *offer, const char *topic);

struct offer *offer_hold(struct offer *offer);

/** NULL is nothing to release. */
void offer_release(struct offer *offer);

#endif
