/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/result.h"

#include <stddef.h>

/* The texts of the table in the header, looked up by value: a result may come from a peer, so any
 * value must find an answer. */
struct result_text {
    enum otter_result result;
    const char *name;
    const char *meaning;
    const char *hint;
};

static const struct result_text texts[] = {
#define X(name, value, meaning, hint) { name, #name, meaning, hint },
    OTTER_RESULTS(X)
#undef X
};

static const struct result_text unknown = { OTTER_OK, "OTTER_?", "unknown result", "" };

static const struct result_text *find(enum otter_result result)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].result == result) {
            return &texts[i];
        }
    }
    return &unknown;
}

const char *otter_result_name(enum otter_result result)
{
    return find(result)->name;
}

const char *otter_result_meaning(enum otter_result result)
{
    return find(result)->meaning;
}

const char *otter_result_hint(enum otter_result result)
{
    return find(result)->hint;
}
