/* SPDX-License-Identifier: Apache-2.0 */

/** JSON of the commands: what --json prints, and what comes from outside. */
#ifndef OTTER_TOOL_JSON_H
#define OTTER_TOOL_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

/** Print @p root to stdout, with a line end, and delete it. */
void json_print(cJSON *root);

/** Add @p len bytes as a text of lower-case hexadecimal digits. */
void json_add_hex(cJSON *object, const char *name, const uint8_t *bytes, size_t len);

/** Parse valid UTF-8 that is one JSON value and nothing more.
 *  @return NULL: it is something else; cJSON_Delete() the value */
cJSON *json_parse_exactly(const char *text, size_t len);

#endif
