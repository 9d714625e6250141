/* SPDX-License-Identifier: Apache-2.0 */

/* Whole transfers, as the hosts of the AnyCloud library do them, with the real agent behind. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static const struct otter_ble_variant *const variants[] = {
    &otter_ble_crc_variant,
    &otter_ble_signed_variant,
};

/* The bytes of a write at an MTU of 23, 185, 247 and more; iOS and Android; and odd ones. */
static const uint32_t chunks[] = { 20, 182, 244, 512, 256, 1, 33, 511 };

static void an_image_is_installed_at_every_mtu(void **state)
{
    (void)state;
    for (size_t variant = 0; variant < 2; variant++) {
        for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
            struct bench bench;

            bench_set_up(&bench, variants[variant]);
            assert_int_equal(peer_push(&bench, chunks[i]), 0);
            bench_run(&bench, 60000);
            assert_int_equal(bench.restarts, 1);
            bench_reset(&bench);
            bench_assert_runs(&bench, "1.1.0");
            bench_tear_down(&bench);
        }
    }
}

int run_push_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_installed_at_every_mtu),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
