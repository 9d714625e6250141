/* SPDX-License-Identifier: Apache-2.0 */

/* SHA-256, its state kept inside the caller's struct. */

#include <mbedtls/sha256.h>

#include "otter/mbedtls_crypto.h"

_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct otter_sha256),
               "struct otter_sha256 must hold Mbed TLS's state");
_Static_assert(_Alignof(mbedtls_sha256_context) <= _Alignof(struct otter_sha256),
               "struct otter_sha256 must be aligned for Mbed TLS's state");

static mbedtls_sha256_context *state_of(struct otter_sha256 *sha)
{
    return (mbedtls_sha256_context *)(void *)sha->state;
}

static enum otter_result result_of(int error)
{
    return error == 0 ? OTTER_OK : OTTER_ERR_CRYPTO;
}

enum otter_result otter_mbedtls_sha256_start(struct otter_sha256 *sha)
{
    mbedtls_sha256_init(state_of(sha));
    return result_of(mbedtls_sha256_starts_ret(state_of(sha), 0));
}

enum otter_result otter_mbedtls_sha256_update(struct otter_sha256 *sha, const void *bytes,
                                              size_t len)
{
    return result_of(mbedtls_sha256_update_ret(state_of(sha), bytes, len));
}

enum otter_result otter_mbedtls_sha256_finish(struct otter_sha256 *sha,
                                              uint8_t digest[OTTER_SHA256_SIZE])
{
    const int error = mbedtls_sha256_finish_ret(state_of(sha), digest);

    mbedtls_sha256_free(state_of(sha));
    return result_of(error);
}
