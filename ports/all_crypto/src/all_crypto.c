/* SPDX-License-Identifier: Apache-2.0 */

/* The list of all signatures and all ways to wrap a key. */

#include "otter/all_crypto.h"

#include "otter/mbedtls_crypto.h"
#include "otter/sodium_crypto.h"

static const struct otter_signature_ops *const signatures[] = {
    &otter_mbedtls_ecdsa_p256,
    &otter_sodium_ed25519,
    &otter_mbedtls_rsa2048_pss,
    &otter_mbedtls_rsa3072_pss,
    NULL,
};

static const struct otter_unwrap_ops *const unwraps[] = {
    &otter_mbedtls_ecies_p256,
    &otter_mbedtls_rsa_oaep,
    NULL,
};

const struct otter_crypto otter_all_crypto = {
    .sha256_start = otter_mbedtls_sha256_start,
    .sha256_update = otter_mbedtls_sha256_update,
    .sha256_finish = otter_mbedtls_sha256_finish,
    .signatures = signatures,
    .cipher = &otter_mbedtls_aes_ctr,
    .unwraps = unwraps,
};
