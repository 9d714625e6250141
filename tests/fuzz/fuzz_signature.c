/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a signature, and as a public key, of every algorithm. The digest is one that nobody
 * ever signed, so a good verdict would be a forgery. */

#include <stdlib.h>

#include "otter/all_crypto.h"
#include "otter/bearssl_crypto.h"
#include "otter/micro_ecc_crypto.h"
#include "signature_vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t digest[OTTER_SHA256_SIZE] = { 0xD1, 0x6E, 0x57 };

static void demand_bad(const struct otter_signature_ops *ops, const struct otter_public_key *key,
                       const uint8_t *signature, size_t size)
{
    if (ops->verify(key, digest, signature, size) != OTTER_VERDICT_BAD) {
        abort();
    }
}

static void try_with(const struct otter_signature_ops *ops, const uint8_t *data, size_t size)
{
    const struct otter_public_key hostile = { data, size };

    for (size_t i = 0; i < signature_vector_count; i++) {
        const struct signature_vector *known = &signature_vectors[i];

        if (known->tlv_type == ops->tlv_type) {
            demand_bad(ops, &known->key, data, size);
            demand_bad(ops, &hostile, known->signature, known->signature_size);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; otter_all_crypto.signatures[i] != NULL; i++) {
        try_with(otter_all_crypto.signatures[i], data, size);
    }
    try_with(&otter_bearssl_ecdsa_p256, data, size);
    try_with(&otter_micro_ecc_ecdsa_p256, data, size);
    return 0;
}
