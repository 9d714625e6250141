/* SPDX-License-Identifier: Apache-2.0 */

/** The work behind "otter image digest" and "otter image attach-signature": signing with a key that
 * this program never sees. */
#ifndef OTTER_TOOL_IMAGE_ATTACH_H
#define OTTER_TOOL_IMAGE_ATTACH_H

#include "command.h"
#include "image_place.h"
#include "release.h"

/** Write the digest that the image in @p path is signed over: 32 bytes, or digits if @p as_text. */
enum command_status image_digest(const char *path, const char *out, bool as_text);

/** What was asked for; a text that was not given is NULL. */
struct image_attach_options {
    const char *signature;
    const char *public_key;
    const char *public_key_format; /**< as signer_read_key_format() */
    struct place_options place;    /* without a layout: whether it fits is not asked */
    struct release_options release;
};

/** Put a signature that was made elsewhere into an image. @param out  as for "image sign" */
enum command_status image_attach(const struct image_attach_options *options, const char *path,
                                 const char *out);

#endif
