/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "otter/mbedtls_crypto.h"
#include "test_image.h"

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* ---- the fake -------------------------------------------------------------------------------- */

static void fake_signature(const struct otter_public_key *key,
                           const uint8_t digest[OTTER_SHA256_SIZE],
                           uint8_t signature[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;

    demand(otter_mbedtls_crypto.sha256_start(&sha) == OTTER_OK);
    demand(otter_mbedtls_crypto.sha256_update(&sha, key->der, key->der_size) == OTTER_OK);
    demand(otter_mbedtls_crypto.sha256_update(&sha, digest, OTTER_SHA256_SIZE) == OTTER_OK);
    demand(otter_mbedtls_crypto.sha256_finish(&sha, signature) == OTTER_OK);
}

static enum otter_verdict fake_verify(const struct otter_public_key *key,
                                      const uint8_t digest[OTTER_SHA256_SIZE],
                                      const uint8_t *signature, size_t signature_size)
{
    uint8_t expected[OTTER_SHA256_SIZE];

    fake_signature(key, digest, expected);
    return signature_size == sizeof expected && memcmp(signature, expected, sizeof expected) == 0
               ? OTTER_VERDICT_GOOD
               : OTTER_VERDICT_BAD;
}

static size_t fake_sign(const struct otter_test_signer *signer,
                        const uint8_t digest[OTTER_SHA256_SIZE],
                        uint8_t signature[OTTER_TEST_SIGNATURE_MAX])
{
    fake_signature(&signer->key, digest, signature);
    return OTTER_SHA256_SIZE;
}

static const struct otter_signature_ops fake_ops = {
    .name = "keyed hash, for tests",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = OTTER_SHA256_SIZE,
    .verify = fake_verify,
};

static const struct otter_signature_ops *const fake_algorithms[] = { &fake_ops, NULL };

static enum otter_result sha256_start(struct otter_sha256 *sha)
{
    return otter_mbedtls_crypto.sha256_start(sha);
}

static enum otter_result sha256_update(struct otter_sha256 *sha, const void *bytes, size_t len)
{
    return otter_mbedtls_crypto.sha256_update(sha, bytes, len);
}

static enum otter_result sha256_finish(struct otter_sha256 *sha, uint8_t digest[OTTER_SHA256_SIZE])
{
    return otter_mbedtls_crypto.sha256_finish(sha, digest);
}

/* ---- wrapping image keys --------------------------------------------------------------------- */

/* As long as ECIES over P-256: 65 bytes of a public key, which are fixed here; a tag over the rest;
 * the image key, hidden. */
#define POINT_SIZE 65u

static void hash_with_name(const struct otter_private_key *key, const uint8_t *bytes, size_t len,
                           uint8_t digest[OTTER_SHA256_SIZE])
{
    struct otter_sha256 sha;

    demand(otter_mbedtls_crypto.sha256_start(&sha) == OTTER_OK);
    demand(otter_mbedtls_crypto.sha256_update(&sha, key->der, key->der_size) == OTTER_OK);
    demand(otter_mbedtls_crypto.sha256_update(&sha, bytes, len) == OTTER_OK);
    demand(otter_mbedtls_crypto.sha256_finish(&sha, digest) == OTTER_OK);
}

static void hide_or_show(const struct otter_private_key *key, const uint8_t *from, size_t len,
                         uint8_t *to)
{
    uint8_t mask[OTTER_SHA256_SIZE];

    hash_with_name(key, (const uint8_t *)"mask", 4, mask);
    for (size_t i = 0; i < len; i++) {
        to[i] = (uint8_t)(from[i] ^ mask[i]);
    }
}

void otter_test_wrap_key(const struct otter_test_signer *signer, const uint8_t *image_key,
                         size_t key_size, uint8_t *value)
{
    uint8_t *tag = value + POINT_SIZE;
    uint8_t *hidden = value + OTTER_TEST_WRAP_SIZE;

    memset(value, 0x04, POINT_SIZE);
    hide_or_show(&signer->device_key, image_key, key_size, hidden);
    hash_with_name(&signer->device_key, hidden, key_size, tag);
}

static enum otter_result fake_unwrap(const struct otter_private_key *key, const uint8_t *value,
                                     size_t value_size, uint8_t *image_key, size_t key_size)
{
    uint8_t tag[OTTER_SHA256_SIZE];

    memset(image_key, 0, key_size);
    if (value_size != OTTER_TEST_WRAP_SIZE + key_size) {
        return OTTER_ERR_IMAGE_KEY;
    }
    hash_with_name(key, value + OTTER_TEST_WRAP_SIZE, key_size, tag);
    if (memcmp(tag, value + POINT_SIZE, sizeof tag) != 0) {
        return OTTER_ERR_IMAGE_KEY;
    }
    hide_or_show(key, value + OTTER_TEST_WRAP_SIZE, key_size, image_key);
    return OTTER_OK;
}

static const struct otter_unwrap_ops fake_unwrap_ops = {
    .name = "ECIES P-256, for tests",
    .tlv_type = OTTER_TLV_ENC_EC256,
    .unwrap = fake_unwrap,
};

static const struct otter_unwrap_ops *const fake_unwraps[] = { &fake_unwrap_ops, NULL };

static const struct otter_crypto fake_crypto = {
    .sha256_start = sha256_start,
    .sha256_update = sha256_update,
    .sha256_finish = sha256_finish,
    .signatures = fake_algorithms,
    .cipher = &otter_mbedtls_aes_ctr,
    .unwraps = fake_unwraps,
};

void otter_test_signer_fake(struct otter_test_signer *signer, const char *name)
{
    *signer = (struct otter_test_signer){
        .crypto = &fake_crypto,
        .key = { .der = (const uint8_t *)name, .der_size = strlen(name) },
        .device_key = { .der = (const uint8_t *)name, .der_size = strlen(name) },
        .sign = fake_sign,
    };
}

/* ---- ECDSA ----------------------------------------------------------------------------------- */

static size_t ecdsa_sign(const struct otter_test_signer *signer,
                         const uint8_t digest[OTTER_SHA256_SIZE],
                         uint8_t signature[OTTER_TEST_SIGNATURE_MAX])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(signer->secret, NULL);
    size_t len = OTTER_TEST_SIGNATURE_MAX;

    demand(context != NULL);
    demand(EVP_PKEY_sign_init(context) == 1);
    demand(EVP_PKEY_sign(context, signature, &len, digest, OTTER_SHA256_SIZE) == 1);
    EVP_PKEY_CTX_free(context);
    return len;
}

void otter_test_signer_ecdsa(struct otter_test_signer *signer)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    unsigned char *der = NULL;
    const int size = i2d_PUBKEY(pair, &der);

    demand(pair != NULL && size > 0);
    *signer = (struct otter_test_signer){
        .crypto = &otter_mbedtls_crypto,
        .key = { .der = der, .der_size = (size_t)size },
        .secret = pair,
        .sign = ecdsa_sign,
    };
}

void otter_test_signer_free(struct otter_test_signer *signer)
{
    union {
        const uint8_t *borrowed;
        void *owned;
    } der = { .borrowed = signer->key.der };

    if (signer->secret != NULL) {
        OPENSSL_free(der.owned);
        EVP_PKEY_free(signer->secret);
    }
    *signer = (struct otter_test_signer){ 0 };
}
