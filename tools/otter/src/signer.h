/* SPDX-License-Identifier: Apache-2.0 */

/** Makes an image from a program: the host's side of docs/formats/image.md, built on libs/image. */
#ifndef OTTER_TOOL_SIGNER_H
#define OTTER_TOOL_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encryption.h"
#include "file.h"
#include "keys.h"
#include "otter/bootstate.h"
#include "otter/image.h"
#include "otter/layout.h"
#include "otter/version.h"

#define SIGNER_DEPENDENCIES_MAX 16
#define SIGNER_CUSTOMS_MAX      64
#define SIGNER_UUID_SIZE        16

/** Another image that this one needs. */
struct signer_dependency {
    uint8_t image;
    struct otter_version at_least;
};

/** A TLV that means nothing to us. */
struct signer_custom {
    uint16_t type;
    uint16_t size;
    const uint8_t *value;
};

/** What goes into an image beside the program. */
struct signer_request {
    const struct key *key; /**< NULL: the image carries a hash, but no signature */
    bool names_whole_key;  /**< by all of its bytes instead of its hash */
    struct otter_version version;
    uint16_t header_size;
    bool has_header_room; /**< the program begins with header_size bytes that the header replaces */
    uint8_t erased_byte;  /**< otherwise fills the header up */
    uint32_t flags;       /**< of enum otter_image_flag, but for those of encryption */
    uint32_t load_address;
    const struct otter_layout *layout; /**< for the layout TLV; NULL: none */
    const char *board;                 /**< for the board TLV; NULL: none */
    bool has_security_counter;
    uint32_t security_counter;
    const char *boot_record; /**< type of software; NULL: no boot record */
    struct signer_dependency dependencies[SIGNER_DEPENDENCIES_MAX];
    size_t dependency_count;
    bool has_vendor_uuid;
    bool has_class_uuid;
    uint8_t vendor_uuid[SIGNER_UUID_SIZE];
    uint8_t class_uuid[SIGNER_UUID_SIZE];
    struct signer_custom customs[SIGNER_CUSTOMS_MAX];
    size_t custom_count;
    const struct encryption *encryption; /**< NULL: plain */
};

/** How an image names the key that signed it. @param text  "hash", "full", or NULL: by its hash
 *
 *  @return false after telling the user that it is neither */
bool signer_read_key_format(const char *text, bool *whole);

/** Add the TLV that names @p key, which goes in front of the signature. */
void signer_add_key_name(struct otter_tlv_writer *writer, const struct key *key, bool whole);

/** Compose, sign and encrypt.
 *
 *  @param image  set to the image; file_free() it
 *  @return false after telling the user why */
bool signer_compose(const struct signer_request *request, const uint8_t *program,
                    size_t program_size, struct file_bytes *image);

/** What a padded file looks like. */
struct signer_padding {
    uint32_t slot_size;
    uint32_t start; /**< bytes of the slot in front of the image */
    uint8_t erased_byte;
    struct otter_trailer_shape shape;
    bool confirm; /**< say in the trailer that the image is accepted */
};

/** Fill @p image up to the size of its slot, with a trailer that makes it pending. */
bool signer_pad(const struct signer_padding *padding, struct file_bytes *image);

#endif
