/* SPDX-License-Identifier: Apache-2.0 */

/** What a publisher has on offer: a folder that holds, for each image, NAME.bin and NAME.json; or one
 * image that was named.
 *
 * The JSON file is the job document that a device gets, with one key more: "File", the name of the
 * image beside it (docs/formats/job.md). Whether the files changed is looked up before each answer,
 * so that one that appears is on offer at once; they are only read again when they did. */
#ifndef OTTER_TOOL_CATALOGUE_H
#define OTTER_TOOL_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "offer.h"
#include "otter/version.h"

/** Images that were replaced or removed, and are still served to those who were offered them. */
#define CATALOGUE_RETIRED 8

/** What tells one state of a file from another. All zero: there is no such file. */
struct catalogue_stamp {
    uint64_t inode;
    int64_t size;
    struct timespec changed;
};

/** One job file. */
struct catalogue_entry {
    char job_path[OFFER_PATH_SIZE]; /* "" for an image without one */
    struct catalogue_stamp job;
    struct catalogue_stamp image;
    bool is_settled;     /* a later change would show in the stamps */
    struct offer *offer; /* NULL: it cannot be offered ... */
    const char *problem; /* ... because of this */
};

struct catalogue {
    const char *folder;

    /* the one image, if there is no folder */
    const char *image_path;
    const char *job_path; /* NULL: the job is made from the image and the board */
    const char *board;    /* NULL: as the job says */

    struct catalogue_stamp stamp; /* of the folder */
    bool is_settled;
    bool is_readable; /* the folder, last time */
    struct catalogue_entry *entries;
    size_t count;
    struct offer *retired[CATALOGUE_RETIRED]; /* a ring */
    unsigned next_retired;
};

/** Offer the images of a folder. All names are borrowed; end it with catalogue_free(). */
void catalogue_init(struct catalogue *catalogue, const char *folder);

/** Offer one image.
 *
 *  @param job_path  its job; NULL: version from the image, which must be one then
 *  @param board  in place of the job's; NULL: as the job says */
void catalogue_init_single(struct catalogue *catalogue, const char *image_path,
                           const char *job_path, const char *board);

/** The newest image for @p board. Valid until the next call; hold it to keep it.
 *
 * Files that cannot be used are left out, with a message to the user.
 *
 *  @param newer_than  only images that are newer than this; NULL: any
 *  @return NULL if there is none */
struct offer *catalogue_newest(struct catalogue *catalogue, const char *board,
                               const struct otter_version *newer_than);

/** The image for @p board that a request names, by the id in its job or by the file's name; also one
 * that is no longer on offer. @return NULL if there is none */
struct offer *catalogue_named(struct catalogue *catalogue, const char *board, const char *name);

/** How many images are on offer, for all boards; -1 if the folder cannot be read. */
int catalogue_count(struct catalogue *catalogue);

void catalogue_free(struct catalogue *catalogue);

#endif
