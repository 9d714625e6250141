/* SPDX-License-Identifier: Apache-2.0 */

/** Stores an image where it was asked for: in a file, in a publisher's catalogue, with its job. */
#ifndef OTTER_TOOL_RELEASE_H
#define OTTER_TOOL_RELEASE_H

#include <stdbool.h>

#include "file.h"
#include "otter/version.h"

/** What was asked for; a text that was not given is NULL. */
struct release_options {
    const char *catalogue;
    const char *job;
    const char *product;
    const char *manufacturer;
    const char *manufacturer_id;
};

/** The image and what its job says. */
struct release {
    const struct release_options *options;
    const struct file_bytes *image;
    const char *in;        /**< the file it was made from; names it where nothing else does */
    const char *out;       /**< where it goes; NULL: to the catalogue alone */
    const char *extension; /**< of its file in the catalogue; NULL: ".bin" */
    const char *board;     /**< NULL: unknown */
    struct otter_version version;
};

/** @return false, after telling the user, if the image would go nowhere */
bool release_has_destination(const struct release_options *options, const char *out);

/** Store everything. @return false after telling the user why */
bool release_store(const struct release *release);

#endif
