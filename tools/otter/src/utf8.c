/* SPDX-License-Identifier: Apache-2.0 */

#include "utf8.h"

#include <stdint.h>

/* Bytes that follow the first one of a UTF-8 sequence; -1 if it cannot be a first one. */
static int continuation_bytes(uint8_t first)
{
    if (first < 0x80) {
        return 0;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return 1;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        return 2;
    }
    return first >= 0xF0 && first <= 0xF4 ? 3 : -1;
}

bool utf8_is_valid(const void *text, size_t len)
{
    const uint8_t *bytes = text;

    for (size_t at = 0; at < len;) {
        int more = continuation_bytes(bytes[at]);

        if (more < 0 || (size_t)more >= len - at || bytes[at] == 0) {
            return false;
        }
        for (int i = 1; i <= more; i++) {
            if ((bytes[at + (size_t)i] & 0xC0) != 0x80) {
                return false;
            }
        }
        if ((bytes[at] == 0xE0 && bytes[at + 1] < 0xA0)
            || (bytes[at] == 0xED && bytes[at + 1] > 0x9F)
            || (bytes[at] == 0xF0 && bytes[at + 1] < 0x90)
            || (bytes[at] == 0xF4 && bytes[at + 1] > 0x8F)) {
            return false;
        }
        at += (size_t)more + 1;
    }
    return true;
}
