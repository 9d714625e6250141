/* SPDX-License-Identifier: Apache-2.0 */

/* The signed service: a signature that is really checked. That of the AnyCloud library accepts any. */

#include <string.h>

#include "bench.h"
#include "suites.h"

static uint8_t *signature_of(struct bench *bench)
{
    return bench->file + bench->size - OTTER_BLE_SIGNATURE_SIZE;
}

static void assert_right_one_installs(struct bench *bench)
{
    bench_make_file(bench, "1.1.0", 3000);
    assert_int_equal(peer_push(bench, 244), 0);
    bench_run(bench, 60000);
    bench_reset(bench);
    bench_assert_runs(bench, "1.1.0");
}

static void assert_refused(struct bench *bench)
{
    assert_int_equal(peer_push(bench, 244), 3);
    assert_int_equal(bench->last_failure, OTTER_ERR_IMAGE_SIGNATURE);
    assert_false(bench_has_request(bench));
}

static void a_signature_with_one_wrong_bit_is_refused(void **state)
{
    struct bench *bench = *state;

    for (size_t bit = 0; bit < (size_t)8 * OTTER_BLE_SIGNATURE_SIZE; bit += 29) {
        signature_of(bench)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_refused(bench);
        signature_of(bench)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_right_one_installs(bench);
}

static void a_signature_by_another_key_is_refused(void **state)
{
    struct bench *bench = *state;
    struct otter_test_signer stranger;

    otter_test_signer_ecdsa(&stranger);
    bench_sign_file(bench, &stranger);
    otter_test_signer_free(&stranger);
    assert_refused(bench);
    assert_right_one_installs(bench);
}

static void a_signature_of_another_file_is_refused(void **state)
{
    struct bench *bench = *state;

    bench->file[1000] ^= 1;
    assert_refused(bench);
    assert_right_one_installs(bench);
}

static void impossible_numbers_are_no_signature(void **state)
{
    struct bench *bench = *state;

    memset(signature_of(bench), 0, OTTER_BLE_SIGNATURE_SIZE);
    assert_refused(bench);
    memset(signature_of(bench), 0xFF, OTTER_BLE_SIGNATURE_SIZE);
    assert_refused(bench);
    assert_right_one_installs(bench);
}

/* What is an image and nothing else: its last 64 bytes are taken for what they are not. */
static void a_file_without_a_signature_is_refused(void **state)
{
    struct bench *bench = *state;

    bench->size -= OTTER_BLE_SIGNATURE_SIZE;
    assert_refused(bench);
    peer_demands(bench, 1, 0);
    assert_int_equal(peer_command_number(bench, 2, OTTER_BLE_SIGNATURE_SIZE),
                     OTTER_BLE_ATT_SERVICE + 5);
    bench->size += OTTER_BLE_SIGNATURE_SIZE;
    assert_right_one_installs(bench);
}

/* Hosts send it, and nobody looks at it. */
static void the_crc_does_not_matter(void **state)
{
    struct bench *bench = *state;

    peer_begin(bench);
    assert_int_equal(peer_send(bench, 0, bench->size, 20), OTTER_BLE_ATT_OK);
    peer_demands_number(bench, 3, peer_crc(bench) ^ 0xFFFF, 0);
    bench_run(bench, 60000);
    bench_reset(bench);
    bench_assert_runs(bench, "1.1.0");
}

static void the_signature_is_not_stored(void **state)
{
    struct bench *bench = *state;
    const uint32_t end = bench->size - OTTER_BLE_SIGNATURE_SIZE;
    uint8_t behind[OTTER_BLE_SIGNATURE_SIZE];

    bench->config.reboot_upon_completion = false;
    assert_int_equal(peer_push(bench, 244), 0);
    assert_int_equal(otter_area_read(&bench->config.secondary, end, behind, sizeof behind),
                     OTTER_OK);
    for (size_t i = 0; i < sizeof behind; i++) {
        assert_int_equal(behind[i], 0xFF);
    }
}

/* The digest that a peer names is signed, but the bytes are another's. */
static void a_signed_digest_of_other_bytes_is_refused(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(peer_resume(bench), 0);
    bench->file[1000] ^= 1;
    assert_int_equal(peer_send(bench, 0, bench->size, 244), OTTER_BLE_ATT_OK);
    peer_demands_number(bench, 3, 0, 3);
    assert_int_equal(bench->last_failure, OTTER_ERR_IMAGE_HASH);
    assert_false(bench_has_request(bench));
    bench->file[1000] ^= 1;
    assert_int_equal(peer_resume(bench), 0);
    assert_right_one_installs(bench);
}

/* As any stranger could name it: the signature decides, before the last byte is stored. */
static void a_digest_that_nobody_signed_is_refused(void **state)
{
    struct bench *bench = *state;

    signature_of(bench)[5] ^= 4;
    assert_int_equal(peer_resume(bench), 0);
    assert_int_equal(peer_send(bench, 0, bench->size, 244), OTTER_BLE_ATT_OK);
    peer_demands_number(bench, 3, 0, 3);
    assert_int_equal(bench->last_failure, OTTER_ERR_IMAGE_SIGNATURE);
    signature_of(bench)[5] ^= 4;
    /* All but the last byte is here, and was right. */
    assert_int_equal(peer_resume(bench), bench->size - OTTER_BLE_SIGNATURE_SIZE - 1);
    assert_int_equal(peer_send(bench, bench->size - OTTER_BLE_SIGNATURE_SIZE - 1, bench->size, 64),
                     OTTER_BLE_ATT_OK);
    peer_demands_number(bench, 3, 0, 0);
    bench_run(bench, 60000);
    bench_reset(bench);
    bench_assert_runs(bench, "1.1.0");
}

static enum otter_result fail_to_finish(struct otter_sha256 *sha, uint8_t digest[OTTER_SHA256_SIZE])
{
    (void)sha;
    (void)digest;
    return OTTER_ERR_CRYPTO;
}

static void cryptography_that_fails_proves_nothing(void **state)
{
    struct bench *bench = *state;
    const struct otter_crypto *right = bench->ble_signer.crypto;
    struct otter_crypto broken = *right;

    broken.sha256_finish = fail_to_finish;
    bench->ble_signer.crypto = &broken;
    assert_int_equal(peer_push(bench, 244), 1);
    assert_int_equal(bench->last_failure, OTTER_ERR_CRYPTO);
    assert_false(bench_has_request(bench));
    bench->ble_signer.crypto = right;
    assert_right_one_installs(bench);
}

int run_signed_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_set_up_signed, bench_tear_down_state)
    const struct CMUnitTest tests[] = {
        TEST(a_signature_with_one_wrong_bit_is_refused),
        TEST(a_signature_by_another_key_is_refused),
        TEST(a_signature_of_another_file_is_refused),
        TEST(impossible_numbers_are_no_signature),
        TEST(a_file_without_a_signature_is_refused),
        TEST(the_crc_does_not_matter),
        TEST(the_signature_is_not_stored),
        TEST(cryptography_that_fails_proves_nothing),
        TEST(a_signed_digest_of_other_bytes_is_refused),
        TEST(a_digest_that_nobody_signed_is_refused),
    };
#undef TEST

    return cmocka_run_group_tests_name("signed", tests, NULL, NULL);
}
