/* SPDX-License-Identifier: Apache-2.0 */

/* The check of ECDSA P-256 signatures (FIPS 186-4, section 6.4), from arithmetic that was made for this
 * curve and for 32-bit multipliers (README.md has the alternatives' figures).
 *
 * The library's own check ends in arithmetic on its findings, in which one skipped instruction lets
 * every second wrong signature pass (docs/SECURITY.md). Here what is skipped before the end spoils the
 * sum of points, what decides is computed twice, and the sum is compared twice by different means. */

#include <inner.h>
#include <stdbool.h>
#include <string.h>

#include "otter/bearssl_crypto.h"
#include "otter/image.h"
#include "otter/key_forms.h"
#include "otter/verdict.h"

#define CURVE BR_EC_secp256r1
#define SIZE  OTTER_P256_SCALAR_SIZE

/* An integer of 256 bits as the library has it: a word for its length, then 31 bits a word. */
#define WORDS 10u

/* The signature in the library's raw form, which may be longer than the one it is made from. */
#define RAW_MAX (2u * OTTER_P256_SIGNATURE_MAX)

/* A signature (r, s) over e by the key Q is right if x(u G + v Q) mod n is r, u = e/s, v = r/s. */
struct equation {
    const unsigned char *order; /* n, as bytes */
    uint32_t n[WORDS];
    uint32_t n_inverse; /* -1/n mod 2^31, which Montgomery's multiplication wants */
    uint32_t r[WORDS];
    uint32_t s_inverse[WORDS]; /* R/s mod n: a multiplication by it divides by s */
};

static void load_order(struct equation *equation)
{
    size_t size;

    equation->order = br_ec_p256_m31.order(CURVE, &size);
    br_i31_decode(equation->n, equation->order, SIZE);
    equation->n_inverse = br_i31_ninv31(equation->n[1]);
}

/* Any 256 bits, below 2 n therefore, modulo n. */
static void load_reduced(const struct equation *equation, uint32_t *number, const uint8_t *bytes)
{
    br_i31_decode(number, bytes, SIZE);
    number[0] = equation->n[0];
    br_i31_sub(number, equation->n, br_i31_sub(number, equation->n, 0) ^ 1u);
}

/* By Fermat: s^(n - 2). The last byte of n is 0x51, so nothing is borrowed. */
static void invert(const struct equation *equation, uint32_t *s)
{
    unsigned char exponent[SIZE];
    uint32_t first[WORDS];
    uint32_t second[WORDS];

    memcpy(exponent, equation->order, SIZE);
    exponent[SIZE - 1] -= 2;
    br_i31_from_monty(s, equation->n, equation->n_inverse);
    br_i31_modpow(s, exponent, SIZE, equation->n, equation->n_inverse, first, second);
}

/* @return whether both numbers are there, and below the order */
static bool load_signature(struct equation *equation, const uint8_t *signature, size_t size)
{
    unsigned char raw[RAW_MAX];
    size_t half;

    memcpy(raw, signature, size);
    half = br_ecdsa_asn1_to_raw(raw, size) / 2;
    if (half == 0 || br_i31_decode_mod(equation->r, raw, half, equation->n) == 0
        || br_i31_decode_mod(equation->s_inverse, raw + half, half, equation->n) == 0
        || br_i31_iszero(equation->s_inverse) != 0) {
        return false;
    }
    invert(equation, equation->s_inverse);
    return true;
}

static void divide_once(const struct equation *equation, const uint32_t *number,
                        uint8_t quotient[SIZE])
{
    uint32_t product[WORDS];

    br_i31_montymul(product, number, equation->s_inverse, equation->n, equation->n_inverse);
    br_i31_encode(quotient, SIZE, product);
}

/* A quotient that was not computed is what lay in memory, and whoever knows that can sign for it.
 *
 * @return whether computing it twice gave the same */
static bool divide(const struct equation *equation, const uint32_t *number, uint8_t quotient[SIZE])
{
    uint8_t again[SIZE];

    divide_once(equation, number, quotient);
    memset(again, 0, sizeof again);
    divide_once(equation, number, again);
    return memcmp(quotient, again, SIZE) == 0;
}

/* @p point is Q and becomes u G + v Q. Left as it was it could be signed for, too.
 *
 * @return whether it was made */
static bool add_points(const struct equation *equation, const uint8_t *digest,
                       unsigned char point[OTTER_P256_POINT_SIZE], const uint8_t *key)
{
    uint32_t e[WORDS];
    uint8_t u[SIZE];
    uint8_t v[SIZE];

    load_reduced(equation, e, digest);
    return divide(equation, e, u) && divide(equation, equation->r, v)
           && br_ec_p256_m31.muladd(point, NULL, OTTER_P256_POINT_SIZE, v, SIZE, u, SIZE, CURVE)
                  == 1
           && memcmp(point, key, OTTER_P256_POINT_SIZE) != 0;
}

/* @return 0 if all words are the same */
static uint32_t difference(const volatile uint32_t *a, const volatile uint32_t *b)
{
    uint32_t found = 0;

    for (size_t i = 0; i < WORDS; i++) {
        found |= a[i] ^ b[i];
    }
    return found;
}

/* As they are: encoding them takes a length, and without that the one could be written over the other. */
static enum otter_verdict compare(const struct equation *equation, const unsigned char *x)
{
    volatile int first = -1;
    volatile int second = -1;
    uint32_t reduced[WORDS];

    memset(reduced, 0xFF, sizeof reduced); /* no number below n */
    load_reduced(equation, reduced, x);
    first = memcmp(reduced, equation->r, sizeof reduced);
    second = (int)difference(reduced, equation->r);
    /* Whatever is not GOOD is bad, a mixture too. */
    return (enum otter_verdict)((uint32_t)otter_verdict_of_answer(&first, 0)
                                & (uint32_t)otter_verdict_of_answer(&second, 0));
}

static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size)
{
    const uint8_t *key_point = otter_p256_point(key);
    const size_t size = otter_p256_signature_size(signature, signature_size);
    unsigned char point[OTTER_P256_POINT_SIZE];
    struct equation equation;

    if (key_point == NULL || size == 0) {
        return OTTER_VERDICT_BAD;
    }
    load_order(&equation);
    memcpy(point, key_point, sizeof point);
    if (!load_signature(&equation, signature, size)
        || !add_points(&equation, digest, point, key_point)) {
        return OTTER_VERDICT_BAD;
    }
    return compare(&equation, point + 1);
}

const struct otter_signature_ops otter_bearssl_ecdsa_p256 = {
    .name = "ECDSA P-256",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = OTTER_P256_SIGNATURE_MAX,
    .verify = verify,
};
