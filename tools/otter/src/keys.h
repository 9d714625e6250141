/* SPDX-License-Identifier: Apache-2.0 */

/** Keys in files: those that images are signed with or encrypted to. A function that fails has told
 * the user why. */
#ifndef OTTER_TOOL_KEYS_H
#define OTTER_TOOL_KEYS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key_types.h"
#include "otter/crypto.h"

/** Longest public half: RSA-3072. */
#define KEY_DER_MAX 400
/** Longest signature: RSA-3072. */
#define KEY_SIGNATURE_MAX  384
#define KEY_HASH_TEXT_SIZE (2 * OTTER_SHA256_SIZE + 1)

struct key {
    EVP_PKEY *pkey; /* key_free() frees it */
    const struct key_type *type;
    bool is_private;
    uint8_t der[KEY_DER_MAX]; /**< the public half as images and bootloaders name it */
    size_t der_size;
    uint8_t hash[OTTER_SHA256_SIZE]; /**< what KEYHASH holds */
};

bool key_generate(const struct key_type *type, struct key *key);

/** Read a private or a public key, in any form that OpenSSL knows: PEM or DER; PKCS#8, SEC1, PKCS#1
 * or SubjectPublicKeyInfo.
 *
 *  @param passphrase_file  its first line opens an encrypted key; NULL: none */
bool key_load(const char *path, const char *passphrase_file, struct key *key);

/** The same, but only a private key will do. */
bool key_load_private(const char *path, const char *passphrase_file, struct key *key);

/** Write the private key as PKCS#8, readable by its owner only.
 *
 *  @param passphrase_file  its first line encrypts the key; NULL: not encrypted */
bool key_store_private(const struct key *key, const char *path, const char *passphrase_file);

/** The public half as PEM text. @return allocated; free() it. NULL after an error */
char *key_public_pem(const struct key *key);

/** Sign a digest. @param size  set to the bytes of the signature */
bool key_sign(const struct key *key, const uint8_t digest[OTTER_SHA256_SIZE],
              uint8_t signature[KEY_SIGNATURE_MAX], size_t *size);

/** Is this a signature over that digest by the private half of @p key? A wrong one is no error. */
bool key_signed(const struct key *key, const uint8_t digest[OTTER_SHA256_SIZE],
                const uint8_t *signature, size_t size);

/** The public half, for the device's libraries. Borrows @p key. */
struct otter_public_key key_public(const struct key *key);

/** The key hash in hexadecimal digits. @return @p text */
const char *key_hash_text(const struct key *key, char text[KEY_HASH_TEXT_SIZE]);

/** Harmless for a key that was not loaded but zeroed. */
void key_free(struct key *key);

#endif
