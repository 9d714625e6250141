/* SPDX-License-Identifier: Apache-2.0 */

/** A bundle in words, for "otter image info". */
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

#endif
