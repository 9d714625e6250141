/* SPDX-License-Identifier: Apache-2.0 */

/* What the commands share when they print and read JSON. */

#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

void json_print(cJSON *root)
{
    char *text = cJSON_Print(root);

    if (text != NULL) {
        (void)puts(text);
        cJSON_free(text);
    }
    cJSON_Delete(root);
}

void json_add_hex(cJSON *object, const char *name, const uint8_t *bytes, size_t len)
{
    char *text = calloc(2 * len + 1, 1);

    if (text == NULL) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    (void)cJSON_AddStringToObject(object, name, text);
    free(text);
}

cJSON *json_parse_exactly(const char *text, size_t len)
{
    const char *end = NULL;
    cJSON *json =
        utf8_is_valid(text, len) ? cJSON_ParseWithLengthOpts(text, len, &end, false) : NULL;

    while (json != NULL && end < text + len && strchr(" \t\r\n", *end) != NULL) {
        end++;
    }
    if (json != NULL && end < text + len) {
        cJSON_Delete(json);
        return NULL;
    }
    return json;
}
