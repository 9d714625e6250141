/* SPDX-License-Identifier: Apache-2.0 */

/** Writes the job document of an image, as a publisher's catalogue wants it (docs/formats/job.md). */
#ifndef OTTER_TOOL_JOB_FILE_H
#define OTTER_TOOL_JOB_FILE_H

#include <stdbool.h>

#include "file.h"
#include "otter/version.h"

/** What a job says beside size and hash. No text may be NULL; "" for what is left open. */
struct job_facts {
    const char *manufacturer;
    const char *manufacturer_id;
    const char *product;
    const char *board;
    struct otter_version version;
    const char *image_path; /**< its last part becomes "File" */
};

/** Write the job for @p image to @p path. */
bool job_file_store(const char *path, const struct job_facts *facts,
                    const struct file_bytes *image);

/** The last part of a path. @return a pointer into @p path */
const char *last_part(const char *path);

#endif
