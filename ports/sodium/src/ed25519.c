/* SPDX-License-Identifier: Apache-2.0 */

/* The check of Ed25519 signatures. The library is not initialized: that would only choose among
 * implementations for big processors, which are not compiled in. */

#include <crypto_sign_ed25519.h>

#include "otter/image.h"
#include "otter/key_forms.h"
#include "otter/sodium_crypto.h"
#include "otter/verdict.h"

static enum otter_verdict verify(const struct otter_public_key *key,
                                 const uint8_t digest[OTTER_SHA256_SIZE], const uint8_t *signature,
                                 size_t signature_size)
{
    const uint8_t *bytes = otter_ed25519_key(key);
    volatile int error = -1;

    if (bytes == NULL || signature_size != crypto_sign_ed25519_BYTES) {
        return OTTER_VERDICT_BAD;
    }
    error = crypto_sign_ed25519_verify_detached(signature, digest, OTTER_SHA256_SIZE, bytes);
    return otter_verdict_of_answer(&error, 0);
}

const struct otter_signature_ops otter_sodium_ed25519 = {
    .name = "Ed25519",
    .tlv_type = OTTER_TLV_ED25519,
    .max_size = crypto_sign_ed25519_BYTES,
    .verify = verify,
};
