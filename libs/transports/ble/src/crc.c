/* SPDX-License-Identifier: Apache-2.0 */

/* The service that checks a CRC-32 over the file. */

#include "ble.h"
#include "otter/crc32.h"

static bool is_configured(const struct otter_ble_config *config)
{
    (void)config;
    return true;
}

static enum otter_result begin(struct otter_ble *ble)
{
    ble->running_crc = 0;
    return OTTER_OK;
}

static enum otter_result update(struct otter_ble *ble, const uint8_t *bytes, size_t len)
{
    ble->running_crc = otter_crc32(ble->running_crc, bytes, len);
    return OTTER_OK;
}

/* Of a file that was gone on with not all bytes were seen; the agent holds it against its digest. */
static enum otter_result check(struct otter_ble *ble)
{
    return ble->job->has_sha256 || ble->running_crc == ble->crc ? OTTER_OK : OTTER_ERR_IMAGE_HASH;
}

const struct otter_ble_variant otter_ble_crc_variant = {
    .is_configured = is_configured,
    .begin = begin,
    .update = update,
    .check = check,
};
