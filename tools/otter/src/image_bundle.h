/* SPDX-License-Identifier: Apache-2.0 */

/** The work behind "otter image bundle". */
#ifndef OTTER_TOOL_IMAGE_BUNDLE_H
#define OTTER_TOOL_IMAGE_BUNDLE_H

#include <stdbool.h>

#include "command.h"
#include "release.h"

struct image_bundle_options {
    const char *out;
    const char *board;
    bool independent;
    struct release_options release;
};

/** Put signed images into one archive; the first is image 0. */
enum command_status image_bundle(const struct image_bundle_options *options, int count,
                                 char *const *paths);

#endif
