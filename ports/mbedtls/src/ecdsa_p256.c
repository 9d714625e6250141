/* SPDX-License-Identifier: Apache-2.0 */

/* The check of ECDSA P-256 signatures (FIPS 186-4, section 6.4), from the library's arithmetic.
 *
 * The library's own check could be ended early by one skipped instruction, and then answers with the
 * "no error" of the step before (docs/SECURITY.md). Here the steps only make two points; only their sum
 * says whether the signature is right, so whatever was left out before spoils it. The sum is made and
 * looked at twice, with the points exchanged: a skipped instruction spoils one of the two at most. */

#include <mbedtls/asn1.h>
#include <mbedtls/ecp.h>
#include <string.h>

#include "otter/image.h"
#include "otter/key_forms.h"
#include "otter/mbedtls_crypto.h"
#include "otter/verdict.h"

/* A signature (r, s) over e by the key Q is right if x(u G + v Q) mod n is r, u = e/s, v = r/s. */
struct equation {
    mbedtls_ecp_group group;
    mbedtls_ecp_point key;
    mbedtls_mpi r, s, u, v;
    mbedtls_ecp_point of_digest; /* u G */
    mbedtls_ecp_point of_key;    /* v Q */
};

static void equation_init(struct equation *equation)
{
    mbedtls_ecp_group_init(&equation->group);
    mbedtls_ecp_point_init(&equation->key);
    mbedtls_mpi_init(&equation->r);
    mbedtls_mpi_init(&equation->s);
    mbedtls_mpi_init(&equation->u);
    mbedtls_mpi_init(&equation->v);
    mbedtls_ecp_point_init(&equation->of_digest);
    mbedtls_ecp_point_init(&equation->of_key);
}

static void equation_free(struct equation *equation)
{
    mbedtls_ecp_point_free(&equation->of_key);
    mbedtls_ecp_point_free(&equation->of_digest);
    mbedtls_mpi_free(&equation->v);
    mbedtls_mpi_free(&equation->u);
    mbedtls_mpi_free(&equation->s);
    mbedtls_mpi_free(&equation->r);
    mbedtls_ecp_point_free(&equation->key);
    mbedtls_ecp_group_free(&equation->group);
}

/* @return 0 if the point is on the curve */
static int load_key(struct equation *equation, const uint8_t point[OTTER_P256_POINT_SIZE])
{
    int error = mbedtls_ecp_group_load(&equation->group, MBEDTLS_ECP_DP_SECP256R1);

    if (error == 0) {
        error = mbedtls_ecp_point_read_binary(&equation->group, &equation->key, point,
                                              OTTER_P256_POINT_SIZE);
    }
    if (error == 0) {
        error = mbedtls_ecp_check_pubkey(&equation->group, &equation->key);
    }
    return error;
}

/* @return 0 if @p number is one that a signature can have: 1 to n - 1 */
static int check_range(const struct equation *equation, const mbedtls_mpi *number)
{
    return mbedtls_ecp_check_privkey(&equation->group, number);
}

/* SEQUENCE { INTEGER r, INTEGER s } and nothing more. The length of the sequence is known to be that of
 * the bytes: size comes from otter_p256_signature_size(). */
static int load_signature(struct equation *equation, const uint8_t *signature, size_t size)
{
    uint8_t bytes[OTTER_P256_SIGNATURE_MAX]; /* the parser wants them writable, and writes none */
    unsigned char *next = bytes;
    const unsigned char *end = bytes + size;
    size_t content;

    memcpy(bytes, signature, size);
    int error = mbedtls_asn1_get_tag(&next, end, &content,
                                     MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);

    if (error == 0) {
        error = mbedtls_asn1_get_mpi(&next, end, &equation->r);
    }
    if (error == 0) {
        error = mbedtls_asn1_get_mpi(&next, end, &equation->s);
    }
    if (error == 0 && next != end) {
        error = MBEDTLS_ERR_ASN1_LENGTH_MISMATCH;
    }
    if (error == 0) {
        error = check_range(equation, &equation->r);
    }
    if (error == 0) {
        error = check_range(equation, &equation->s);
    }
    return error;
}

/* product = a b mod n */
static int multiply(const struct equation *equation, mbedtls_mpi *product, const mbedtls_mpi *a,
                    const mbedtls_mpi *b)
{
    const int error = mbedtls_mpi_mul_mpi(product, a, b);

    return error != 0 ? error : mbedtls_mpi_mod_mpi(product, product, &equation->group.N);
}

static int find_factors(struct equation *equation, const uint8_t digest[OTTER_SHA256_SIZE])
{
    int error = mbedtls_mpi_read_binary(&equation->u, digest, OTTER_SHA256_SIZE);

    if (error == 0) {
        error = mbedtls_mpi_inv_mod(&equation->s, &equation->s, &equation->group.N);
    }
    if (error == 0) {
        error = multiply(equation, &equation->u, &equation->u, &equation->s);
    }
    if (error == 0) {
        error = multiply(equation, &equation->v, &equation->r, &equation->s);
    }
    return error;
}

/* Nothing here is secret, so nothing is blinded. A factor of 0 is refused: the digest of an image
 * that gives one cannot be found. */
static int find_points(struct equation *equation)
{
    mbedtls_ecp_group *group = &equation->group;
    const int error =
        mbedtls_ecp_mul(group, &equation->of_digest, &equation->u, &group->G, NULL, NULL);

    return error != 0 ? error
                      : mbedtls_ecp_mul(group, &equation->of_key, &equation->v, &equation->key,
                                        NULL, NULL);
}

static int solve(struct equation *equation, const uint8_t point[OTTER_P256_POINT_SIZE],
                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature, size_t size)
{
    int error = load_key(equation, point);

    if (error == 0) {
        error = load_signature(equation, signature, size);
    }
    if (error == 0) {
        error = find_factors(equation, digest);
    }
    if (error == 0) {
        error = find_points(equation);
    }
    return error;
}

/* @return 0 if x(a + b) mod n is r. Both must be on the curve, which a point that was never made is
 *         not. */
static int compare_sum(struct equation *equation, const mbedtls_ecp_point *a,
                       const mbedtls_ecp_point *b)
{
    mbedtls_ecp_point sum;
    mbedtls_mpi one;
    int error;

    mbedtls_ecp_point_init(&sum);
    mbedtls_mpi_init(&one);
    error = mbedtls_mpi_lset(&one, 1);
    if (error == 0) {
        error = mbedtls_ecp_muladd(&equation->group, &sum, &one, a, &one, b);
    }
    if (error == 0) {
        error = mbedtls_mpi_mod_mpi(&sum.X, &sum.X, &equation->group.N);
    }
    if (error == 0) {
        error = mbedtls_mpi_cmp_mpi(&sum.X, &equation->r);
    }
    mbedtls_mpi_free(&one);
    mbedtls_ecp_point_free(&sum);
    return error;
}

static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size)
{
    const uint8_t *point = otter_p256_point(key);
    const size_t size = otter_p256_signature_size(signature, signature_size);
    volatile int first = -1, second = -1;
    struct equation equation;

    if (point == NULL || size == 0) {
        return OTTER_VERDICT_BAD;
    }
    equation_init(&equation);
    if (solve(&equation, point, digest, signature, size) == 0) {
        first = compare_sum(&equation, &equation.of_digest, &equation.of_key);
        second = compare_sum(&equation, &equation.of_key, &equation.of_digest);
    }
    equation_free(&equation);
    /* Whatever is not GOOD is bad, a mixture too. */
    return (enum otter_verdict)((uint32_t)otter_verdict_of_answer(&first, 0)
                                & (uint32_t)otter_verdict_of_answer(&second, 0));
}

const struct otter_signature_ops otter_mbedtls_ecdsa_p256 = {
    .name = "ECDSA P-256",
    .tlv_type = OTTER_TLV_ECDSA_SIG,
    .max_size = OTTER_P256_SIGNATURE_MAX,
    .verify = verify,
};
