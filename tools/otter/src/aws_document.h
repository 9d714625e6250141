/* SPDX-License-Identifier: Apache-2.0 */

/** The JSON documents of the stand-in's folder (docs/aws.md), read and written. */
#ifndef OTTER_TOOL_AWS_DOCUMENT_H
#define OTTER_TOOL_AWS_DOCUMENT_H

#include <cjson/cJSON.h>

#include "aws_cloud.h"

/** Read a document into a new thing, stream or job, whose name is set and which is zero otherwise.
 *  @return NULL, or what is wrong with it */
const char *aws_thing_read(const cJSON *json, struct aws_document *document);
const char *aws_stream_read(const cJSON *json, struct aws_document *document);
const char *aws_job_read(const cJSON *json, struct aws_document *document);

/** @return the document, for cJSON_Delete() */
cJSON *aws_thing_write(const struct aws_document *document);
cJSON *aws_stream_write(const struct aws_document *document);
cJSON *aws_job_write(const struct aws_document *document);

#endif
