/* SPDX-License-Identifier: Apache-2.0 */

/* Encrypted images: what imgtool wrapped and encrypted comes out again, and nothing else does. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "provider.h"
#include "wrapped_vectors.h"

#define PRIVATE_KEY_SIZE_MAX 1300u

#define EC_128             0u  /* index of the vector */
#define EC_PRIVATE_KEY_END 68u /* what follows in the long form is the public key */

/* A vector with the code to unwrap it, and copies to be spoiled. */
struct subject {
    const struct wrapped_vector *vector;
    const struct otter_unwrap_ops *ops;
    uint8_t value[VALUE_SIZE_MAX + 1];
    size_t value_size;
    uint8_t private_key[PRIVATE_KEY_SIZE_MAX];
    size_t private_key_size;
    uint8_t image_key[OTTER_IMAGE_KEY_SIZE_MAX];
};

static const struct otter_unwrap_ops *ops_for(uint16_t tlv_type)
{
    for (const struct otter_unwrap_ops *const *ops = provider.crypto->unwraps; *ops != NULL;
         ops++) {
        if ((*ops)->tlv_type == tlv_type) {
            return *ops;
        }
    }
    return NULL;
}

/* The vector @p index as a subject; false if the provider lacks its way of wrapping. */
static bool take(size_t index, struct subject *subject)
{
    const struct wrapped_vector *vector = &wrapped_vectors[index];

    memset(subject, 0, sizeof *subject);
    subject->vector = vector;
    subject->ops = ops_for(vector->tlv_type);
    subject->value_size = vector->value.size;
    subject->private_key_size = vector->private_key.der_size;
    memcpy(subject->value, vector->value.bytes, vector->value.size);
    memcpy(subject->private_key, vector->private_key.der, vector->private_key.der_size);
    return subject->ops != NULL;
}

static enum otter_result unwrap(struct subject *subject)
{
    const struct otter_private_key key = { subject->private_key, subject->private_key_size };

    memset(subject->image_key, 0xEE, sizeof subject->image_key);
    return subject->ops->unwrap(&key, subject->value, subject->value_size, subject->image_key,
                                subject->vector->key_size);
}

static void demand_refusal(struct subject *subject)
{
    static const uint8_t zeros[OTTER_IMAGE_KEY_SIZE_MAX] = { 0 };

    assert_int_equal(unwrap(subject), OTTER_ERR_IMAGE_KEY);
    assert_memory_equal(subject->image_key, zeros, subject->vector->key_size);
}

static int prepare(void **state)
{
    (void)state;
    provider.prepare();
    return 0;
}

static void what_imgtool_encrypted_comes_out_again(void **state)
{
    struct subject subject;
    unsigned unwrapped = 0;

    (void)state;
    for (size_t i = 0; i < wrapped_vector_count; i++) {
        if (take(i, &subject)) {
            struct otter_aes aes;
            uint8_t payload[PAYLOAD_SIZE];

            assert_int_equal(unwrap(&subject), OTTER_OK);
            memcpy(payload, subject.vector->payload, sizeof payload);
            assert_int_equal(
                provider.crypto->cipher->set_key(&aes, subject.image_key, subject.vector->key_size),
                OTTER_OK);
            assert_int_equal(provider.crypto->cipher->crypt(&aes, 0, payload, sizeof payload),
                             OTTER_OK);
            for (size_t byte = 0; byte < sizeof payload; byte++) {
                assert_int_equal(payload[byte], (uint8_t)(7 * byte + 3));
            }
            unwrapped++;
        }
    }
    assert_true(unwrapped >= 2);
}

static void only_as_many_bytes_as_the_key_is_long_are_written(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < wrapped_vector_count; i++) {
        if (take(i, &subject)) {
            assert_int_equal(unwrap(&subject), OTTER_OK);
            for (size_t at = subject.vector->key_size; at < sizeof subject.image_key; at++) {
                assert_int_equal(subject.image_key[at], 0xEE);
            }
        }
    }
}

static void every_flipped_bit_of_a_wrapped_key_is_noticed(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < wrapped_vector_count; i++) {
        /* every bit of the first vector of its kind; RSA takes its time */
        const size_t step = wrapped_vectors[i].key_size == 16 ? 1 : 29;

        for (size_t bit = 0; take(i, &subject) && bit < 8 * subject.value_size; bit += step) {
            subject.value[bit / 8] ^= (uint8_t)(1u << bit % 8);
            demand_refusal(&subject);
        }
    }
}

static void a_wrapped_key_of_any_other_length_is_refused(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < wrapped_vector_count; i++) {
        for (size_t size = 0; take(i, &subject) && size <= subject.vector->value.size + 1; size++) {
            if (size != subject.vector->value.size) {
                subject.value_size = size;
                demand_refusal(&subject);
            }
        }
    }
}

static void a_wrapped_key_for_the_other_cipher_is_refused(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < wrapped_vector_count; i++) {
        if (take(i, &subject)) {
            struct wrapped_vector other = *subject.vector;

            other.key_size = other.key_size == 16 ? 32 : 16;
            subject.vector = &other;
            demand_refusal(&subject);
        }
    }
}

static void a_wrapped_key_of_constant_bytes_is_refused(void **state)
{
    static const uint8_t constants[] = { 0x00, 0x01, 0x04, 0x7F, 0x80, 0xFF };
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < wrapped_vector_count; i++) {
        for (size_t c = 0; take(i, &subject) && c < sizeof constants; c++) {
            memset(subject.value, constants[c], subject.value_size);
            demand_refusal(&subject);
        }
    }
}

static void a_private_key_cut_anywhere_is_no_key(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t i = 0; i < wrapped_vector_count; i++) {
        for (size_t size = 0; take(i, &subject) && size < subject.vector->private_key.der_size;
             size++) {
            subject.private_key_size = size;
            assert_int_equal(unwrap(&subject), OTTER_ERR_CRYPTO);
        }
    }
}

static void a_flipped_bit_in_a_private_key_of_a_curve_is_noticed(void **state)
{
    struct subject subject;

    (void)state;
    for (size_t bit = 0; take(EC_128, &subject) && bit < 8 * EC_PRIVATE_KEY_END; bit++) {
        subject.private_key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(unwrap(&subject), OTTER_OK);
    }
}

/* The short form of `imgtool getpriv --minimal`, made from the long one. */
static void a_private_key_of_a_curve_needs_no_public_key(void **state)
{
    static const uint8_t head[] = {
        0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
        0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
    };
    struct subject subject;

    (void)state;
    if (take(EC_128, &subject)) {
        memcpy(subject.private_key, head, sizeof head);
        memcpy(subject.private_key + sizeof head,
               subject.vector->private_key.der + EC_PRIVATE_KEY_END - 32, 32);
        subject.private_key_size = sizeof head + 32;
        assert_int_equal(unwrap(&subject), OTTER_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_imgtool_encrypted_comes_out_again, prepare),
        cmocka_unit_test_setup(only_as_many_bytes_as_the_key_is_long_are_written, prepare),
        cmocka_unit_test_setup(every_flipped_bit_of_a_wrapped_key_is_noticed, prepare),
        cmocka_unit_test_setup(a_wrapped_key_of_any_other_length_is_refused, prepare),
        cmocka_unit_test_setup(a_wrapped_key_for_the_other_cipher_is_refused, prepare),
        cmocka_unit_test_setup(a_wrapped_key_of_constant_bytes_is_refused, prepare),
        cmocka_unit_test_setup(a_private_key_cut_anywhere_is_no_key, prepare),
        cmocka_unit_test_setup(a_flipped_bit_in_a_private_key_of_a_curve_is_noticed, prepare),
        cmocka_unit_test_setup(a_private_key_of_a_curve_needs_no_public_key, prepare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
