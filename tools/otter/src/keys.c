/* SPDX-License-Identifier: Apache-2.0 */

/* Keys by OpenSSL. A key is normalized when it comes in: its type is one of our table, and the DER
 * bytes of its public half, which are hashed and compared from then on, have one form. */

#include "keys.h"

#include <openssl/bio.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "message.h"
#include "openssl_error.h"
#include "otter/image.h"

#define PASSPHRASE_MAX 256

/* What OpenSSL's callback needs to know, and tells. */
struct passphrase {
    char text[PASSPHRASE_MAX];
    int length; /* 0: there is none */
    bool asked;
};

static bool passphrase_load(const char *path, struct passphrase *passphrase)
{
    struct file_bytes file;

    *passphrase = (struct passphrase){ 0 };
    if (path == NULL) {
        return true;
    }
    if (!file_load(path, &file)) {
        return false;
    }
    const size_t length = strcspn((const char *)file.bytes, "\r\n");
    const bool fits = length > 0 && length < PASSPHRASE_MAX;
    if (fits) {
        memcpy(passphrase->text, file.bytes, length);
        passphrase->length = (int)length;
    } else {
        message_error("the first line of %s is no passphrase", path);
        message_fact("found", "%zu bytes", length);
        message_fact("expected", "1 to %d bytes", PASSPHRASE_MAX - 1);
    }
    file_free(&file);
    return fits;
}

/* Without this OpenSSL would ask on the terminal, which hangs a script. */
static int give_passphrase(char *buffer, int size, int for_writing, void *context)
{
    struct passphrase *passphrase = context;

    (void)for_writing;
    passphrase->asked = true;
    if (passphrase->length == 0 || passphrase->length > size) {
        return -1;
    }
    memcpy(buffer, passphrase->text, (size_t)passphrase->length);
    return passphrase->length;
}

static bool take_public_half(struct key *key)
{
    uint8_t *der = NULL;
    const int size = key_type_public_der(key->type, key->pkey, &der);
    const bool right = size > 0 && size <= KEY_DER_MAX;

    if (right) {
        memcpy(key->der, der, (size_t)size);
        key->der_size = (size_t)size;
    }
    OPENSSL_free(der);
    return right && EVP_Digest(key->der, key->der_size, key->hash, NULL, EVP_sha256(), NULL) == 1;
}

static void complain_of_kind(const char *name, const EVP_PKEY *pkey)
{
    const char *algorithm = EVP_PKEY_get0_type_name(pkey);

    message_error("%s is a key of another kind", name);
    message_fact("found", "%s, %d bits", algorithm != NULL ? algorithm : "unknown",
                 EVP_PKEY_get_bits(pkey));
    message_fact("expected", "ECDSA P-256, RSA-2048, RSA-3072, Ed25519 or X25519");
    message_next("Make one with \"otter key new\".");
}

/* Take ownership of @p pkey if it is a key that we can use. */
static bool adopt(EVP_PKEY *pkey, const char *name, bool is_private, struct key *key)
{
    *key = (struct key){ .pkey = pkey, .type = key_type_of(pkey), .is_private = is_private };
    if (key->type == NULL) {
        complain_of_kind(name, pkey);
        key_free(key);
        return false;
    }
    if (!take_public_half(key)) {
        message_openssl("the public half of the key cannot be written as DER");
        key_free(key);
        return false;
    }
    return true;
}

bool key_generate(const struct key_type *type, struct key *key)
{
    EVP_PKEY *pkey = key_type_generate(type);

    *key = (struct key){ 0 };
    return pkey != NULL && adopt(pkey, "the new key", true, key);
}

/* Any form of a key with the halves that @p selection asks for. */
static EVP_PKEY *decode_half(const struct file_bytes *file, int selection,
                             struct passphrase *passphrase)
{
    EVP_PKEY *pkey = NULL;
    const unsigned char *bytes = file->bytes;
    size_t left = file->size;
    OSSL_DECODER_CTX *context =
        OSSL_DECODER_CTX_new_for_pkey(&pkey, NULL, NULL, NULL, selection, NULL, NULL);

    if (context != NULL
        && OSSL_DECODER_CTX_set_pem_password_cb(context, give_passphrase, passphrase) == 1) {
        (void)OSSL_DECODER_from_data(context, &bytes, &left);
    }
    OSSL_DECODER_CTX_free(context);
    ERR_clear_error();
    return pkey;
}

static EVP_PKEY *decode(const struct file_bytes *file, struct passphrase *passphrase,
                        bool *is_private)
{
    EVP_PKEY *pkey = decode_half(file, EVP_PKEY_KEYPAIR, passphrase);

    *is_private = pkey != NULL;
    if (pkey == NULL && !passphrase->asked) {
        pkey = decode_half(file, EVP_PKEY_PUBLIC_KEY, passphrase);
    }
    return pkey;
}

static void complain_of_file(const char *path, const struct passphrase *passphrase)
{
    if (!passphrase->asked) {
        message_error("%s holds no key", path);
        message_fact("expected", "a private or public key in PEM or DER");
        message_next("Make one with \"otter key new\".");
    } else if (passphrase->length == 0) {
        message_error("%s is encrypted", path);
        message_next("Give the file that holds its passphrase with --passphrase-file.");
    } else {
        message_error("the passphrase does not open %s", path);
        message_next("Check the first line of the passphrase file.");
    }
}

bool key_load(const char *path, const char *passphrase_file, struct key *key)
{
    struct passphrase passphrase;
    struct file_bytes file;
    bool is_private = false;

    *key = (struct key){ 0 };
    if (!passphrase_load(passphrase_file, &passphrase) || !file_load(path, &file)) {
        return false;
    }
    EVP_PKEY *pkey = decode(&file, &passphrase, &is_private);
    OPENSSL_cleanse(file.bytes, file.size);
    file_free(&file);
    if (pkey == NULL) {
        complain_of_file(path, &passphrase);
    }
    OPENSSL_cleanse(passphrase.text, sizeof passphrase.text);
    return pkey != NULL && adopt(pkey, path, is_private, key);
}

bool key_load_private(const char *path, const char *passphrase_file, struct key *key)
{
    if (!key_load(path, passphrase_file, key)) {
        return false;
    }
    if (!key->is_private) {
        message_error("%s is a public key", path);
        message_fact("expected", "the private key; only that can sign");
        key_free(key);
        return false;
    }
    return true;
}

/* The bytes that were written to a memory BIO, as allocated text; frees the BIO. */
static char *text_of(BIO *out, size_t *size)
{
    char *bytes = NULL;
    const long length = BIO_get_mem_data(out, &bytes);
    char *text = length > 0 ? malloc((size_t)length + 1) : NULL;

    if (text != NULL) {
        memcpy(text, bytes, (size_t)length);
        text[length] = '\0';
        *size = (size_t)length;
    }
    (void)BIO_free(out);
    return text;
}

static char *private_pem(const struct key *key, const struct passphrase *passphrase, size_t *size)
{
    BIO *out = BIO_new(BIO_s_mem());
    const EVP_CIPHER *cipher = passphrase->length > 0 ? EVP_aes_256_cbc() : NULL;

    if (PEM_write_bio_PKCS8PrivateKey(out, key->pkey, cipher, passphrase->text, passphrase->length,
                                      NULL, NULL)
        != 1) {
        (void)BIO_free(out);
        return NULL;
    }
    return text_of(out, size);
}

bool key_store_private(const struct key *key, const char *path, const char *passphrase_file)
{
    struct passphrase passphrase;
    size_t size = 0;

    if (!passphrase_load(passphrase_file, &passphrase)) {
        return false;
    }
    char *pem = private_pem(key, &passphrase, &size);
    OPENSSL_cleanse(passphrase.text, sizeof passphrase.text);
    if (pem == NULL) {
        message_openssl("the key cannot be written as PEM");
        return false;
    }
    const bool stored = file_store_secret(path, pem, size);
    OPENSSL_cleanse(pem, size);
    free(pem);
    return stored;
}

char *key_public_pem(const struct key *key)
{
    BIO *out = BIO_new(BIO_s_mem());
    size_t size = 0;

    if (PEM_write_bio_PUBKEY(out, key->pkey) != 1) {
        (void)BIO_free(out);
        message_openssl("the public key cannot be written as PEM");
        return NULL;
    }
    return text_of(out, &size);
}

/* RSA: PSS with a salt as long as the hash, and MGF1 with the same hash. ECDSA and RSA are told
 * that the message is a digest already; for Ed25519 the digest is the message. */
static bool set_scheme(const struct key *key, EVP_PKEY_CTX *context)
{
    switch (key->type->signature_tlv) {
    case OTTER_TLV_RSA2048_PSS:
    case OTTER_TLV_RSA3072_PSS:
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
               && EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1
               && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    default:
        return EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1;
    }
}

static bool sign_digest(const struct key *key, const uint8_t digest[OTTER_SHA256_SIZE],
                        uint8_t *signature, size_t *size)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    const bool done = EVP_PKEY_sign_init(context) == 1 && set_scheme(key, context)
                      && EVP_PKEY_sign(context, signature, size, digest, OTTER_SHA256_SIZE) == 1;

    EVP_PKEY_CTX_free(context);
    return done;
}

static bool sign_message(const struct key *key, const uint8_t message[OTTER_SHA256_SIZE],
                         uint8_t *signature, size_t *size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool done = EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1
                      && EVP_DigestSign(context, signature, size, message, OTTER_SHA256_SIZE) == 1;

    EVP_MD_CTX_free(context);
    return done;
}

bool key_sign(const struct key *key, const uint8_t digest[OTTER_SHA256_SIZE],
              uint8_t signature[KEY_SIGNATURE_MAX], size_t *size)
{
    *size = KEY_SIGNATURE_MAX;
    const bool done = key->type->signature_tlv == OTTER_TLV_ED25519
                          ? sign_message(key, digest, signature, size)
                          : sign_digest(key, digest, signature, size);

    if (!done) {
        message_openssl("the image cannot be signed");
    }
    return done;
}

static bool verify_digest(const struct key *key, const uint8_t digest[OTTER_SHA256_SIZE],
                          const uint8_t *signature, size_t size)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    const bool right = EVP_PKEY_verify_init(context) == 1 && set_scheme(key, context)
                       && EVP_PKEY_verify(context, signature, size, digest, OTTER_SHA256_SIZE) == 1;

    EVP_PKEY_CTX_free(context);
    return right;
}

static bool verify_message(const struct key *key, const uint8_t message[OTTER_SHA256_SIZE],
                           const uint8_t *signature, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool right =
        EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1
        && EVP_DigestVerify(context, signature, size, message, OTTER_SHA256_SIZE) == 1;

    EVP_MD_CTX_free(context);
    return right;
}

bool key_signed(const struct key *key, const uint8_t digest[OTTER_SHA256_SIZE],
                const uint8_t *signature, size_t size)
{
    const bool right = key->type->signature_tlv == OTTER_TLV_ED25519
                           ? verify_message(key, digest, signature, size)
                           : verify_digest(key, digest, signature, size);

    ERR_clear_error();
    return right;
}

struct otter_public_key key_public(const struct key *key)
{
    return (struct otter_public_key){ .der = key->der, .der_size = key->der_size };
}

const char *key_hash_text(const struct key *key, char text[KEY_HASH_TEXT_SIZE])
{
    for (size_t i = 0; i < OTTER_SHA256_SIZE; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", key->hash[i]);
    }
    return text;
}

void key_free(struct key *key)
{
    EVP_PKEY_free(key->pkey);
    *key = (struct key){ 0 };
}
