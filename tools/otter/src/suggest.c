/* SPDX-License-Identifier: Apache-2.0 */

/* Suggestions by edit distance: how many letters to insert, drop or replace. */

#include "suggest.h"

#include <stddef.h>
#include <string.h>

/* Longer words are not worth a guess. */
#define WORD_MAX 32u

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The usual table, of which only the last row is kept. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t length = strlen(b);

    for (size_t j = 0; j <= length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

const char *suggest(const char *const words[], const char *typed)
{
    const char *best = NULL;
    size_t typed_length = strlen(typed);
    size_t best_distance = typed_length / 2 + 1; /* half of it may be wrong, not more */

    if (typed_length > WORD_MAX) {
        return NULL;
    }
    for (; *words != NULL; words++) {
        size_t distance = edit_distance(*words, typed);

        if (distance < best_distance) {
            best_distance = distance;
            best = *words;
        }
    }
    return best;
}
