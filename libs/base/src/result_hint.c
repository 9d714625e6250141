/* SPDX-License-Identifier: Apache-2.0 */

#include "result_texts.h"

static const struct result_text texts[] = {
#define X(name, value, meaning, hint) { name, hint },
    OTTER_RESULTS(X)
#undef X
};

const char *otter_result_hint(enum otter_result result)
{
    return find_result_text(texts, sizeof texts / sizeof texts[0], result, "");
}
