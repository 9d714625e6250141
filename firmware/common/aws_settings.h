/* SPDX-License-Identifier: Apache-2.0 */

/* What a device must know to be a thing of AWS IoT, besides its broker (device_settings.h). */
#ifndef OTTER_FIRMWARE_AWS_SETTINGS_H
#define OTTER_FIRMWARE_AWS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "otter/settings.h"

/* Bytes of the longest block that a device has room for. */
#define AWS_BLOCK_SIZE_MAX 8192u

struct aws_settings {
    bool has_jobs; /* jobs are asked for at AWS IoT */
    const char *thing_name;
    const char *code_signing_certificate; /* PEM; NULL: signatures in jobs are not looked at */
    bool prefer_http;
    uint32_t block_size;
    uint8_t window; /* blocks */
};

/* Translate @p settings, whose buffer is borrowed.
 *
 * @return NULL, or the name of a setting that is missing or impossible */
const char *aws_settings_read(const struct otter_settings *settings, struct aws_settings *aws);

#endif
