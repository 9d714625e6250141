/* SPDX-License-Identifier: Apache-2.0 */

/** The work behind "otter image sign". */
#ifndef OTTER_TOOL_IMAGE_SIGN_H
#define OTTER_TOOL_IMAGE_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"

/** What was asked for; a text that was not given is NULL. */
struct image_sign_options {
    const char *key;
    const char *passphrase_file;
    const char *version;
    const char *layout;
    const char *slot;
    const char *board;
    const char *out;
    const char *job;
    const char *catalogue;
    const char *product;
    const char *manufacturer;
    const char *manufacturer_id;
    bool pad;
    bool confirm;
    /* in place of a layout; 0 if not given */
    uint32_t header_size;
    uint32_t slot_size;
    uint32_t align;
    uint32_t max_align;
    uint32_t max_sectors;
    uint32_t erased_byte;
};

/** Sign the program in file @p in. @param out  where the image goes; NULL: the catalogue alone */
enum command_status image_sign(const struct image_sign_options *options, const char *in,
                               const char *out);

#endif
