/* SPDX-License-Identifier: Apache-2.0 */

/* What a program with the default signature names. */

#include <stddef.h>

#include "otter/bearssl_crypto.h"

static const struct otter_signature_ops *const signatures[] = { &otter_bearssl_ecdsa_p256, NULL };

const struct otter_crypto otter_bearssl_crypto = {
    .sha256_start = otter_bearssl_sha256_start,
    .sha256_update = otter_bearssl_sha256_update,
    .sha256_finish = otter_bearssl_sha256_finish,
    .signatures = signatures,
};
