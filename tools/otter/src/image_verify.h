/* SPDX-License-Identifier: Apache-2.0 */

/** The work behind "otter image verify". */
#ifndef OTTER_TOOL_IMAGE_VERIFY_H
#define OTTER_TOOL_IMAGE_VERIFY_H

#include <stdbool.h>

#include "command.h"

struct image_verify_options {
    struct option_list keys;
    const char *passphrase_file;
    const char *decryption_key;
    const char *layout; /* NULL: any */
    bool json;
};

/** Check an image as a device with these keys and this layout would. */
enum command_status image_verify(const struct image_verify_options *options, const char *path);

#endif
