/* SPDX-License-Identifier: Apache-2.0 */

/* The private key is the seed, the message what sets one use apart from the next. */

#include "blinding.h"

int otter_mbedtls_seed_blinding(mbedtls_hmac_drbg_context *drbg,
                                const struct otter_private_key *key, const uint8_t *message,
                                size_t message_size)
{
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    const int error = mbedtls_hmac_drbg_seed_buf(drbg, sha256, key->der, key->der_size);

    return error != 0 ? error : mbedtls_hmac_drbg_update_ret(drbg, message, message_size);
}
