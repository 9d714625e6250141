/* SPDX-License-Identifier: Apache-2.0 */

/* AES in counter mode, from any offset of a message. */

#include <assert.h>
#include <mbedtls/aes.h>

#include "otter/bytes.h"
#include "otter/mbedtls_crypto.h"

#define BLOCK_SIZE 16u
#define COUNTER_AT 12u /* the low 32 bits of the counter; no image reaches the others */

_Static_assert(sizeof(mbedtls_aes_context) <= sizeof(struct otter_aes),
               "struct otter_aes must hold Mbed TLS's state");
_Static_assert(_Alignof(mbedtls_aes_context) <= _Alignof(struct otter_aes),
               "struct otter_aes must be aligned for Mbed TLS's state");

static mbedtls_aes_context *state_of(struct otter_aes *aes)
{
    return (mbedtls_aes_context *)(void *)aes->state;
}

static enum otter_result set_key(struct otter_aes *aes, const uint8_t *key, size_t key_size)
{
    assert(key_size == 16 || key_size == OTTER_IMAGE_KEY_SIZE_MAX);
    mbedtls_aes_init(state_of(aes));
    return mbedtls_aes_setkey_enc(state_of(aes), key, (unsigned)key_size * 8) == 0
               ? OTTER_OK
               : OTTER_ERR_CRYPTO;
}

static enum otter_result crypt(struct otter_aes *aes, uint32_t offset, uint8_t *bytes, size_t len)
{
    uint8_t counter[BLOCK_SIZE] = { 0 };
    uint8_t stream[BLOCK_SIZE];
    size_t used = offset % BLOCK_SIZE;
    int error = 0;

    otter_store_be32(counter + COUNTER_AT, offset / BLOCK_SIZE);
    /* Within a block Mbed TLS wants what it would have left behind: the block's key stream, and the
     * counter of the next one. */
    if (used > 0) {
        error = mbedtls_aes_crypt_ecb(state_of(aes), MBEDTLS_AES_ENCRYPT, counter, stream);
        otter_store_be32(counter + COUNTER_AT, offset / BLOCK_SIZE + 1);
    }
    if (error == 0) {
        error = mbedtls_aes_crypt_ctr(state_of(aes), len, &used, counter, stream, bytes, bytes);
    }
    return error == 0 ? OTTER_OK : OTTER_ERR_CRYPTO;
}

const struct otter_cipher_ops otter_mbedtls_aes_ctr = {
    .set_key = set_key,
    .crypt = crypt,
};
