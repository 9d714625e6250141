/* SPDX-License-Identifier: Apache-2.0 */

/** Encrypts programs, and wraps the key to a device (docs/formats/image.md, "Encryption"). A function
 * that fails has told the user why. */
#ifndef OTTER_TOOL_ENCRYPTION_H
#define OTTER_TOOL_ENCRYPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keys.h"

/** Programs are filled up to whole blocks of this size before they are encrypted. */
#define ENCRYPTION_BLOCK 16u
/** Longest value of a TLV with a wrapped key: RSA-2048. */
#define WRAPPED_KEY_MAX 256

/** For whom and how. */
struct encryption {
    const struct key *recipient; /**< its type has an encryption_tlv */
    size_t key_size;             /**< 16 (AES-128) or 32 (AES-256) */
    bool leave_plain; /**< wrap a key, but leave the program as a primary slot holds it */
};

/** A key of one image. */
struct image_key {
    uint8_t bytes[OTTER_IMAGE_KEY_SIZE_MAX];
    size_t size;
    uint8_t wrapped[WRAPPED_KEY_MAX]; /**< the value of the recipient's TLV */
    size_t wrapped_size;
};

/** Make a random key and wrap it to the recipient. */
bool encryption_make_key(const struct encryption *encryption, struct image_key *key);

/** Encrypt or decrypt @p size bytes in place. The key is for one image: there is no nonce. */
bool encryption_apply(const struct image_key *key, uint8_t *bytes, size_t size);

#endif
