/* SPDX-License-Identifier: Apache-2.0 */

/** The objects that messages of AWS IoT Jobs are made of. */
#ifndef OTTER_TOOL_AWS_OBJECTS_H
#define OTTER_TOOL_AWS_OBJECTS_H

#include "aws_jobs.h"

/** A time or a duration; on the wire they are whole seconds. */
void aws_add_seconds(cJSON *object, const char *key, int64_t ms);

/** "execution", with its job's document if that is wanted. */
void aws_add_execution(const struct aws_jobs *jobs, cJSON *object, struct aws_place place,
                       bool with_document, int64_t now_ms);

/** "executionState". */
void aws_add_state(cJSON *object, const struct aws_execution *execution);

/** "jobDocument", made fit for delivery. */
void aws_add_document(const struct aws_jobs *jobs, cJSON *object, const struct aws_job *job);

/** A list of summaries. */
cJSON *aws_make_summaries(const struct aws_place *places, size_t count);

/** Send @p json, and delete it. */
void aws_send_json(const struct aws_jobs *jobs, const char *topic, cJSON *json);

/** For the log: "IN_PROGRESS receive=3/10 (version 4)". */
void aws_write_state(const struct aws_execution *execution, char *text, size_t size);

/** Log that @p what happened to an execution. */
void aws_tell_place(const struct aws_jobs *jobs, struct aws_place place, const char *what);

#endif
