/* SPDX-License-Identifier: Apache-2.0 */

/* A column of the table in otter/result.h. Each has a file of its own, so that a program holds only those
 * that it uses. */
#ifndef OTTER_RESULT_TEXTS_H
#define OTTER_RESULT_TEXTS_H

#include <stddef.h>

#include "otter/result.h"

struct result_text {
    enum otter_result result;
    const char *text;
};

/** Look up by value: a result may come from a peer, so any value must find an answer. */
static inline const char *find_result_text(const struct result_text *texts, size_t count,
                                           enum otter_result result, const char *otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (texts[i].result == result) {
            return texts[i].text;
        }
    }
    return otherwise;
}

#endif
