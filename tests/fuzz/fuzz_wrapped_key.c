/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a wrapped image key, and as the private key it is for. RSA-OAEP has no secret between
 * sender and receiver, so a value that unwraps is no finding; a key that is left behind after a
 * refusal is one. */

#include <stdlib.h>
#include <string.h>

#include "otter/all_crypto.h"
#include "wrapped_vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void unwrap(const struct otter_unwrap_ops *ops, const struct otter_private_key *key,
                   const uint8_t *value, size_t value_size, size_t key_size)
{
    static const uint8_t zeros[OTTER_IMAGE_KEY_SIZE_MAX] = { 0 };
    uint8_t image_key[OTTER_IMAGE_KEY_SIZE_MAX] = { 0xEE };

    if (ops->unwrap(key, value, value_size, image_key, key_size) != OTTER_OK
        && memcmp(image_key, zeros, key_size) != 0) {
        abort();
    }
}

static void try_with(const struct otter_unwrap_ops *ops, const uint8_t *data, size_t size)
{
    const struct otter_private_key hostile = { data, size };

    for (size_t i = 0; i < wrapped_vector_count; i++) {
        const struct wrapped_vector *known = &wrapped_vectors[i];

        if (known->tlv_type == ops->tlv_type) {
            unwrap(ops, &known->private_key, data, size, known->key_size);
            unwrap(ops, &hostile, known->value.bytes, known->value.size, known->key_size);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; otter_all_crypto.unwraps[i] != NULL; i++) {
        try_with(otter_all_crypto.unwraps[i], data, size);
    }
    return 0;
}
