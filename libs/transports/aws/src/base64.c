/* SPDX-License-Identifier: Apache-2.0 */

#include "base64.h"

#include <stdbool.h>
#include <string.h>

#define GROUP 4u /* characters, of six bits each, for three bytes */

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *digit = c == '\0' ? NULL : strchr(digits, c);

    return digit == NULL ? -1 : (int)(digit - digits);
}

/* How many of a group's characters are padding. */
static size_t padding_of(const char *group)
{
    if (group[3] != '=') {
        return 0;
    }
    return group[2] == '=' ? 2 : 1;
}

/* @return false: a character is none, or bits are set that no byte holds */
static bool decode_group(const char *group, size_t padding, uint8_t bytes[3])
{
    uint32_t bits = 0;

    for (size_t i = 0; i < GROUP; i++) {
        const int digit = i < GROUP - padding ? digit_of(group[i]) : 0;

        if (digit < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
    }
    bytes[0] = (uint8_t)(bits >> 16);
    bytes[1] = (uint8_t)(bits >> 8);
    bytes[2] = (uint8_t)bits;
    return (bits & ((1u << 8 * padding) - 1u)) == 0;
}

size_t otter_base64_decode(const char *text, uint8_t *bytes, size_t size)
{
    const size_t len = strlen(text);
    size_t used = 0;

    if (len % GROUP != 0) {
        return 0;
    }
    for (size_t at = 0; at < len; at += GROUP) {
        const size_t padding = at + GROUP == len ? padding_of(text + at) : 0;
        uint8_t group[3];

        if (!decode_group(text + at, padding, group) || 3 - padding > size - used) {
            return 0;
        }
        memcpy(bytes + used, group, 3 - padding);
        used += 3 - padding;
    }
    return used;
}
