/* SPDX-License-Identifier: Apache-2.0 */

/** What requests to AWS IoT come to: the codes of Jobs and Streams, with their names on the wire. */
#ifndef OTTER_TOOL_AWS_ANSWER_H
#define OTTER_TOOL_AWS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

/** Longest client token; longer ones are not echoed. */
#define AWS_TOKEN_MAX 64

enum aws_code {
    AWS_ACCEPTED,
    AWS_INVALID_TOPIC,
    AWS_INVALID_JSON,
    AWS_INVALID_CBOR,
    AWS_INVALID_REQUEST,
    AWS_INVALID_STATE_TRANSITION,
    AWS_RESOURCE_NOT_FOUND,
    AWS_VERSION_MISMATCH,
    AWS_INTERNAL_ERROR,
    AWS_REQUEST_THROTTLED,
    AWS_TERMINAL_STATE_REACHED,
    AWS_BLOCK_SIZE_OUT_OF_BOUNDS,
    AWS_OFFSET_OUT_OF_BOUNDS,
    AWS_BLOCK_COUNT_LIMIT_EXCEEDED,
    AWS_BLOCK_BITMAP_LIMIT_EXCEEDED,
    AWS_ETAG_MISMATCH,
    AWS_UNAUTHORIZED,
    AWS_CODES
};

/** "InvalidTopic". */
const char *aws_code_name(enum aws_code code);

/** @return AWS_CODES: there is no such code */
enum aws_code aws_code_find(const char *name);

/** A sentence for people, where a request brings none of its own. */
const char *aws_code_message(enum aws_code code);

/** Something that happened, for the log. NULL: there is none. */
struct aws_event {
    const char *thing;
    const char *what;    /* "update", "notify-next" */
    const char *subject; /* job or stream */
    const char *outcome; /* "accepted", a code, a status */
    const char *detail;  /* more of it, for people */
};

#endif
