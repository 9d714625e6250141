/* SPDX-License-Identifier: Apache-2.0 */

/** What devices ask a publisher: one JSON message read from untrusted bytes. */
#ifndef OTTER_TOOL_REQUEST_H
#define OTTER_TOOL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/version.h"

#define REQUEST_TOPIC_SIZE 257 /* the longest that the old devices have room for, terminated */
#define REQUEST_FILE_SIZE  257 /* likewise */
#define REQUEST_BYTES_MAX  8192u

/** A value of an Offset or Size that is missing or no number. */
#define REQUEST_NO_NUMBER INT64_MIN

/** A request. Texts are "" where the device said nothing, cut to their fields, and free of control
 * characters: they end up in terminals. */
struct request {
    char message[33];
    char topic[REQUEST_TOPIC_SIZE]; /* where to answer; refused, not cut, if it is longer */
    char file[REQUEST_FILE_SIZE];   /* which image, in the words of its job; refused, not cut */
    char serial[33];
    char version_text[26];
    bool has_version;
    struct otter_version version;
    int64_t offset;
    int64_t size;
    char stage[17];
    char code[17];
    char reason[129];
};

/** Read a request.
 *
 *  @return NULL, or what is wrong with the bytes */
const char *request_parse(const void *payload, size_t len, struct request *request);

#endif
