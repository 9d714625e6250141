/* SPDX-License-Identifier: Apache-2.0 */

/** The stand-in's log: a line for each thing that happens, for people or as JSON. */
#ifndef OTTER_TOOL_AWS_LOG_H
#define OTTER_TOOL_AWS_LOG_H

#include "aws_answer.h"

struct aws_log {
    bool is_json;
    bool is_verbose; /* also what goes well with streams and files */
};

void aws_log_event(const struct aws_log *log, const struct aws_event *event);

/** It listens now. */
void aws_log_ready(const struct aws_log *log, const char *where, const char *files, size_t things,
                   size_t jobs);

#endif
