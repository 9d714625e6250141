/* SPDX-License-Identifier: Apache-2.0 */

/* The rules that reader and writer must agree on. */

#include "format.h"

#include "otter/crc32.h"

uint32_t otter_settings_crc(const uint8_t *header, const uint8_t *entries, size_t length)
{
    return otter_crc32(otter_crc32(0, header, AT_CRC), entries, length);
}

bool otter_settings_is_name(const char *name, size_t len)
{
    if (len < 1 || len > NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (name[i] <= ' ' || name[i] > '~') {
            return false;
        }
    }
    return true;
}
