/* SPDX-License-Identifier: Apache-2.0 */

/** The header blocks of a tar archive, in the old GNU and the POSIX form (docs/formats/bundle.md). */
#ifndef OTTER_TAR_H
#define OTTER_TAR_H

#include <stdint.h>

#include "otter/result.h"

/** An archive consists of blocks: a header, then the member's bytes padded with zeros. */
#define OTTER_TAR_BLOCK_SIZE 512u

/** A member's name with its terminator. */
#define OTTER_TAR_NAME_SIZE 101u

enum otter_tar_kind {
    OTTER_TAR_FILE,   /**< a plain file */
    OTTER_TAR_REMARK, /**< further facts about the archive or the next member (POSIX, "pax") */
    OTTER_TAR_END,    /**< a block of zeros: no member follows */
};

struct otter_tar_member {
    enum otter_tar_kind kind;
    char name[OTTER_TAR_NAME_SIZE];
    uint32_t size; /**< bytes */
};

/** Read a header block.
 *
 *  @param problem  what is wrong, for people, with OTTER_ERR_BUNDLE
 *  @return OTTER_OK, OTTER_ERR_BUNDLE */
enum otter_result otter_tar_parse(const uint8_t block[OTTER_TAR_BLOCK_SIZE],
                                  struct otter_tar_member *member, const char **problem);

/** Make the header block of a plain file. It says nothing but name and size, so that the same files
 * make the same archive; and it has the old GNU form, the only one that AnyCloud devices know. */
void otter_tar_encode(const struct otter_tar_member *member, uint8_t block[OTTER_TAR_BLOCK_SIZE]);

/** Bytes of zeros behind a member of @p size bytes. */
uint32_t otter_tar_padding(uint32_t size);

#endif
