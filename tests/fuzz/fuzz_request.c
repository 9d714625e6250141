/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a device's request. What is accepted must be fit for a terminal and for an answer:
 * terminated, valid UTF-8, without control characters. */

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void demand_clean(const char *text, size_t size)
{
    demand(memchr(text, '\0', size) != NULL);
    for (; *text != '\0'; text++) {
        demand((uint8_t)*text >= 0x20 && *text != 0x7F);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request;

    if (request_parse(data, size, &request) != NULL) {
        return 0;
    }
    demand(size <= REQUEST_BYTES_MAX);
    demand_clean(request.message, sizeof request.message);
    demand_clean(request.topic, sizeof request.topic);
    demand_clean(request.file, sizeof request.file);
    demand_clean(request.serial, sizeof request.serial);
    demand_clean(request.version_text, sizeof request.version_text);
    demand_clean(request.stage, sizeof request.stage);
    demand_clean(request.code, sizeof request.code);
    demand_clean(request.reason, sizeof request.reason);
    return 0;
}
