/* SPDX-License-Identifier: Apache-2.0 */

/** An image in words, and as JSON with the same facts. */
#ifndef OTTER_TOOL_IMAGE_DESCRIBE_H
#define OTTER_TOOL_IMAGE_DESCRIBE_H

#include <cjson/cJSON.h>

#include "image_check.h"

/** Print header, TLVs and the answer to stdout. Of what is no image, the answer alone. */
void image_describe(const struct image_answer *answer, const struct image_trust *trust);

/** The same facts, added to @p object. */
void image_describe_json(cJSON *object, const struct image_answer *answer,
                         const struct image_trust *trust);

/** A row of a description. */
__attribute__((format(printf, 2, 3))) void describe_row(const char *name, const char *format, ...);

#endif
