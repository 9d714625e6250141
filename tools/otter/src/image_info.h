/* SPDX-License-Identifier: Apache-2.0 */

/** The work behind "otter image info". */
#ifndef OTTER_TOOL_IMAGE_INFO_H
#define OTTER_TOOL_IMAGE_INFO_H

#include <stdbool.h>

#include "command.h"

struct image_info_options {
    struct option_list keys;
    const char *passphrase_file;
    const char *decryption_key;
    const char *layout; /* NULL: none */
    bool json;
};

/** Say what a file is: an image, a slot with a trailer, a bundle, or the whole flash of a device. */
enum command_status image_info(const struct image_info_options *options, const char *path);

#endif
