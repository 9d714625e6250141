/* SPDX-License-Identifier: Apache-2.0 */

/* What Mbed TLS does with its pool. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../crypto/provider.h"
#include "../crypto/signature_vectors.h"
#include "../crypto/wrapped_vectors.h"
#include "otter/mbedtls_crypto.h"
#include "otter/mbedtls_platform.h"

/* The verdict on a good signature. */
static enum otter_verdict verify(const struct otter_signature_ops *ops)
{
    const struct signature_vector *vector = signature_vectors;

    while (vector->tlv_type != ops->tlv_type) {
        vector++;
    }
    return ops->verify(&vector->key, vector->digest, vector->signature, vector->signature_size);
}

/* The result for a key that was well wrapped. */
static enum otter_result unwrap(const struct otter_unwrap_ops *ops)
{
    const struct wrapped_vector *vector = wrapped_vectors;
    uint8_t image_key[OTTER_IMAGE_KEY_SIZE_MAX];

    while (vector->tlv_type != ops->tlv_type) {
        vector++;
    }
    return ops->unwrap(&vector->private_key, vector->value.bytes, vector->value.size, image_key,
                       vector->key_size);
}

static void without_enough_memory_a_signature_is_bad(void **state)
{
    static _Alignas(8) uint8_t pool[2 * OTTER_MBEDTLS_RSA_POOL_SIZE];

    (void)state;
    for (const struct otter_signature_ops *const *ops = provider.crypto->signatures; *ops != NULL;
         ops++) {
        enum otter_verdict verdict = OTTER_VERDICT_BAD;
        size_t size = 256;

        for (; size < sizeof pool && verdict == OTTER_VERDICT_BAD; size += 128) {
            otter_mbedtls_use_pool(pool, size);
            verdict = verify(*ops);
        }
        assert_int_equal(verdict, OTTER_VERDICT_GOOD);
        print_message("%s needs a pool of %zu bytes\n", (*ops)->name, size - 128);
    }
}

static void without_enough_memory_no_key_is_unwrapped_and_none_is_blamed(void **state)
{
    static _Alignas(8) uint8_t pool[2 * OTTER_MBEDTLS_RSA_POOL_SIZE];

    (void)state;
    for (const struct otter_unwrap_ops *const *ops = provider.crypto->unwraps; *ops != NULL;
         ops++) {
        enum otter_result result = OTTER_ERR_CRYPTO;
        size_t size = 256;

        for (; size < sizeof pool && result == OTTER_ERR_CRYPTO; size += 128) {
            otter_mbedtls_use_pool(pool, size);
            result = unwrap(*ops);
        }
        assert_int_equal(result, OTTER_OK);
        print_message("%s needs a pool of %zu bytes\n", (*ops)->name, size - 128);
    }
}

static void nothing_is_left_behind_in_the_pool(void **state)
{
    size_t first = 0;

    (void)state;
    provider.prepare();
    for (int i = 0; i < 10; i++) {
        for (size_t s = 0; provider.crypto->signatures[s] != NULL; s++) {
            assert_int_equal(verify(provider.crypto->signatures[s]), OTTER_VERDICT_GOOD);
        }
        for (size_t u = 0; provider.crypto->unwraps[u] != NULL; u++) {
            assert_int_equal(unwrap(provider.crypto->unwraps[u]), OTTER_OK);
        }
        first = i == 0 ? otter_mbedtls_pool_high_water() : first;
    }
    assert_int_equal(otter_mbedtls_pool_high_water(), first);
}

static void a_check_with_ecdsa_fits_the_pool_of_a_bootloader(void **state)
{
    static _Alignas(8) uint8_t pool[2 * OTTER_MBEDTLS_BOOT_POOL_SIZE];

    (void)state;
    otter_mbedtls_use_pool(pool, sizeof pool);
    assert_int_equal(verify(&otter_mbedtls_ecdsa_p256), OTTER_VERDICT_GOOD);
    assert_int_equal(unwrap(&otter_mbedtls_ecies_p256), OTTER_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_enough_memory_a_signature_is_bad),
        cmocka_unit_test(without_enough_memory_no_key_is_unwrapped_and_none_is_blamed),
        cmocka_unit_test(nothing_is_left_behind_in_the_pool),
        cmocka_unit_test(a_check_with_ecdsa_fits_the_pool_of_a_bootloader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
