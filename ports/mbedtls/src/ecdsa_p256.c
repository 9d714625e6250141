/* SPDX-License-Identifier: Apache-2.0 */

/* The check of ECDSA P-256 signatures. */

#include <mbedtls/ecdsa.h>

#include "otter/image.h"
#include "otter/key_forms.h"
#include "otter/mbedtls_crypto.h"
#include "otter/verdict.h"

/* @return 0 if @p point is on the curve and the signature is right */
static int check(mbedtls_ecdsa_context *ecdsa, const uint8_t point[OTTER_P256_POINT_SIZE],
                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature, size_t size)
{
    int error = mbedtls_ecp_group_load(&ecdsa->grp, MBEDTLS_ECP_DP_SECP256R1);

    if (error == 0) {
        error = mbedtls_ecp_point_read_binary(&ecdsa->grp, &ecdsa->Q, point, OTTER_P256_POINT_SIZE);
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
    const uint8_t *point = otter_p256_point(key);
    const size_t size = otter_p256_signature_size(signature, signature_size);
    volatile int error = -1;
    mbedtls_ecdsa_context ecdsa;

    if (point == NULL || size == 0) {
        return OTTER_VERDICT_BAD;
    }
    mbedtls_ecdsa_init(&ecdsa);
    error = check(&ecdsa, point, digest, signature, size);
    mbedtls_ecdsa_free(&ecdsa);
    return otter_verdict_of_answer(&error, 0);
}

const struct otter_signature_ops otter_mbedtls_ecdsa_p256 = {
    .name = "ECDSA P-256",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = OTTER_P256_SIGNATURE_MAX,
    .verify = verify,
};
