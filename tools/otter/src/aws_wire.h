/* SPDX-License-Identifier: Apache-2.0 */

/** The messages of AWS IoT streams, in CBOR and JSON. */
#ifndef OTTER_TOOL_AWS_WIRE_H
#define OTTER_TOOL_AWS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws_answer.h"

/** A bitmap has to be shorter than this. */
#define AWS_BITMAP_LIMIT 12288u

/** Bytes around a block, at most. */
#define AWS_ENVELOPE_MAX 256u

enum aws_format { AWS_CBOR, AWS_JSON };

/** A request as it was sent; what it may say is checked elsewhere. Absent numbers are 0. */
struct aws_request {
    bool has_token;
    bool has_version;
    bool has_file;
    bool has_size;
    bool has_offset;
    bool has_count;
    bool has_bitmap;
    bool has_long_token;
    char token[AWS_TOKEN_MAX + 1]; /* c */
    uint64_t version;              /* s */
    uint64_t file;                 /* f */
    uint64_t size;                 /* l */
    uint64_t offset;               /* o */
    uint64_t count;                /* n */
    size_t bitmap_len;             /* of b, also if that is too long to be kept */
    uint8_t bitmap[AWS_BITMAP_LIMIT];
};

/** Read a GetStream or DescribeStream request.
 *  @return AWS_ACCEPTED, or why it cannot be understood */
enum aws_code aws_wire_read(enum aws_format format, const void *payload, size_t len,
                            struct aws_request *request);

/** How an answer is written. */
struct aws_style {
    bool is_definite;    /* CBOR maps say how long they are; the service's do not */
    bool is_other_order; /* keys the other way round, and one that nobody knows */
};

/** A block on its way out. */
struct aws_block {
    const char *token; /* NULL: none */
    uint32_t file;
    uint32_t size; /* what the message says, right or not */
    uint32_t index;
    const uint8_t *data;
    size_t len;
};

/** A file of a stream in its description. */
struct aws_described_file {
    uint32_t id;
    uint64_t size;
};

/** The answer to DescribeStream. */
struct aws_description {
    const char *token; /* NULL: none */
    uint32_t version;
    const char *text;
    const struct aws_described_file *files;
    size_t count;
};

/** Each writes a whole message. @return its bytes, or 0 if it does not fit */
size_t aws_wire_block(enum aws_format format, const struct aws_style *style,
                      const struct aws_block *block, uint8_t *bytes, size_t size);
size_t aws_wire_error(enum aws_format format, const struct aws_style *style, enum aws_code code,
                      const char *message, const char *token, uint8_t *bytes, size_t size);
size_t aws_wire_description(enum aws_format format, const struct aws_style *style,
                            const struct aws_description *description, uint8_t *bytes, size_t size);

#endif
