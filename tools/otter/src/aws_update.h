/* SPDX-License-Identifier: Apache-2.0 */

/** Making jobs: what CreateOTAUpdate and CreateJob do. */
#ifndef OTTER_TOOL_AWS_UPDATE_H
#define OTTER_TOOL_AWS_UPDATE_H

#include "aws_store.h"
#include "command.h"

struct aws_update {
    struct option_list things;
    struct option_list files;
    struct option_list file_types; /* of the files, in their order */
    struct option_list file_paths;
    const char *document; /* a job of another kind, in place of files */
    const char *id;       /* NULL: made from the time */
    const char *protocol;
    const char *certfile;
    const char *sign_key;
    const char *passphrase_file;
    const char *signature_key; /* in place of "sig-sha256-..." */
    uint32_t timeout_minutes;
    uint32_t retries_failed;
    uint32_t retries_timed_out;
    uint32_t url_seconds;
};

/** Make the job, its stream and copies of its files in an open store; things that are not there yet
 * are added.
 *
 *  @return the job, or NULL after telling the user why not */
struct aws_job *aws_update_create(struct aws_store *store, const struct aws_update *update);

#endif
