/* SPDX-License-Identifier: Apache-2.0 */

/** A publisher's catalogue: a folder that holds, for each image, NAME.bin and NAME.json.
 *
 * The JSON file is the job document that a device gets, with one key more: "File", the name of the
 * image beside it (docs/formats/job.md). The folder is read again at each question, so that a file
 * that appears is on offer at once. */
#ifndef OTTER_TOOL_CATALOGUE_H
#define OTTER_TOOL_CATALOGUE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/version.h"

#define CATALOGUE_PATH_SIZE   1024
#define CATALOGUE_MEMORY      64
#define CATALOGUE_DIGEST_SIZE 65 /* hexadecimal digits of a SHA-256, terminated */

struct catalogue {
    const char *folder; /* the caller's */
    /* Problems that were told, as a hash of file, time and text: each is told once. */
    uint64_t told[CATALOGUE_MEMORY];
    unsigned next_told;
};

/** One image on offer. */
struct catalogue_image {
    cJSON *job;                     /* catalogue_image_free() deletes it */
    char path[CATALOGUE_PATH_SIZE]; /* of the image */
    const char *name;               /* its last part; points into path */
    struct otter_version version;
    uint32_t size; /* bytes of the image file */
};

void catalogue_init(struct catalogue *catalogue, const char *folder);

/** The newest image for @p board.
 *
 * Files that cannot be used are left out, with a message to the user.
 *
 *  @param newer_than  only images that are newer than this; NULL: any
 *  @return false if there is none */
bool catalogue_find(struct catalogue *catalogue, const char *board,
                    const struct otter_version *newer_than, struct catalogue_image *image);

/** How many images are on offer, for all boards; -1 if the folder cannot be read. Tells about every
 * file that cannot be used. */
int catalogue_count(struct catalogue *catalogue);

/** The SHA-256 of the image file, in hexadecimal digits.
 *
 *  @return false if the file cannot be read */
bool catalogue_digest(const struct catalogue_image *image, char digits[CATALOGUE_DIGEST_SIZE]);

void catalogue_image_free(struct catalogue_image *image);

#endif
