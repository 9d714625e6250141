/* SPDX-License-Identifier: Apache-2.0 */

/** The work behind "otter image sign". */
#ifndef OTTER_TOOL_IMAGE_SIGN_H
#define OTTER_TOOL_IMAGE_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "image_extras.h"
#include "image_place.h"
#include "release.h"

/** What was asked for; a text that was not given is NULL. */
struct image_sign_options {
    const char *key;
    const char *passphrase_file;
    const char *public_key_format; /**< as signer_read_key_format() */
    const char *version;
    const char *board;
    bool has_header_room;
    bool pad;
    bool confirm;
    const char *encrypt;     /**< file of the device's public key */
    uint32_t encrypt_keylen; /**< bits */
    bool clear;
    struct place_options place;
    struct extras_options extras;
    struct release_options release;
};

/** Sign the program in file @p in. @param out  where the image goes; NULL: the catalogue alone */
enum command_status image_sign(const struct image_sign_options *options, const char *in,
                               const char *out);

#endif
