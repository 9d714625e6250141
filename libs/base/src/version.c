/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/version.h"

#include <stdbool.h>
#include <stddef.h>

#include "otter/text.h"

static int compare_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

int otter_version_compare(const struct otter_version *a, const struct otter_version *b)
{
    const int major = compare_u32(a->major, b->major);
    const int minor = compare_u32(a->minor, b->minor);

    if (major != 0) {
        return major;
    }
    if (minor != 0) {
        return minor;
    }
    return compare_u32(a->revision, b->revision);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Read one decimal part, up to and including @p max, and step over it. */
static bool read_part(const char **text, uint32_t max, uint32_t *value)
{
    uint32_t sum = 0;

    if (!is_digit(**text)) {
        return false;
    }
    while (is_digit(**text)) {
        const uint32_t digit = (uint32_t)(**text - '0');

        if (sum > (max - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
        (*text)++;
    }
    *value = sum;
    return true;
}

enum otter_result otter_version_parse(const char *text, struct otter_version *version)
{
    static const struct {
        char before; /* the character that announces this part */
        uint32_t max;
    } parts[4] = {
        { '\0', UINT8_MAX }, { '.', UINT8_MAX }, { '.', UINT16_MAX }, { '+', UINT32_MAX }
    };
    uint32_t values[4] = { 0 };

    if (!read_part(&text, parts[0].max, &values[0])) {
        return OTTER_ERR_ARGUMENT;
    }
    for (size_t i = 1; i < 4; i++) {
        if (*text != parts[i].before) {
            continue; /* this part is left out; the next one may still come */
        }
        text++;
        if (!read_part(&text, parts[i].max, &values[i])) {
            return OTTER_ERR_ARGUMENT;
        }
    }
    if (*text != '\0') {
        return OTTER_ERR_ARGUMENT;
    }
    *version = (struct otter_version){
        .major = (uint8_t)values[0],
        .minor = (uint8_t)values[1],
        .revision = (uint16_t)values[2],
        .build = values[3],
    };
    return OTTER_OK;
}

void otter_version_format(const struct otter_version *version, char text[OTTER_VERSION_TEXT_SIZE])
{
    struct otter_text out;

    otter_text_init(&out, text, OTTER_VERSION_TEXT_SIZE);
    otter_text_append_version(&out, version);
}
