/* SPDX-License-Identifier: Apache-2.0 */

/* What is peculiar to ECDSA: signatures and keys have an encoding that can go wrong. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "otter/key_forms.h"
#include "provider.h"
#include "signature_vectors.h"

#define POINT_AT 26u /* in a SubjectPublicKeyInfo */

static enum otter_verdict verify(const struct otter_public_key *key, const uint8_t *signature,
                                 size_t size)
{
    const struct otter_signature_ops *const *ops = provider.crypto->signatures;

    while ((*ops)->tlv_type != OTTER_TLV_ECDSA_SIG) {
        ops++;
    }
    return (*ops)->verify(key, signature_vectors[0].digest, signature, size);
}

/* The verdict on a signature by the key and over the digest of the first vector. */
static enum otter_verdict verdict_on(const uint8_t *signature, size_t size)
{
    return verify(&signature_vectors[0].key, signature, size);
}

static int prepare(void **state)
{
    (void)state;
    provider.prepare();
    return 0;
}

static void zeros_may_follow_a_signature_and_nothing_else(void **state)
{
    const size_t size = signature_vectors[0].signature_size;
    uint8_t padded[76] = { 0 };

    (void)state;
    memcpy(padded, signature_vectors[0].signature, size);
    for (size_t end = size; end <= sizeof padded; end++) {
        assert_int_equal(verdict_on(padded, end), OTTER_VERDICT_GOOD);
    }
    padded[sizeof padded - 1] = 1;
    assert_int_equal(verdict_on(padded, sizeof padded), OTTER_VERDICT_BAD);
}

/* Numbers with all lengths that DER has for them: a first bit that reads as a sign, zeros in front. */
static void bare_numbers_have_one_form_in_der(void **state)
{
    static const uint8_t firsts[][2] = {
        { 0x80, 0x7F }, { 0x00, 0x01 }, { 0x00, 0x80 }, { 0xFF, 0 }
    };
    uint8_t numbers[OTTER_P256_NUMBERS_SIZE];
    uint8_t again[OTTER_P256_NUMBERS_SIZE];
    uint8_t der[OTTER_P256_SIGNATURE_MAX];

    (void)state;
    assert_true(otter_p256_signature_numbers(signature_vectors[0].signature,
                                             signature_vectors[0].signature_size, numbers));
    assert_int_equal(verdict_on(der, otter_p256_signature_der(numbers, der)), OTTER_VERDICT_GOOD);
    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        memcpy(numbers, firsts[i], 2);
        memcpy(numbers + OTTER_P256_SCALAR_SIZE, firsts[3 - i], 2);
        assert_true(
            otter_p256_signature_numbers(der, otter_p256_signature_der(numbers, der), again));
        assert_memory_equal(again, numbers, sizeof numbers);
    }
    memset(numbers, 0, sizeof numbers);
    assert_int_equal(otter_p256_signature_der(numbers, der), 8);
}

static void signatures_of_impossible_numbers_are_bad(void **state)
{
    static const uint8_t zeros[] = { 0x30, 6, 2, 1, 0, 2, 1, 0 };
    static const uint8_t ones[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
    static const uint8_t empty[] = { 0x30, 4, 2, 0, 2, 0 };
    static const uint8_t one_number[] = { 0x30, 3, 2, 1, 1 };
    static const uint8_t no_numbers[] = { 0x30, 0 };
    static const uint8_t long_form[] = { 0x30, 0x81, 6, 2, 1, 1, 2, 1, 1 };
    static const uint8_t inner_overrun[] = { 0x30, 6, 2, 0x7F, 1, 2, 1, 1 };
    static const uint8_t inner_long_form[] = { 0x30, 7, 2, 0x81, 1, 1, 2, 1, 1 };
    static const uint8_t nothing_but_zeros[72] = { 0 };
    static const struct {
        const uint8_t *bytes;
        size_t size;
    } bad[] = {
        { zeros, sizeof zeros },
        { ones, sizeof ones },
        { empty, sizeof empty },
        { one_number, sizeof one_number },
        { no_numbers, sizeof no_numbers },
        { long_form, sizeof long_form },
        { inner_overrun, sizeof inner_overrun },
        { inner_long_form, sizeof inner_long_form },
        { nothing_but_zeros, sizeof nothing_but_zeros },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(verdict_on(bad[i].bytes, bad[i].size), OTTER_VERDICT_BAD);
    }
}

/* r and s must be below the order of the curve: this is r + n, which has the same remainder. */
static void numbers_are_not_taken_modulo_the_order(void **state)
{
    /* n = FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 */
    static const uint8_t order[32] = {
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17,
        0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    };
    uint8_t signature[72];
    unsigned carry = 0;

    (void)state;
    assert_int_equal(signature_vectors[0].signature_size, sizeof signature);
    memcpy(signature, signature_vectors[0].signature, sizeof signature);
    for (size_t i = 32; i-- > 0;) {
        const unsigned sum = signature[5 + i] + order[i] + carry;

        signature[5 + i] = (uint8_t)sum;
        carry = sum >> 8;
    }
    signature[4] = (uint8_t)carry;
    assert_int_equal(verdict_on(signature, sizeof signature), OTTER_VERDICT_BAD);
}

static void a_compressed_or_hybrid_point_is_bad(void **state)
{
    static const uint8_t forms[] = { 0x00, 0x02, 0x03, 0x06, 0x07 };
    uint8_t der[91];
    const struct otter_public_key key = { der, sizeof der };

    (void)state;
    memcpy(der, signature_vectors[0].key.der, sizeof der);
    for (size_t i = 0; i < sizeof forms; i++) {
        der[POINT_AT] = forms[i];
        assert_int_equal(
            verify(&key, signature_vectors[0].signature, signature_vectors[0].signature_size),
            OTTER_VERDICT_BAD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(zeros_may_follow_a_signature_and_nothing_else, prepare),
        cmocka_unit_test_setup(bare_numbers_have_one_form_in_der, prepare),
        cmocka_unit_test_setup(signatures_of_impossible_numbers_are_bad, prepare),
        cmocka_unit_test_setup(numbers_are_not_taken_modulo_the_order, prepare),
        cmocka_unit_test_setup(a_compressed_or_hybrid_point_is_bad, prepare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
