/* SPDX-License-Identifier: Apache-2.0 */

/** What the images of a bundle need of each other. */
#ifndef OTTER_TOOL_BUNDLE_NEEDS_H
#define OTTER_TOOL_BUNDLE_NEEDS_H

#include "otter/image.h"
#include "otter/manifest.h"

/** The images of a bundle by their numbers; NULL: it has none of that number. */
struct bundle_images {
    const struct otter_image *images[OTTER_BUNDLE_FILES_MAX];
    const char *names[OTTER_BUNDLE_FILES_MAX]; /**< what to call them */
};

/** Look for what could never be installed from this bundle alone. What an image needs of one that is not
 * in the bundle is for the device to know.
 *
 *  @param needs  a bit for each image of the bundle that an image depends on, for each image
 *  @return false after telling the user which image needs what is not there, or says nonsense */
bool bundle_check_needs(const struct bundle_images *bundle, uint8_t needs[OTTER_BUNDLE_FILES_MAX]);

#endif
