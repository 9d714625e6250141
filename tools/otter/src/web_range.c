/* SPDX-License-Identifier: Apache-2.0 */

#include "web_range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Read digits, if there are any, and move behind them. @return false: too many */
static bool read_number(const char **text, uint64_t *number, bool *is_there)
{
    *number = 0;
    *is_there = false;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        if (*number > UINT64_MAX / 100) {
            return false;
        }
        *number = 10 * *number + (uint64_t)(**text - '0');
        *is_there = true;
    }
    return true;
}

/* "bytes=-500": the last 500. */
static enum web_range_kind take_suffix(uint64_t length, uint64_t size, uint64_t *first,
                                       uint64_t *last)
{
    if (length == 0 || size == 0) {
        return WEB_RANGE_UNSATISFIABLE;
    }
    *first = length < size ? size - length : 0;
    *last = size - 1;
    return WEB_RANGE_PART;
}

enum web_range_kind web_range_read(const char *text, uint64_t size, uint64_t *first, uint64_t *last)
{
    bool has_first;
    bool has_last;

    if (strncasecmp(text, "bytes=", 6) != 0) {
        return WEB_RANGE_WHOLE;
    }
    text += 6;
    if (!read_number(&text, first, &has_first) || *text++ != '-'
        || !read_number(&text, last, &has_last) || *text != '\0' || (!has_first && !has_last)) {
        return WEB_RANGE_WHOLE;
    }
    if (!has_first) {
        return take_suffix(*last, size, first, last);
    }
    if (has_last && *last < *first) {
        return WEB_RANGE_WHOLE;
    }
    if (*first >= size) {
        return WEB_RANGE_UNSATISFIABLE;
    }
    if (!has_last || *last >= size) {
        *last = size - 1;
    }
    return WEB_RANGE_PART;
}
