/* SPDX-License-Identifier: Apache-2.0 */

/** The folder in which a struct aws_cloud lives: things/, streams/ and jobs/ with a JSON document
 * each, that a person can read and edit, and files/ with what is delivered (docs/aws.md).
 *
 * Several programs may work on one folder: each takes its lock, reads what others changed, does its
 * work, writes what it changed, and lets go. */
#ifndef OTTER_TOOL_AWS_STORE_H
#define OTTER_TOOL_AWS_STORE_H

#include <stdbool.h>

#include "aws_cloud.h"

#define AWS_PATH_SIZE   1024
#define AWS_STORE_FILES "files/" /* begin of the paths of what is delivered */

struct aws_store {
    struct aws_cloud cloud;
    char folder[AWS_PATH_SIZE];
    int lock;                    /* the open lock file */
    int claim;                   /* of aws_store_claim(); -1: none */
    struct aws_document *broken; /* documents that could not be read, to say so once */
};

/** Open a folder. @param make  make it if it is not there
 *  @return false after telling the user why not */
bool aws_store_open(struct aws_store *store, const char *folder, bool make);

/** Be the only one who answers for the folder, until it is closed or the process ends.
 *  @return false after telling the user that somebody else does */
bool aws_store_claim(struct aws_store *store);

/** Take the lock and read what has changed. A document that cannot be read stays as it was before.
 *  @return false after telling the user why not; the lock is not held then */
bool aws_store_begin(struct aws_store *store);

/** Write what has changed since aws_store_begin() and let go.
 *  @return false after telling the user why not */
bool aws_store_end(struct aws_store *store);

/** Add an empty document of that name. NULL: there is no memory. */
struct aws_thing *aws_store_add_thing(struct aws_store *store, const char *name);
struct aws_stream *aws_store_add_stream(struct aws_store *store, const char *name);
struct aws_job *aws_store_add_job(struct aws_store *store, const char *id);

/** Remove a document from the folder and from memory; a stream goes with the files that it names. */
void aws_store_remove_thing(struct aws_store *store, struct aws_thing *thing);
void aws_store_remove_stream(struct aws_store *store, struct aws_stream *stream);
void aws_store_remove_job(struct aws_store *store, struct aws_job *job);

/** Where @p name is in the folder. @return false if the path is too long */
bool aws_store_path(const struct aws_store *store, const char *name, char path[AWS_PATH_SIZE]);

/** Forget everything in memory; harmless after a failed aws_store_open(). */
void aws_store_close(struct aws_store *store);

/** Milliseconds since 1970. */
int64_t aws_store_now_ms(void);

#endif
