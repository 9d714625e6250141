/* SPDX-License-Identifier: Apache-2.0 */

/* SHA-256, its state kept inside the caller's struct. */

#include <bearssl_hash.h>

#include "otter/bearssl_crypto.h"

_Static_assert(sizeof(br_sha256_context) <= sizeof(struct otter_sha256),
               "struct otter_sha256 must hold BearSSL's state");
_Static_assert(_Alignof(br_sha256_context) <= _Alignof(struct otter_sha256),
               "struct otter_sha256 must be aligned for BearSSL's state");

static br_sha256_context *state_of(struct otter_sha256 *sha)
{
    return (br_sha256_context *)(void *)sha->state;
}

enum otter_result otter_bearssl_sha256_start(struct otter_sha256 *sha)
{
    br_sha256_init(state_of(sha));
    return OTTER_OK;
}

enum otter_result otter_bearssl_sha256_update(struct otter_sha256 *sha, const void *bytes,
                                              size_t len)
{
    br_sha256_update(state_of(sha), bytes, len);
    return OTTER_OK;
}

enum otter_result otter_bearssl_sha256_finish(struct otter_sha256 *sha,
                                              uint8_t digest[OTTER_SHA256_SIZE])
{
    br_sha256_out(state_of(sha), digest);
    return OTTER_OK;
}
