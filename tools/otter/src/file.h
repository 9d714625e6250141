/* SPDX-License-Identifier: Apache-2.0 */

/** Whole files in memory. A function that fails has told the user why. */
#ifndef OTTER_TOOL_FILE_H
#define OTTER_TOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A file's bytes, followed by a zero that does not count, so that text can be used in place. */
struct file_bytes {
    uint8_t *bytes; /* file_free() frees it */
    size_t size;
};

/** Files of more than 64 MiB are not what we were asked to read. */
#define FILE_SIZE_MAX 0x4000000u

bool file_load(const char *path, struct file_bytes *file);

void file_free(struct file_bytes *file);

/** Write a whole file, by way of a temporary one beside it: there is never half a file of that
 * name. */
bool file_store(const char *path, const void *bytes, size_t size);

/** The same for what only its owner may read: private keys. */
bool file_store_secret(const char *path, const void *bytes, size_t size);

#endif
