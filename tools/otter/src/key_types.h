/* SPDX-License-Identifier: Apache-2.0 */

/** The kinds of key that images are signed with, or encrypted to. */
#ifndef OTTER_TOOL_KEY_TYPES_H
#define OTTER_TOOL_KEY_TYPES_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One row of the table. */
struct key_type {
    const char *name;        /**< for --type: "ecdsa-p256" */
    const char *title;       /**< for people: "ECDSA P-256" */
    const char *algorithm;   /**< OpenSSL's name: "EC" */
    int bits;                /**< size of a key of this type; 0: the algorithm has one size */
    uint16_t signature_tlv;  /**< the TLV of its signatures; 0: it cannot sign */
    uint16_t encryption_tlv; /**< the TLV of an image key wrapped to it; 0: none can be */
};

/** All types; ended by a row without a name. The first one is the default. */
extern const struct key_type key_types[];

/** @return the row called @p name, or NULL */
const struct key_type *key_type_find(const char *name);

/** @return the row of a key, or NULL if images cannot use it */
const struct key_type *key_type_of(const EVP_PKEY *pkey);

/** @return a new key; NULL after telling the user why */
EVP_PKEY *key_type_generate(const struct key_type *type);

/** Encode the public half as images and bootloaders name it (docs/formats/image.md, "Keys").
 *
 *  @param der  set to allocated bytes; OPENSSL_free() them
 *  @return their number; 0 or less after an error of OpenSSL */
int key_type_public_der(const struct key_type *type, EVP_PKEY *pkey, uint8_t **der);

/** Encode the private half as a bootloader takes it, to decrypt images. The same rules.
 *
 *  @param minimal  leave out what can be computed from the rest */
int key_type_private_der(const struct key_type *type, EVP_PKEY *pkey, bool minimal, uint8_t **der);

#endif
