/* SPDX-License-Identifier: Apache-2.0 */

/** Signing keys: ECDSA over P-256, in PEM files. A function that fails has told the user why. */
#ifndef OTTER_TOOL_KEYS_H
#define OTTER_TOOL_KEYS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/crypto.h"

/** DER SubjectPublicKeyInfo of an uncompressed P-256 point. */
#define KEY_DER_SIZE 91
/** Longest DER signature. */
#define KEY_SIGNATURE_MAX  72
#define KEY_HASH_TEXT_SIZE (2 * OTTER_SHA256_SIZE + 1)

struct key {
    EVP_PKEY *pkey; /* key_free() frees it */
    bool is_private;
    uint8_t der[KEY_DER_SIZE];       /**< the public half as images and bootloaders name it */
    uint8_t hash[OTTER_SHA256_SIZE]; /**< what KEYHASH holds */
};

bool key_generate(struct key *key);

/** Read a private key (PKCS#8 or SEC1) or a public one, in PEM or DER.
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

/** Sign a digest. @param size  set to the bytes of the DER signature */
bool key_sign(const struct key *key, const uint8_t digest[OTTER_SHA256_SIZE],
              uint8_t signature[KEY_SIGNATURE_MAX], size_t *size);

/** The key hash in hexadecimal digits. @return @p text */
const char *key_hash_text(const struct key *key, char text[KEY_HASH_TEXT_SIZE]);

/** Harmless for a key that was not loaded but zeroed. */
void key_free(struct key *key);

#endif
