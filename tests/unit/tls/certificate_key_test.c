/* SPDX-License-Identifier: Apache-2.0 */

/* Keys out of certificates, held against OpenSSL's. */

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "otter/certificate_key.h"
#include "otter/mbedtls_crypto.h"
#include "otter/mbedtls_platform.h"
#include "peer.h"

static struct identity identity;
static struct otter_public_key key;
static uint8_t der[300];

static int set_up(void **state)
{
    static _Alignas(8) uint8_t pool[16384];

    (void)state;
    otter_mbedtls_use_pool(pool, sizeof pool);
    identity_make(&identity, &(struct identity_recipe){ .common_name = "code signing" });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    identity_free(&identity);
    return 0;
}

static enum otter_result read_key(const char *pem, size_t room)
{
    const struct otter_tls_document document = otter_tls_pem(pem);

    return otter_certificate_key(&document, der, room, &key);
}

static void the_key_is_the_certificates(void **state)
{
    unsigned char *expected = NULL;
    const int size = i2d_PUBKEY(identity.key, &expected);

    (void)state;
    assert_int_equal(size, OTTER_CERTIFICATE_KEY_SIZE);
    assert_int_equal(read_key(identity.certificate_pem, OTTER_CERTIFICATE_KEY_SIZE), OTTER_OK);
    assert_int_equal(key.der_size, size);
    assert_memory_equal(key.der, expected, (size_t)size);
    OPENSSL_free(expected);
}

static void a_signature_of_openssl_is_checked_with_it(void **state)
{
    const struct otter_signature_ops *ecdsa = otter_mbedtls_crypto.signatures[0];
    uint8_t digest[OTTER_SHA256_SIZE];
    uint8_t signature[80];
    size_t size = sizeof signature;
    EVP_MD_CTX *signing = EVP_MD_CTX_new();

    (void)state;
    assert_int_equal(EVP_DigestSignInit(signing, NULL, EVP_sha256(), NULL, identity.key), 1);
    assert_int_equal(EVP_DigestSign(signing, signature, &size, (const uint8_t *)"a file", 6), 1);
    EVP_MD_CTX_free(signing);
    assert_int_equal(EVP_Digest("a file", 6, digest, NULL, EVP_sha256(), NULL), 1);
    assert_int_equal(read_key(identity.certificate_pem, sizeof der), OTTER_OK);
    assert_int_equal(ecdsa->verify(&key, digest, signature, size), OTTER_VERDICT_GOOD);
    digest[0] ^= 1;
    assert_int_equal(ecdsa->verify(&key, digest, signature, size), OTTER_VERDICT_BAD);
}

static void what_is_no_certificate_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_key(NULL, sizeof der), OTTER_ERR_ARGUMENT);
    assert_int_equal(read_key("-----BEGIN", sizeof der), OTTER_ERR_ARGUMENT);
    assert_int_equal(read_key(identity.key_pem, sizeof der), OTTER_ERR_ARGUMENT);
}

static void a_key_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_key(identity.certificate_pem, OTTER_CERTIFICATE_KEY_SIZE - 1),
                     OTTER_ERR_NO_SPACE);
}

static void without_memory_the_certificate_is_not_blamed(void **state)
{
    static _Alignas(8) uint8_t pool[512];

    (void)state;
    otter_mbedtls_use_pool(pool, sizeof pool);
    assert_int_equal(read_key(identity.certificate_pem, sizeof der), OTTER_ERR_CRYPTO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_key_is_the_certificates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_signature_of_openssl_is_checked_with_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_certificate_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_does_not_fit_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory_the_certificate_is_not_blamed, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("certificate key", tests, NULL, NULL);
}
