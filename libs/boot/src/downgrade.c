/* SPDX-License-Identifier: Apache-2.0 */

/* Which update is a step back. A product names one of these rules, or none. */

#include "course.h"
#include "otter/bytes.h"

static bool is_older(const struct otter_image *running, const struct otter_image *update)
{
    return otter_version_compare(&update->header.version, &running->header.version) < 0;
}

const struct otter_downgrade_rule otter_no_older_version = { .forbids = is_older };

/* @return as otter_tlv_read() */
static enum otter_result read_counter(const struct otter_image *image, uint32_t *counter)
{
    uint8_t bytes[4] = { 0 };
    size_t size = sizeof bytes;
    const enum otter_result result =
        otter_tlv_read(image, OTTER_TLV_SECURITY_COUNTER, true, bytes, &size);

    *counter = otter_load_le32(bytes);
    return result == OTTER_OK && size != sizeof bytes ? OTTER_ERR_IMAGE_TLV : result;
}

/* A program without a counter does not ask for one. */
static bool counts_less(const struct otter_image *running, const struct otter_image *update)
{
    uint32_t least;
    uint32_t counter;
    const enum otter_result found = read_counter(running, &least);

    if (found == OTTER_ERR_NOT_FOUND) {
        return false;
    }
    return found != OTTER_OK || read_counter(update, &counter) != OTTER_OK || counter < least;
}

const struct otter_downgrade_rule otter_no_lower_counter = { .forbids = counts_less };
