/* SPDX-License-Identifier: Apache-2.0 */

/** What "otter image info" shows. */
#ifndef OTTER_TOOL_IMAGE_INFO_H
#define OTTER_TOOL_IMAGE_INFO_H

#include <cjson/cJSON.h>

#include "image_file.h"

void image_info_print(const char *path, const struct image_file *file);

/** @return a tree for the caller to delete */
cJSON *image_info_json(const char *path, const struct image_file *file);

#endif
