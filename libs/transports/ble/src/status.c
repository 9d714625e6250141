/* SPDX-License-Identifier: Apache-2.0 */

/* Why something failed, in the few words that hosts know. */

#include "ble.h"

static const struct {
    enum otter_result result;
    enum status status;
} rows[] = {
    { OTTER_OK, STATUS_OK },
    { OTTER_NO_UPDATE, STATUS_NOT_NOW },
    { OTTER_ERR_STOPPED, STATUS_NOT_NOW },
    { OTTER_ERR_IMAGE_HASH, STATUS_UNVERIFIED },
    { OTTER_ERR_IMAGE_UNSIGNED, STATUS_UNVERIFIED },
    { OTTER_ERR_IMAGE_UNKNOWN_KEY, STATUS_UNVERIFIED },
    { OTTER_ERR_IMAGE_SIGNATURE, STATUS_UNVERIFIED },
    { OTTER_ERR_IMAGE_KEY, STATUS_UNVERIFIED },
    { OTTER_ERR_IMAGE_MAGIC, STATUS_NO_IMAGE },
    { OTTER_ERR_IMAGE_HEADER, STATUS_NO_IMAGE },
    { OTTER_ERR_IMAGE_TLV, STATUS_NO_IMAGE },
    { OTTER_ERR_IMAGE_UNSUPPORTED, STATUS_NO_IMAGE },
    { OTTER_ERR_BUNDLE, STATUS_NO_IMAGE },
    { OTTER_ERR_IMAGE_TOO_BIG, STATUS_SIZE },
    { OTTER_ERR_CHUNK_RANGE, STATUS_SIZE },
    { OTTER_ERR_IMAGE_LAYOUT, STATUS_OTHER_BOARD },
    { OTTER_ERR_IMAGE_ADDRESS, STATUS_OTHER_BOARD },
    { OTTER_ERR_JOB_BOARD, STATUS_OTHER_BOARD },
    { OTTER_ERR_JOB_PRODUCT, STATUS_OTHER_BOARD },
    { OTTER_ERR_DOWNGRADE, STATUS_VERSION },
    { OTTER_ERR_VERSION_MISMATCH, STATUS_VERSION },
    { OTTER_ERR_JOB_NOT_NEWER, STATUS_VERSION },
    { OTTER_ERR_JOB_REJECTED, STATUS_VERSION },
};

enum status otter_ble_status(enum otter_result result)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].result == result) {
            return rows[i].status;
        }
    }
    return STATUS_FAILED;
}
