/* SPDX-License-Identifier: Apache-2.0 */

/* The check of ECDSA P-256 signatures, with the arithmetic that was made for this curve and for
 * 32-bit multipliers (README.md has the alternatives' figures). */

#include <bearssl_ec.h>
#include <string.h>

#include "otter/bearssl_crypto.h"
#include "otter/image.h"
#include "otter/key_forms.h"
#include "otter/verdict.h"

/* BearSSL's answers. */
#define WRONG 0
#define RIGHT 1

static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size)
{
    const uint8_t *point = otter_p256_point(key);
    const size_t size = otter_p256_signature_size(signature, signature_size);
    unsigned char q[OTTER_P256_POINT_SIZE]; /* BearSSL wants it writable */
    const br_ec_public_key public_key = { BR_EC_secp256r1, q, sizeof q };
    volatile int answer = WRONG;

    if (point == NULL || size == 0) {
        return OTTER_VERDICT_BAD;
    }
    memcpy(q, point, sizeof q);
    answer = (int)br_ecdsa_i31_vrfy_asn1(&br_ec_p256_m31, digest, OTTER_SHA256_SIZE, &public_key,
                                         signature, size);
    return otter_verdict_of_answer(&answer, RIGHT);
}

const struct otter_signature_ops otter_bearssl_ecdsa_p256 = {
    .name = "ECDSA P-256",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = OTTER_P256_SIGNATURE_MAX,
    .verify = verify,
};
