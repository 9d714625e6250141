/* SPDX-License-Identifier: Apache-2.0 */

/** The manifest of a bundle, components.json: which file is which image (docs/formats/bundle.md). */
#ifndef OTTER_MANIFEST_H
#define OTTER_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "otter/result.h"
#include "otter/tar.h"
#include "otter/version.h"

/** The manifest's own name. */
#define OTTER_MANIFEST_NAME "components.json"

/** Longest manifest, in bytes: room for four files with names of 100 bytes. */
#define OTTER_MANIFEST_SIZE_MAX 1024u

/** Images in a bundle: as many as a bootloader takes care of. */
#define OTTER_BUNDLE_FILES_MAX 4u

struct otter_manifest_file {
    char name[OTTER_TAR_NAME_SIZE]; /**< printable, without folders */
    uint32_t size;                  /**< bytes; more than 0 */
    uint8_t image;                  /**< which image's slot it is for; each comes once at most */
};

struct otter_manifest {
    struct otter_version version; /**< of the release: that of image 0 */
    struct otter_manifest_file files[OTTER_BUNDLE_FILES_MAX]; /**< one of them is image 0 */
    uint8_t file_count;
};

/** Read a manifest.
 *
 *  @param problem  what is wrong, for people, with OTTER_ERR_BUNDLE
 *  @return OTTER_OK, OTTER_ERR_BUNDLE */
enum otter_result otter_manifest_parse(const char *text, size_t len,
                                       struct otter_manifest *manifest, const char **problem);

/** The word for image number @p image in a manifest: "NSPE" ...; NULL if there is none. */
const char *otter_manifest_type(uint8_t image);

#endif
