/* SPDX-License-Identifier: Apache-2.0 */

/** Bundles in words, for "otter image info" and "otter image verify". */
#ifndef OTTER_TOOL_BUNDLE_INFO_H
#define OTTER_TOOL_BUNDLE_INFO_H

#include <stdbool.h>

#include "command.h"
#include "file.h"
#include "image_check.h"

/** Say what is in an archive, and check each of its images.
 *
 *  @param path  what to call it
 *  @return COMMAND_DONE: it is a bundle of images; COMMAND_NO: it is not */
enum command_status bundle_info(const char *path, const struct file_bytes *file,
                                const struct image_trust *trust, bool json);

/** Say whether a device would take the archive, and if not, why.
 *
 *  @return COMMAND_DONE: it would; COMMAND_NO: it would not */
enum command_status bundle_verify(const char *path, const struct file_bytes *file,
                                  const struct image_trust *trust, bool json);

#endif
