/* SPDX-License-Identifier: Apache-2.0 */

/* Every signature algorithm of a provider: good signatures are good, and nothing near them is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "provider.h"
#include "signature_vectors.h"

/* Good signatures with the code to check them, and a copy of each part, to be spoiled. */
struct subject {
    const struct signature_vector *vector;
    const struct otter_signature_ops *ops;
    uint8_t key[KEY_SIZE_MAX + 1];
    size_t key_size;
    uint8_t digest[OTTER_SHA256_SIZE];
    uint8_t signature[SIGNATURE_SIZE_MAX + 1];
    size_t signature_size;
};

static const struct otter_signature_ops *ops_for(uint16_t tlv_type)
{
    for (const struct otter_signature_ops *const *ops = provider.crypto->signatures; *ops != NULL;
         ops++) {
        if ((*ops)->tlv_type == tlv_type) {
            return *ops;
        }
    }
    return NULL;
}

/* The vector @p index as a subject; false if the provider lacks its algorithm. */
static bool take(size_t index, struct subject *subject)
{
    const struct signature_vector *vector = &signature_vectors[index];

    memset(subject, 0, sizeof *subject);
    subject->vector = vector;
    subject->ops = ops_for(vector->tlv_type);
    subject->key_size = vector->key.der_size;
    subject->signature_size = vector->signature_size;
    memcpy(subject->key, vector->key.der, vector->key.der_size);
    memcpy(subject->digest, vector->digest, sizeof subject->digest);
    memcpy(subject->signature, vector->signature, vector->signature_size);
    return subject->ops != NULL;
}

static enum otter_verdict verdict_on(const struct subject *subject)
{
    const struct otter_public_key key = { subject->key, subject->key_size };

    return subject->ops->verify(&key, subject->digest, subject->signature, subject->signature_size);
}

/* Flip each bit of @p bytes, a part of @p subject, and demand a bad verdict each time. */
static void demand_that_each_bit_counts(const struct subject *subject, uint8_t *bytes, size_t size)
{
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verdict_on(subject), OTTER_VERDICT_BAD);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static int prepare(void **state)
{
    (void)state;
    provider.prepare();
    return 0;
}

static void every_algorithm_has_a_good_signature(void **state)
{
    (void)state;
    for (const struct otter_signature_ops *const *ops = provider.crypto->signatures; *ops != NULL;
         ops++) {
        struct subject subject;
        unsigned good = 0;

        for (size_t i = 0; i < signature_vector_count; i++) {
            if (take(i, &subject) && subject.ops == *ops) {
                assert_int_equal(verdict_on(&subject), OTTER_VERDICT_GOOD);
                assert_in_range(subject.signature_size, 1, (*ops)->max_size);
                good++;
            }
        }
        assert_true(good > 0);
    }
}

static void a_key_of_another_signer_is_bad(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < signature_vector_count; i++) {
        for (size_t other = 0; other < signature_vector_count; other++) {
            const struct otter_public_key *key = &signature_vectors[other].key;

            if (take(i, &subject) && other != i) {
                memcpy(subject.key, key->der, key->der_size);
                subject.key_size = key->der_size;
                assert_int_equal(verdict_on(&subject), OTTER_VERDICT_BAD);
            }
        }
    }
}

static void every_flipped_bit_of_a_digest_is_noticed(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < signature_vector_count; i++) {
        if (take(i, &subject)) {
            demand_that_each_bit_counts(&subject, subject.digest, sizeof subject.digest);
        }
    }
}

static void every_flipped_bit_of_a_signature_is_noticed(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < signature_vector_count; i++) {
        if (take(i, &subject)) {
            demand_that_each_bit_counts(&subject, subject.signature, subject.signature_size);
        }
    }
}

static void every_flipped_bit_of_a_key_is_noticed(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < signature_vector_count; i++) {
        if (take(i, &subject)) {
            demand_that_each_bit_counts(&subject, subject.key, subject.key_size);
        }
    }
}

static void a_signature_cut_anywhere_is_bad(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < signature_vector_count; i++) {
        if (take(i, &subject)) {
            for (size_t size = 0; size < subject.vector->signature_size; size++) {
                subject.signature_size = size;
                assert_int_equal(verdict_on(&subject), OTTER_VERDICT_BAD);
            }
        }
    }
}

static void a_key_of_any_other_length_is_bad(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < signature_vector_count; i++) {
        if (take(i, &subject)) {
            for (size_t size = 0; size <= subject.vector->key.der_size + 1; size++) {
                subject.key_size = size;
                assert_int_equal(verdict_on(&subject) == OTTER_VERDICT_GOOD,
                                 size == subject.vector->key.der_size);
            }
        }
    }
}

static void a_byte_after_a_signature_is_bad(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < signature_vector_count; i++) {
        if (take(i, &subject)) {
            subject.signature[subject.signature_size++] = 1;
            assert_int_equal(verdict_on(&subject), OTTER_VERDICT_BAD);
        }
    }
}

static void constant_bytes_are_neither_signature_nor_key(void **state)
{
    static const uint8_t constants[] = { 0x00, 0x01, 0x30, 0x7F, 0x80, 0xFF };
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < signature_vector_count; i++) {
        for (size_t c = 0; take(i, &subject) && c < sizeof constants; c++) {
            memset(subject.signature, constants[c], subject.signature_size);
            assert_int_equal(verdict_on(&subject), OTTER_VERDICT_BAD);
            memset(subject.key, constants[c], subject.key_size);
            assert_int_equal(verdict_on(&subject), OTTER_VERDICT_BAD);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_algorithm_has_a_good_signature, prepare),
        cmocka_unit_test_setup(a_key_of_another_signer_is_bad, prepare),
        cmocka_unit_test_setup(every_flipped_bit_of_a_digest_is_noticed, prepare),
        cmocka_unit_test_setup(every_flipped_bit_of_a_signature_is_noticed, prepare),
        cmocka_unit_test_setup(every_flipped_bit_of_a_key_is_noticed, prepare),
        cmocka_unit_test_setup(a_signature_cut_anywhere_is_bad, prepare),
        cmocka_unit_test_setup(a_key_of_any_other_length_is_bad, prepare),
        cmocka_unit_test_setup(a_byte_after_a_signature_is_bad, prepare),
        cmocka_unit_test_setup(constant_bytes_are_neither_signature_nor_key, prepare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
