/* SPDX-License-Identifier: Apache-2.0 */

/** Bytes as test vectors write them. */
#ifndef TEST_HEX_H
#define TEST_HEX_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Read pairs of lower-case hexadecimal digits. @return bytes */
static inline size_t test_from_hex(const char *hex, uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const size_t len = strlen(hex) / 2;

    assert(len <= size);
    (void)size;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4
                             | (strchr(digits, hex[2 * i + 1]) - digits));
    }
    return len;
}

#endif
