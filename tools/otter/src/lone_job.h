/* SPDX-License-Identifier: Apache-2.0 */

/** The job of an image, or a bundle, that is published without a catalogue. */
#ifndef OTTER_TOOL_LONE_JOB_H
#define OTTER_TOOL_LONE_JOB_H

#include <cjson/cJSON.h>

/** Complete a job with what the file itself says.
 *
 *  @param job    what is known already, by a document
 *  @param path   the file
 *  @param board  in place of what else says a board; NULL: nothing
 *  @return NULL, or why it does not make a job */
const char *lone_job_complete(cJSON *job, const char *path, const char *board);

#endif
