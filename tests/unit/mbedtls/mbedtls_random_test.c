/* SPDX-License-Identifier: Apache-2.0 */

/* The generator: that it is wired and bounded. Its quality is Mbed TLS's matter. */

#include "otter/mbedtls_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void two_generators_give_different_bytes(void **state)
{
    static struct otter_mbedtls_random a, b;
    uint8_t of_a[16], of_b[16];

    (void)state;
    assert_int_equal(otter_mbedtls_random_init(&a, "one"), OTTER_OK);
    assert_int_equal(otter_mbedtls_random_init(&b, "one"), OTTER_OK);
    assert_int_equal(otter_mbedtls_random(&a, of_a, sizeof of_a), OTTER_OK);
    assert_int_equal(otter_mbedtls_random(&b, of_b, sizeof of_b), OTTER_OK);
    assert_memory_not_equal(of_a, of_b, sizeof of_a);
}

static void long_requests_are_filled_to_the_last_byte_and_not_beyond(void **state)
{
    static struct otter_mbedtls_random random;
    static uint8_t bytes[5000 + 8];
    static const uint8_t untouched[8] = { 0 };
    size_t zeros = 0;

    (void)state;
    assert_int_equal(otter_mbedtls_random_init(&random, ""), OTTER_OK);
    assert_int_equal(otter_mbedtls_random(&random, bytes, 5000), OTTER_OK);
    assert_memory_equal(bytes + 5000, untouched, sizeof untouched);
    for (size_t i = 5000 - 64; i < 5000; i++) {
        zeros += bytes[i] == 0;
    }
    assert_true(zeros < 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_generators_give_different_bytes),
        cmocka_unit_test(long_requests_are_filled_to_the_last_byte_and_not_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
