/* SPDX-License-Identifier: Apache-2.0 */

/** A layout for people (a map) and for scripts (JSON). */
#ifndef OTTER_TOOL_LAYOUT_SHOW_H
#define OTTER_TOOL_LAYOUT_SHOW_H

#include "json.h"
#include "layout_check.h"
#include "layout_file.h"

/** Print the problems of a report to stderr, if there are any. */
void layout_show_problems(const char *path, const struct layout_report *report);

/** Draw the map to stdout. */
void layout_show(const struct layout_file *file, const struct layout_report *report);

/** The same facts. @return a tree that the caller owns */
cJSON *layout_show_json(const struct layout_file *file, const struct layout_report *report);

/** Add the largest image's size to a JSON object, and that of each image. */
void layout_show_add_sizes(cJSON *object, const struct layout_report *report);

#endif
