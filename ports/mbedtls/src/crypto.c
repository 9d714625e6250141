/* SPDX-License-Identifier: Apache-2.0 */

/* SHA-256 and ECDSA P-256 by Mbed TLS, behind the interfaces of otter/crypto.h.
 *
 * A key has one legal form here, so it is recognised by comparing its fixed first bytes instead of
 * parsing ASN.1: a bootloader then needs no key parser, and a hostile key meets no code. */

#include "otter/mbedtls_crypto.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/sha256.h>
#include <stdbool.h>
#include <string.h>

#include "otter/image.h"

#define POINT_SIZE 65u /* 0x04, x, y */

/* The two signature bytes before the integers: SEQUENCE and its length, which is below 128. */
#define SIGNATURE_HEAD_SIZE 2u
#define SIGNATURE_MAX_SIZE  72u

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct otter_sha256),
               "struct otter_sha256 must hold Mbed TLS's state");
_Static_assert(_Alignof(mbedtls_sha256_context) <= _Alignof(struct otter_sha256),
               "struct otter_sha256 must be aligned for Mbed TLS's state");

/* SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point (RFC 5480, section 2):
 * SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 66 bytes, 0 unused bits }. */
static const uint8_t spki_head[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
    0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
};

static mbedtls_sha256_context *state_of(struct otter_sha256 *sha)
{
    return (mbedtls_sha256_context *)(void *)sha->state;
}

static enum otter_result result_of(int error)
{
    return error == 0 ? OTTER_OK : OTTER_ERR_CRYPTO;
}

static enum otter_result sha256_start(struct otter_sha256 *sha)
{
    mbedtls_sha256_init(state_of(sha));
    return result_of(mbedtls_sha256_starts_ret(state_of(sha), 0));
}

static enum otter_result sha256_update(struct otter_sha256 *sha, const void *bytes, size_t len)
{
    return result_of(mbedtls_sha256_update_ret(state_of(sha), bytes, len));
}

static enum otter_result sha256_finish(struct otter_sha256 *sha, uint8_t digest[OTTER_SHA256_SIZE])
{
    const int error = mbedtls_sha256_finish_ret(state_of(sha), digest);

    mbedtls_sha256_free(state_of(sha));
    return result_of(error);
}

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

static enum otter_verdict verify_p256(const struct otter_public_key *key,
                                      const uint8_t digest[OTTER_SHA256_SIZE],
                                      const uint8_t *signature, size_t signature_size)
{
    const size_t size = der_size(signature, signature_size);
    volatile enum otter_verdict verdict = OTTER_VERDICT_BAD;
    volatile int error = -1;
    mbedtls_ecdsa_context ecdsa;

    if (size == 0 || !is_p256_key(key)) {
        return OTTER_VERDICT_BAD;
    }
    mbedtls_ecdsa_init(&ecdsa);
    error = check(&ecdsa, key->der + sizeof spki_head, digest, signature, size);
    mbedtls_ecdsa_free(&ecdsa);
    /* Looked at twice, so that skipping one branch does not make a wrong signature good. */
    if (error == 0) {
        verdict = OTTER_VERDICT_GOOD;
    }
    if (error != 0) {
        verdict = OTTER_VERDICT_BAD;
    }
    return verdict;
}

const struct otter_signature_ops otter_mbedtls_ecdsa_p256 = {
    .name = "ECDSA P-256",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = SIGNATURE_MAX_SIZE,
    .verify = verify_p256,
};

static const struct otter_signature_ops *const signatures[] = { &otter_mbedtls_ecdsa_p256, NULL };

const struct otter_crypto otter_mbedtls_crypto = {
    .sha256_start = sha256_start,
    .sha256_update = sha256_update,
    .sha256_finish = sha256_finish,
    .signatures = signatures,
};
