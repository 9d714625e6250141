/* SPDX-License-Identifier: Apache-2.0 */

/* The check of RSASSA-PSS signatures (RFC 8017, section 8.1.2) with SHA-256 throughout and a salt of
 * 32 bytes.
 *
 * As with the elliptic curve, a key has one legal form and is compared, not parsed: the modulus has
 * its full length, and the exponent is 65537. */

#include <mbedtls/rsa.h>
#include <stdbool.h>
#include <string.h>

#include "otter/image.h"
#include "otter/mbedtls_crypto.h"
#include "otter/verdict.h"

#define HEAD_SIZE          9u
#define SALT_SIZE          OTTER_SHA256_SIZE
#define MODULUS_MIN_FIRST  0x80u /* the first byte of a modulus that uses its highest bit */
#define EXPONENT_HEAD_SIZE 2u

/* RSAPublicKey (RFC 8017, appendix A.1.1) around a modulus of one length. */
struct form {
    size_t modulus_size;
    uint8_t head[HEAD_SIZE]; /* SEQUENCE { INTEGER with a leading zero byte ... */
};

static const struct form rsa2048 = { 256,
                                     { 0x30, 0x82, 0x01, 0x0A, 0x02, 0x82, 0x01, 0x01, 0x00 } };
static const struct form rsa3072 = { 384,
                                     { 0x30, 0x82, 0x01, 0x8A, 0x02, 0x82, 0x01, 0x81, 0x00 } };

/* ... INTEGER 65537 } */
static const uint8_t exponent[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };

static bool has_form(const struct otter_public_key *key, const struct form *form)
{
    return key->der_size == HEAD_SIZE + form->modulus_size + sizeof exponent
           && memcmp(key->der, form->head, HEAD_SIZE) == 0
           && key->der[HEAD_SIZE] >= MODULUS_MIN_FIRST
           && memcmp(key->der + HEAD_SIZE + form->modulus_size, exponent, sizeof exponent) == 0;
}

/* @return 0 if the signature is right */
static int check(mbedtls_rsa_context *rsa, const uint8_t *modulus, size_t size,
                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature)
{
    int error =
        mbedtls_rsa_import_raw(rsa, modulus, size, NULL, 0, NULL, 0, NULL, 0,
                               exponent + EXPONENT_HEAD_SIZE, sizeof exponent - EXPONENT_HEAD_SIZE);

    if (error == 0) {
        error = mbedtls_rsa_check_pubkey(rsa);
    }
    if (error == 0) {
        error = mbedtls_rsa_rsassa_pss_verify_ext(rsa, NULL, NULL, MBEDTLS_RSA_PUBLIC,
                                                  MBEDTLS_MD_SHA256, OTTER_SHA256_SIZE, digest,
                                                  MBEDTLS_MD_SHA256, SALT_SIZE, signature);
    }
    return error;
}

static enum otter_verdict verify(const struct form *form, const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size)
{
    volatile int error = -1;
    mbedtls_rsa_context rsa;

    if (signature_size != form->modulus_size || !has_form(key, form)) {
        return OTTER_VERDICT_BAD;
    }
    mbedtls_rsa_init(&rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
    error = check(&rsa, key->der + HEAD_SIZE, form->modulus_size, digest, signature);
    mbedtls_rsa_free(&rsa);
    return otter_verdict_of_answer(&error, 0);
}

static enum otter_verdict verify_2048(const struct otter_public_key *key,
                                      const uint8_t digest[OTTER_SHA256_SIZE],
                                      const uint8_t *signature, size_t signature_size)
{
    return verify(&rsa2048, key, digest, signature, signature_size);
}

static enum otter_verdict verify_3072(const struct otter_public_key *key,
                                      const uint8_t digest[OTTER_SHA256_SIZE],
                                      const uint8_t *signature, size_t signature_size)
{
    return verify(&rsa3072, key, digest, signature, signature_size);
}

const struct otter_signature_ops otter_mbedtls_rsa2048_pss = {
    .name = "RSA-PSS 2048",
    .tlv_type = OTTER_TLV_RSA2048_PSS,
    .max_size = 256,
    .verify = verify_2048,
};

const struct otter_signature_ops otter_mbedtls_rsa3072_pss = {
    .name = "RSA-PSS 3072",
    .tlv_type = OTTER_TLV_RSA3072_PSS,
    .max_size = 384,
    .verify = verify_3072,
};
