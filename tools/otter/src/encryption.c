/* SPDX-License-Identifier: Apache-2.0 */

/* Encryption by OpenSSL: AES in counter mode from zero, its key wrapped with RSA-OAEP or ECIES.
 *
 * ECIES: the shared secret of an ephemeral key and the recipient's yields, by HKDF, a key that
 * encrypts the image's key and one that authenticates the result. */

#include "encryption.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "openssl_error.h"
#include "otter/image.h"

#define SHARED_SIZE      32u
#define TAG_SIZE         32u
#define PUBLIC_POINT_MAX 65u

static bool crypt_ctr(const uint8_t *key, size_t key_size, uint8_t *bytes, size_t size)
{
    static const uint8_t zero[ENCRYPTION_BLOCK];
    const EVP_CIPHER *cipher = key_size == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    const bool done = EVP_EncryptInit_ex2(context, cipher, key, zero, NULL) == 1
                      && EVP_EncryptUpdate(context, bytes, &written, bytes, (int)size) == 1;

    EVP_CIPHER_CTX_free(context);
    return done;
}

static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t shared[SHARED_SIZE])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    size_t size = SHARED_SIZE;
    const bool done = EVP_PKEY_derive_init(context) == 1
                      && EVP_PKEY_derive_set_peer(context, peer) == 1
                      && EVP_PKEY_derive(context, shared, &size) == 1 && size == SHARED_SIZE;

    EVP_PKEY_CTX_free(context);
    return done;
}

static bool expand(uint8_t shared[SHARED_SIZE], uint8_t *keys, size_t size)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    char digest[] = "SHA256";
    char purpose[] = "MCUBoot_ECIES_v1";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, SHARED_SIZE),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, purpose, sizeof purpose - 1),
        OSSL_PARAM_construct_end(),
    };
    const bool done = EVP_KDF_derive(context, keys, size, parameters) == 1;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    return done;
}

/* The wrapped key: ephemeral public key, tag, encrypted image key. */
static bool seal(EVP_PKEY *ephemeral, const struct key *recipient, struct image_key *key)
{
    uint8_t shared[SHARED_SIZE];
    uint8_t keys[OTTER_IMAGE_KEY_SIZE_MAX + TAG_SIZE];
    uint8_t *point = NULL;
    const size_t point_size = EVP_PKEY_get1_encoded_public_key(ephemeral, &point);
    bool done = point_size > 0 && point_size <= PUBLIC_POINT_MAX
                && agree(ephemeral, recipient->pkey, shared)
                && expand(shared, keys, key->size + TAG_SIZE);

    if (done) {
        uint8_t *tag = key->wrapped + point_size;
        uint8_t *encrypted = tag + TAG_SIZE;

        memcpy(key->wrapped, point, point_size);
        memcpy(encrypted, key->bytes, key->size);
        key->wrapped_size = point_size + TAG_SIZE + key->size;
        done = crypt_ctr(keys, key->size, encrypted, key->size)
               && EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, keys + key->size, TAG_SIZE,
                            encrypted, key->size, tag, TAG_SIZE, NULL)
                      != NULL;
    }
    OPENSSL_cleanse(shared, sizeof shared);
    OPENSSL_cleanse(keys, sizeof keys);
    OPENSSL_free(point);
    return done;
}

static bool wrap_ecies(const struct key *recipient, struct image_key *key)
{
    EVP_PKEY *ephemeral = key_type_generate(recipient->type);
    const bool done = ephemeral != NULL && seal(ephemeral, recipient, key);

    EVP_PKEY_free(ephemeral);
    return done;
}

static bool wrap_rsa(const struct key *recipient, struct image_key *key)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, recipient->pkey, NULL);

    key->wrapped_size = sizeof key->wrapped;
    const bool done =
        EVP_PKEY_encrypt_init(context) == 1
        && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1
        && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
        && EVP_PKEY_encrypt(context, key->wrapped, &key->wrapped_size, key->bytes, key->size) == 1;

    EVP_PKEY_CTX_free(context);
    return done;
}

bool encryption_make_key(const struct encryption *encryption, struct image_key *key)
{
    const struct key *recipient = encryption->recipient;

    *key = (struct image_key){ .size = encryption->key_size };
    if (RAND_bytes(key->bytes, (int)key->size) != 1) {
        message_openssl("there are no random bytes for the image's key");
        return false;
    }
    const bool done = recipient->type->encryption_tlv == OTTER_TLV_ENC_RSA2048
                          ? wrap_rsa(recipient, key)
                          : wrap_ecies(recipient, key);
    if (!done) {
        message_openssl("the image's key cannot be wrapped");
    }
    return done;
}

bool encryption_apply(const struct image_key *key, uint8_t *bytes, size_t size)
{
    const bool done = crypt_ctr(key->bytes, key->size, bytes, size);

    if (!done) {
        message_openssl("the program cannot be encrypted");
    }
    return done;
}
