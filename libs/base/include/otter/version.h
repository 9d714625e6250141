/* SPDX-License-Identifier: Apache-2.0 */

/** Versions of images: major.minor.revision+build, as the image header stores them. */
#ifndef OTTER_VERSION_H
#define OTTER_VERSION_H

#include <stdint.h>

#include "otter/result.h"

struct otter_version {
    uint8_t major;
    uint8_t minor;
    uint16_t revision;
    uint32_t build;
};

/** Room for the longest text of a version, with its terminator: "255.255.65535+4294967295". */
#define OTTER_VERSION_TEXT_SIZE 25

/** Compare major, minor and revision; the build number does not take part.
 *
 *  @return < 0 if @p a is older than @p b, 0 if they are equal, > 0 if it is newer */
int otter_version_compare(const struct otter_version *a, const struct otter_version *b);

/** Read "1", "1.2", "1.2.3" or "1.2.3+4"; missing parts are 0.
 *
 *  @return OTTER_OK
 *          OTTER_ERR_ARGUMENT  a part is empty, not decimal or too large, or something follows;
 *                              @p version is unchanged */
enum otter_result otter_version_parse(const char *text, struct otter_version *version);

/** Write "1.2.3", or "1.2.3+4" if there is a build number; always terminated. */
void otter_version_format(const struct otter_version *version, char text[OTTER_VERSION_TEXT_SIZE]);

#endif
