/* SPDX-License-Identifier: Apache-2.0 */

/** A bundle in memory: made, and read with the device's own reader (docs/formats/bundle.md). */
#ifndef OTTER_TOOL_BUNDLE_FILE_H
#define OTTER_TOOL_BUNDLE_FILE_H

#include <stdbool.h>

#include "file.h"
#include "otter/manifest.h"

/** What a bundle holds. */
struct bundle_contents {
    struct otter_manifest manifest;
    uint8_t *bytes[OTTER_BUNDLE_FILES_MAX]; /**< of each file of the manifest */
};

/** Is this a tar archive? No image begins like one. */
bool bundle_file_is_archive(const struct file_bytes *file);

/** Read an archive; @p contents borrows its bytes.
 *
 *  @param problem  what is wrong, if it is no bundle
 *  @return false: it is no bundle */
bool bundle_file_read(const struct file_bytes *file, struct bundle_contents *contents,
                      const char **problem);

/** Make an archive: the same contents make the same bytes.
 *
 *  @param bundle  set to the archive; file_free() it
 *  @return false: the manifest would be too long */
bool bundle_file_make(const struct bundle_contents *contents, struct file_bytes *bundle);

#endif
