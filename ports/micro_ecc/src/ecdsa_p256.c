/* SPDX-License-Identifier: Apache-2.0 */

/* The check of ECDSA P-256 signatures. micro-ecc adds both products of a scalar and a point in one
 * pass, which is where others take twice the time (README.md).
 *
 * The library's check ends in a loop that compares words; one skipped instruction ends that before its
 * first round, and nothing differs. So it is asked twice, and both answers count: a skipped instruction
 * changes one of the two at most. */

#include <uECC.h>

#include "otter/image.h"
#include "otter/key_forms.h"
#include "otter/micro_ecc_crypto.h"
#include "otter/verdict.h"

/* micro-ecc's answers. */
#define WRONG 0
#define RIGHT 1

static int ask(const uint8_t *point, const uint8_t *digest, const uint8_t *numbers)
{
    return uECC_verify(point + 1, digest, OTTER_SHA256_SIZE, numbers, uECC_secp256r1());
}

static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size)
{
    const uint8_t *point = otter_p256_point(key);
    uint8_t numbers[OTTER_P256_NUMBERS_SIZE];
    volatile int first = WRONG;
    volatile int second = WRONG;

    if (point == NULL || !otter_p256_signature_numbers(signature, signature_size, numbers)) {
        return OTTER_VERDICT_BAD;
    }
    first = ask(point, digest, numbers);
    second = ask(point, digest, numbers);
    /* Whatever is not GOOD is bad, a mixture too. */
    return (enum otter_verdict)((uint32_t)otter_verdict_of_answer(&first, RIGHT)
                                & (uint32_t)otter_verdict_of_answer(&second, RIGHT));
}

const struct otter_signature_ops otter_micro_ecc_ecdsa_p256 = {
    .name = "ECDSA P-256",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = OTTER_P256_SIGNATURE_MAX,
    .verify = verify,
};
