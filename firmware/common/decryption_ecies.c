/* SPDX-License-Identifier: Apache-2.0 */

/* For a program that takes images encrypted to the device's P-256 key, beside those that are not. */

#include "decryption.h"

#include <stddef.h>

static const struct otter_signature_ops *const signatures[] = { &otter_mbedtls_ecdsa_p256, NULL };
static const struct otter_unwrap_ops *const unwraps[] = { &otter_mbedtls_ecies_p256, NULL };

const struct otter_crypto otter_ecies_crypto = {
    .sha256_start = otter_mbedtls_sha256_start,
    .sha256_update = otter_mbedtls_sha256_update,
    .sha256_finish = otter_mbedtls_sha256_finish,
    .signatures = signatures,
    .cipher = &otter_mbedtls_aes_ctr,
    .unwraps = unwraps,
};
