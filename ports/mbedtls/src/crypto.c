/* SPDX-License-Identifier: Apache-2.0 */

/* What a program with the default signature names. Each algorithm is a file of its own, so that the
 * linker takes along only those that a program's struct otter_crypto names. */

#include <stddef.h>

#include "otter/mbedtls_crypto.h"

static const struct otter_signature_ops *const signatures[] = { &otter_mbedtls_ecdsa_p256, NULL };

const struct otter_crypto otter_mbedtls_crypto = {
    .sha256_start = otter_mbedtls_sha256_start,
    .sha256_update = otter_mbedtls_sha256_update,
    .sha256_finish = otter_mbedtls_sha256_finish,
    .signatures = signatures,
};
