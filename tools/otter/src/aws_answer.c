/* SPDX-License-Identifier: Apache-2.0 */

#include "aws_answer.h"

#include <string.h>

static const struct {
    const char *name;
    const char *message;
} codes[AWS_CODES] = {
    [AWS_ACCEPTED] = { "accepted", "" },
    [AWS_INVALID_TOPIC] = { "InvalidTopic", "There is no such operation" },
    [AWS_INVALID_JSON] = { "InvalidJson", "The payload is not UTF-8 JSON" },
    [AWS_INVALID_CBOR] = { "InvalidCbor", "Invalid CBOR message" },
    [AWS_INVALID_REQUEST] = { "InvalidRequest", "A value is missing or wrong" },
    [AWS_INVALID_STATE_TRANSITION] = { "InvalidStateTransition",
                                       "The status cannot follow the present one" },
    [AWS_RESOURCE_NOT_FOUND] = { "ResourceNotFound", "The resource does not exist" },
    [AWS_VERSION_MISMATCH] = { "VersionMismatch", "The version is another one" },
    [AWS_INTERNAL_ERROR] = { "InternalError", "The service failed" },
    [AWS_REQUEST_THROTTLED] = { "RequestThrottled", "Too many requests; try again later" },
    [AWS_TERMINAL_STATE_REACHED] = { "TerminalStateReached", "The job execution has ended" },
    [AWS_BLOCK_SIZE_OUT_OF_BOUNDS] = { "BlockSizeOutOfBounds", "The block size is out of bounds" },
    [AWS_OFFSET_OUT_OF_BOUNDS] = { "OffsetOutOfBounds", "The block offset is out of bounds" },
    [AWS_BLOCK_COUNT_LIMIT_EXCEEDED] = { "BlockCountLimitExceeded",
                                         "The number of blocks is out of bounds" },
    [AWS_BLOCK_BITMAP_LIMIT_EXCEEDED] = { "BlockBitmapLimitExceeded",
                                          "The block bitmap is too long" },
    [AWS_ETAG_MISMATCH] = { "ETagMismatch", "The stored file has changed" },
    [AWS_UNAUTHORIZED] = { "Unauthorized", "The role may not read the file" },
};

const char *aws_code_name(enum aws_code code)
{
    return codes[code].name;
}

enum aws_code aws_code_find(const char *name)
{
    unsigned code = 0;

    while (code < AWS_CODES && strcmp(name, codes[code].name) != 0) {
        code++;
    }
    return (enum aws_code)code;
}

const char *aws_code_message(enum aws_code code)
{
    return codes[code].message;
}
