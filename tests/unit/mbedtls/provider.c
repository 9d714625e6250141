/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS with everything that it has, from a pool. */

#include "../crypto/provider.h"

#include <stddef.h>

#include "otter/mbedtls_crypto.h"
#include "otter/mbedtls_platform.h"

/* Twice the pool of a 32-bit device: pointers and limbs are twice as wide here. */
static _Alignas(8) uint8_t pool[2 * OTTER_MBEDTLS_RSA_POOL_SIZE];

static void use_pool(void)
{
    otter_mbedtls_use_pool(pool, sizeof pool);
}

static const struct otter_signature_ops *const signatures[] = {
    &otter_mbedtls_ecdsa_p256,
    &otter_mbedtls_rsa2048_pss,
    &otter_mbedtls_rsa3072_pss,
    NULL,
};

static const struct otter_unwrap_ops *const unwraps[] = {
    &otter_mbedtls_ecies_p256,
    &otter_mbedtls_rsa_oaep,
    NULL,
};

static const struct otter_crypto everything = {
    .sha256_start = otter_mbedtls_sha256_start,
    .sha256_update = otter_mbedtls_sha256_update,
    .sha256_finish = otter_mbedtls_sha256_finish,
    .signatures = signatures,
    .cipher = &otter_mbedtls_aes_ctr,
    .unwraps = unwraps,
};

const struct provider provider = { .crypto = &everything, .prepare = use_pool };
