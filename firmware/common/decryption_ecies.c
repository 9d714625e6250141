/* SPDX-License-Identifier: Apache-2.0 */

/* A program that takes images encrypted to the device's P-256 key, beside those that are not. */

#include <stddef.h>

#include "decryption.h"
#include "otter/mbedtls_crypto.h"

static const struct otter_signature_ops *const signatures[] = { &otter_mbedtls_ecdsa_p256, NULL };
static const struct otter_unwrap_ops *const unwraps[] = { &otter_mbedtls_ecies_p256, NULL };

static const struct otter_crypto crypto = {
    .sha256_start = otter_mbedtls_sha256_start,
    .sha256_update = otter_mbedtls_sha256_update,
    .sha256_finish = otter_mbedtls_sha256_finish,
    .signatures = signatures,
    .cipher = &otter_mbedtls_aes_ctr,
    .unwraps = unwraps,
};

const struct decryption decryption = { .crypto = &crypto, .key = &otter_decryption_key };
