/* SPDX-License-Identifier: Apache-2.0 */

/** The topics of requests to AWS IoT Jobs and Streams. */
#ifndef OTTER_TOOL_AWS_TOPIC_H
#define OTTER_TOOL_AWS_TOPIC_H

#include <stdbool.h>

#include "aws_cloud.h"

/** The longest topic that we make or read, terminated. */
#define AWS_TOPIC_SIZE 512

enum aws_operation {
    AWS_GET_PENDING,
    AWS_START_NEXT,
    AWS_DESCRIBE,
    AWS_UPDATE,
    AWS_GET_STREAM,
    AWS_DESCRIBE_STREAM,
    AWS_OPERATIONS
};

struct aws_topic {
    enum aws_operation operation;
    char thing[AWS_NAME_SIZE];
    char subject[AWS_NAME_SIZE]; /* job, "$next" or stream; "": the operation has none */
    char format[16];             /* of a stream's messages: "cbor" or "json", if it is right */
};

/** Filters to subscribe to, one for each operation. */
extern const char *const aws_topic_filters[AWS_OPERATIONS];

/** For people: "start-next". */
const char *aws_operation_name(enum aws_operation operation);

/** @return false if @p text is no topic of ours, or of no possible thing */
bool aws_topic_read(const char *text, struct aws_topic *topic);

/** The topic that answers go to: @p text with @p answer, "accepted", behind it. For streams the
 * operation in it becomes the answer: ".../get/cbor", "data", ".../data/cbor". */
void aws_topic_answer(const struct aws_topic *topic, const char *answer, char text[AWS_TOPIC_SIZE]);

#endif
