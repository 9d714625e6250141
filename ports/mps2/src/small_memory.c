/* SPDX-License-Identifier: Apache-2.0 */

/* The functions that compilers call by themselves, for programs that have to be small: those of the C
 * library take 570 bytes. A few words at a time, as whole sectors come through here; the CPU need
 * not have them aligned. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Four words of whatever else may lie there. */
struct __attribute__((may_alias, packed)) block {
    uint32_t words[4];
};

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    struct block *block = to;
    const struct block *source = from;
    uint8_t *const end = (uint8_t *)to + len;

    for (size_t blocks = len / sizeof *block; blocks > 0; blocks--) {
        *block++ = *source++;
    }
    const uint8_t *read = (const uint8_t *)source;

    for (uint8_t *written = (uint8_t *)block; written < end; written++) {
        *written = *read++;
    }
    return to;
}

void *memset(void *to, int value, size_t len)
{
    const uint32_t word = (uint8_t)value * 0x01010101u;
    struct block *block = to;
    uint8_t *const end = (uint8_t *)to + len;

    for (size_t blocks = len / sizeof *block; blocks > 0; blocks--) {
        *block++ = (struct block){ { word, word, word, word } };
    }
    for (uint8_t *written = (uint8_t *)block; written < end; written++) {
        *written = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t len)
{
    const uint8_t *a = left;
    const uint8_t *b = right;

    for (; len-- > 0; a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}
