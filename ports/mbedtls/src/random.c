/* SPDX-License-Identifier: Apache-2.0 */

/* Random bytes: CTR_DRBG as Mbed TLS recommends it, reseeded by itself. */

#include "otter/mbedtls_random.h"

#include <string.h>

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum otter_result otter_mbedtls_random_init(struct otter_mbedtls_random *random,
                                            const char *personalization)
{
    mbedtls_entropy_init(&random->entropy);
    mbedtls_ctr_drbg_init(&random->drbg);
    const int error =
        mbedtls_ctr_drbg_seed(&random->drbg, mbedtls_entropy_func, &random->entropy,
                              (const unsigned char *)personalization, strlen(personalization));

    return error == 0 ? OTTER_OK : OTTER_ERR_CRYPTO;
}

enum otter_result otter_mbedtls_random(void *context, uint8_t *bytes, size_t len)
{
    struct otter_mbedtls_random *random = context;

    while (len > 0) {
        const size_t piece = lesser(len, MBEDTLS_CTR_DRBG_MAX_REQUEST);

        if (mbedtls_ctr_drbg_random(&random->drbg, bytes, piece) != 0) {
            return OTTER_ERR_CRYPTO;
        }
        bytes += piece;
        len -= piece;
    }
    return OTTER_OK;
}
