/* SPDX-License-Identifier: Apache-2.0 */

/* What is peculiar to Ed25519: the same signature in another form, and keys that anyone can sign for. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../crypto/signature_vectors.h"
#include "otter/sodium_crypto.h"

#define KEY_AT 12u /* in a SubjectPublicKeyInfo */

static const struct signature_vector *ed25519_vector(void)
{
    const struct signature_vector *vector = signature_vectors;

    while (vector->tlv_type != OTTER_TLV_ED25519) {
        vector++;
    }
    return vector;
}

/* RFC 8032, section 5.1.7: S is below the order L. With S + L the equation holds as well. */
static void a_number_beyond_the_order_is_bad(void **state)
{
    /* L, little-endian */
    static const uint8_t order[32] = {
        0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7,
        0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
    };
    const struct signature_vector *vector = ed25519_vector();
    uint8_t signature[64];
    unsigned carry = 0;

    (void)state;
    memcpy(signature, vector->signature, sizeof signature);
    for (size_t i = 0; i < sizeof order; i++) {
        const unsigned sum = signature[32 + i] + order[i] + carry;

        signature[32 + i] = (uint8_t)sum;
        carry = sum >> 8;
    }
    assert_int_equal(carry, 0);
    assert_int_equal(
        otter_sodium_ed25519.verify(&vector->key, vector->digest, signature, sizeof signature),
        OTTER_VERDICT_BAD);
}

/* With the neutral element as key and as R, and 0 as S, the equation holds for every message. */
static void a_key_of_small_order_is_bad(void **state)
{
    /* y of points of small order, and y = 1 written as p + 1 */
    static const uint8_t keys[][2] = {
        { 0x00, 0x00 }, { 0x01, 0x00 }, { 0xEC, 0x7F }, { 0xEE, 0x7F }
    };
    const struct signature_vector *vector = ed25519_vector();
    uint8_t der[44];
    const struct otter_public_key key = { der, sizeof der };

    (void)state;
    memcpy(der, vector->key.der, sizeof der);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint8_t signature[64] = { 1 };

        memset(der + KEY_AT, keys[i][1] == 0 ? 0x00 : 0xFF, 32);
        der[KEY_AT] = keys[i][0];
        der[KEY_AT + 31] = keys[i][1];
        assert_int_equal(
            otter_sodium_ed25519.verify(&key, vector->digest, signature, sizeof signature),
            OTTER_VERDICT_BAD);
        memcpy(signature, der + KEY_AT, 32);
        assert_int_equal(
            otter_sodium_ed25519.verify(&key, vector->digest, signature, sizeof signature),
            OTTER_VERDICT_BAD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_beyond_the_order_is_bad),
        cmocka_unit_test(a_key_of_small_order_is_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
