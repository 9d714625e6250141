/* SPDX-License-Identifier: Apache-2.0 */

/* Unwraps an image key that was encrypted to our RSA key with RSAES-OAEP (RFC 8017, section 7.1.2),
 * SHA-256 throughout and no label. */

#include <assert.h>
#include <mbedtls/asn1.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/rsa.h>
#include <string.h>

#include "blinding.h"
#include "memory.h"
#include "otter/image.h"
#include "otter/mbedtls_crypto.h"

#define MODULUS_SIZE 256u

/* RSAPrivateKey (RFC 8017, appendix A.1.2), up to the primes; the rest follows from them. */
static int read_key(mbedtls_rsa_context *rsa, const struct otter_private_key *key)
{
    mbedtls_mpi *const numbers[] = { &rsa->N, &rsa->E, &rsa->D, &rsa->P, &rsa->Q };
    /* Mbed TLS's parser wants a pointer that could write, and does not. */
    uint8_t *at = (uint8_t *)(uintptr_t)key->der; /* NOLINT(performance-no-int-to-ptr) */
    const uint8_t *end = key->der + key->der_size;
    size_t size = 0;
    int version = -1;
    int error =
        mbedtls_asn1_get_tag(&at, end, &size, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);

    if (error == 0) {
        end = at + size;
        error = mbedtls_asn1_get_int(&at, end, &version);
    }
    for (size_t i = 0; error == 0 && i < sizeof numbers / sizeof numbers[0]; i++) {
        error = mbedtls_asn1_get_mpi(&at, end, numbers[i]);
    }
    return error == 0 && version == 0 ? 0 : MBEDTLS_ERR_RSA_BAD_INPUT_DATA;
}

static enum otter_result load(mbedtls_rsa_context *rsa, mbedtls_hmac_drbg_context *blinding,
                              const struct otter_private_key *key, const uint8_t *value)
{
    int error = read_key(rsa, key);

    if (error == 0) {
        rsa->len = mbedtls_mpi_size(&rsa->N);
        error = mbedtls_rsa_complete(rsa);
    }
    if (error == 0) {
        error = otter_mbedtls_seed_blinding(blinding, key, value, MODULUS_SIZE);
    }
    return error == 0 && rsa->len == MODULUS_SIZE ? OTTER_OK : OTTER_ERR_CRYPTO;
}

/* One error for every way in which the value can be wrong (RFC 8017, section 7.1.2, note); another
 * only if there was no memory to look. */
static enum otter_result decrypt(mbedtls_rsa_context *rsa, mbedtls_hmac_drbg_context *blinding,
                                 const uint8_t *value, uint8_t *image_key, size_t key_size)
{
    uint8_t found[OTTER_IMAGE_KEY_SIZE_MAX];
    size_t found_size = 0;
    const unsigned failed_before = otter_mbedtls_failed_allocations;
    const int error =
        mbedtls_rsa_rsaes_oaep_decrypt(rsa, mbedtls_hmac_drbg_random, blinding, MBEDTLS_RSA_PRIVATE,
                                       NULL, 0, &found_size, value, found, sizeof found);
    enum otter_result result = OTTER_ERR_IMAGE_KEY;

    if (error == 0 && found_size == key_size) {
        memcpy(image_key, found, key_size);
        result = OTTER_OK;
    } else if (otter_mbedtls_failed_allocations != failed_before) {
        result = OTTER_ERR_CRYPTO;
    }
    mbedtls_platform_zeroize(found, sizeof found);
    return result;
}

static enum otter_result unwrap(const struct otter_private_key *key, const uint8_t *value,
                                size_t value_size, uint8_t *image_key, size_t key_size)
{
    mbedtls_hmac_drbg_context blinding;
    mbedtls_rsa_context rsa;
    enum otter_result result;

    assert(key_size == 16 || key_size == OTTER_IMAGE_KEY_SIZE_MAX);
    memset(image_key, 0, key_size);
    if (value_size != MODULUS_SIZE) {
        return OTTER_ERR_IMAGE_KEY;
    }
    mbedtls_hmac_drbg_init(&blinding);
    mbedtls_rsa_init(&rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256);
    result = load(&rsa, &blinding, key, value);
    if (result == OTTER_OK) {
        result = decrypt(&rsa, &blinding, value, image_key, key_size);
    }
    mbedtls_rsa_free(&rsa);
    mbedtls_hmac_drbg_free(&blinding);
    return result;
}

const struct otter_unwrap_ops otter_mbedtls_rsa_oaep = {
    .name = "RSA-OAEP 2048",
    .tlv_type = OTTER_TLV_ENC_RSA2048,
    .unwrap = unwrap,
};
