/* SPDX-License-Identifier: Apache-2.0 */

/* What the agent and its transports use of <string.h> besides, a byte at a time: topics, keys and jobs
 * are short. The C library's, made for speed, take 1,900 bytes. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The standard has what searches take its text as const and return a place in it without. */
static void *without_const(const void *place)
{
    const union {
        const void *taken;
        void *returned;
    } pointer = { place };

    return pointer.returned;
}

void *memmove(void *to, const void *from, size_t len)
{
    uint8_t *written = to;
    const uint8_t *read = from;

    if (written <= read) {
        for (; len > 0; len--) {
            *written++ = *read++;
        }
        return to;
    }
    for (; len > 0; len--) {
        written[len - 1] = read[len - 1];
    }
    return to;
}

void *memchr(const void *bytes, int value, size_t len)
{
    for (const uint8_t *next = bytes; len-- > 0; next++) {
        if (*next == (uint8_t)value) {
            return without_const(next);
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    const char *end = text;

    while (*end != '\0') {
        end++;
    }
    return (size_t)(end - text);
}

int strcmp(const char *left, const char *right)
{
    while (*left != '\0' && *left == *right) {
        left++;
        right++;
    }
    return (uint8_t)*left - (uint8_t)*right;
}

char *strchr(const char *text, int c)
{
    for (; *text != (char)c; text++) {
        if (*text == '\0') {
            return NULL;
        }
    }
    return without_const(text);
}

size_t strcspn(const char *text, const char *ends)
{
    size_t len = 0;

    while (text[len] != '\0' && strchr(ends, text[len]) == NULL) {
        len++;
    }
    return len;
}

char *strpbrk(const char *text, const char *wanted)
{
    const char *found = text + strcspn(text, wanted);

    return *found == '\0' ? NULL : without_const(found);
}
