/* SPDX-License-Identifier: Apache-2.0 */

/* The check of ECDSA P-256 signatures.
 *
 * A key has one legal form here, so it is recognised by comparing its fixed first bytes instead of
 * parsing ASN.1: a bootloader then needs no key parser, and a hostile key meets no code. */

#include <mbedtls/ecdsa.h>
#include <stdbool.h>
#include <string.h>

#include "otter/image.h"
#include "otter/mbedtls_crypto.h"
#include "verdict.h"

#define POINT_SIZE 65u /* 0x04, x, y */

/* The two signature bytes before the integers: SEQUENCE and its length, which is below 128. */
#define SIGNATURE_HEAD_SIZE 2u
#define SIGNATURE_MAX_SIZE  72u

/* SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point (RFC 5480, section 2):
 * SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 66 bytes, 0 unused bits }. */
static const uint8_t spki_head[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
    0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
};

static bool is_p256_key(const struct otter_public_key *key)
{
    return key->der_size == sizeof spki_head + POINT_SIZE
           && memcmp(key->der, spki_head, sizeof spki_head) == 0;
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Bytes of the DER signature without its padding; 0 if it can be none. */
static size_t der_size(const uint8_t *signature, size_t size)
{
    if (size < SIGNATURE_HEAD_SIZE || signature[1] > SIGNATURE_MAX_SIZE - SIGNATURE_HEAD_SIZE) {
        return 0;
    }
    const size_t used = SIGNATURE_HEAD_SIZE + signature[1];

    return used <= size && all_zero(signature + used, size - used) ? used : 0;
}

/* @return 0 if @p point is on the curve and the signature is right */
static int check(mbedtls_ecdsa_context *ecdsa, const uint8_t point[POINT_SIZE],
                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature, size_t size)
{
    int error = mbedtls_ecp_group_load(&ecdsa->grp, MBEDTLS_ECP_DP_SECP256R1);

    if (error == 0) {
        error = mbedtls_ecp_point_read_binary(&ecdsa->grp, &ecdsa->Q, point, POINT_SIZE);
    }
    if (error == 0) {
        error = mbedtls_ecp_check_pubkey(&ecdsa->grp, &ecdsa->Q);
    }
    if (error == 0) {
        error = mbedtls_ecdsa_read_signature(ecdsa, digest, OTTER_SHA256_SIZE, signature, size);
    }
    return error;
}

static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size)
{
    const size_t size = der_size(signature, signature_size);
    volatile int error = -1;
    mbedtls_ecdsa_context ecdsa;

    if (size == 0 || !is_p256_key(key)) {
        return OTTER_VERDICT_BAD;
    }
    mbedtls_ecdsa_init(&ecdsa);
    error = check(&ecdsa, key->der + sizeof spki_head, digest, signature, size);
    mbedtls_ecdsa_free(&ecdsa);
    return otter_mbedtls_verdict(&error);
}

const struct otter_signature_ops otter_mbedtls_ecdsa_p256 = {
    .name = "ECDSA P-256",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = SIGNATURE_MAX_SIZE,
    .verify = verify,
};
