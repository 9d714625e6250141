/* SPDX-License-Identifier: Apache-2.0 */

/** Messages of streams, in CBOR (docs/formats/aws.md). */
#ifndef OTTER_AWS_BLOCK_H
#define OTTER_AWS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest client token of ours, with its terminator: "<8 digits>-<number>". */
#define AWS_TOKEN_SIZE 20u

/** Longest request. */
#define AWS_REQUEST_SIZE 64u

/** A text in a message. */
struct aws_text {
    const char *text;
    size_t len; /* 0: there is none */
};

struct aws_request {
    const char *token;
    uint8_t file;
    uint32_t block_size;
    uint32_t offset; /**< the block of bit 0 */
    uint32_t blocks; /**< a bit for each block; bit 0 is set */
    uint8_t count;   /**< how many bits are set */
};

struct aws_block {
    struct aws_text token;
    uint32_t file;
    uint32_t number;
    uint32_t size;
    const uint8_t *bytes;
};

struct aws_refusal {
    struct aws_text token;
    struct aws_text code;
    struct aws_text message;
};

/** @return bytes */
size_t otter_aws_encode_request(const struct aws_request *request,
                                uint8_t message[AWS_REQUEST_SIZE]);

/** @return false: it is malformed, or something is missing */
bool otter_aws_decode_block(const uint8_t *message, size_t len, struct aws_block *block);
bool otter_aws_decode_refusal(const uint8_t *message, size_t len, struct aws_refusal *refusal);

#endif
