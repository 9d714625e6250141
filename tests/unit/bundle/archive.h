/* SPDX-License-Identifier: Apache-2.0 */

/** Archives for tests, member by member, right or wrong. */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "otter/tar.h"

#define ARCHIVE_MAX 16384u

struct archive {
    uint8_t bytes[ARCHIVE_MAX];
    uint32_t size;
};

/** Add a file with its header and its padding. */
void archive_add(struct archive *archive, const char *name, const void *bytes, uint32_t size);

/** Add a file of bytes that depend on their place. */
void archive_add_file(struct archive *archive, const char *name, uint32_t size);

/** Add blocks of zeros: two end an archive. */
void archive_add_zeros(struct archive *archive, uint32_t blocks);

/** Make the checksum of the header at @p offset right again. */
void archive_sign(struct archive *archive, uint32_t offset);

/** A manifest that names app.bin (3000 bytes) and radio.bin (700 bytes). */
extern const char *const archive_manifest;

/** That manifest with its two files, whole. */
void archive_make(struct archive *archive);

#endif
