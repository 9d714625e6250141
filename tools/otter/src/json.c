/* SPDX-License-Identifier: Apache-2.0 */

/* What the commands share when they print JSON. */

#include "json.h"

#include <stdio.h>
#include <stdlib.h>

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
