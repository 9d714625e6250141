/* SPDX-License-Identifier: Apache-2.0 */

/** Makes an image from a program: the host's side of docs/formats/image.md, built on libs/image. */
#ifndef OTTER_TOOL_SIGNER_H
#define OTTER_TOOL_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"
#include "keys.h"
#include "otter/bootstate.h"
#include "otter/layout.h"
#include "otter/version.h"

/** What goes into an image beside the program. */
struct signer_request {
    const struct key *key; /**< NULL: the image carries a hash, but no signature */
    struct otter_version version;
    uint16_t header_size;
    uint8_t erased_byte;               /**< fills the header up */
    const struct otter_layout *layout; /**< for the layout TLV; NULL: none */
    const char *board;                 /**< for the board TLV; NULL: none */
};

/** Compose and sign.
 *
 *  @param image  set to the image; file_free() it
 *  @return false after telling the user why */
bool signer_compose(const struct signer_request *request, const uint8_t *program,
                    size_t program_size, struct file_bytes *image);

/** What a padded file looks like. */
struct signer_padding {
    uint32_t slot_size;
    uint8_t erased_byte;
    struct otter_trailer_shape shape;
    bool confirm; /**< say in the trailer that the image is accepted */
};

/** Fill @p image up to the size of its slot, with a trailer that makes it pending. */
bool signer_pad(const struct signer_padding *padding, struct file_bytes *image);

#endif
