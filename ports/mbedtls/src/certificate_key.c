/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS parses the certificate; the key's bytes stand in it as they are wanted. */

#include "otter/certificate_key.h"

#include <mbedtls/x509_crt.h>
#include <string.h>

#include "memory.h"

static enum otter_result copy_key(const mbedtls_x509_buf *found, uint8_t *der, size_t size,
                                  struct otter_public_key *key)
{
    if (found->len > size) {
        return OTTER_ERR_NO_SPACE;
    }
    memcpy(der, found->p, found->len);
    *key = (struct otter_public_key){ .der = der, .der_size = found->len };
    return OTTER_OK;
}

enum otter_result otter_certificate_key(const struct otter_tls_document *certificate, uint8_t *der,
                                        size_t size, struct otter_public_key *key)
{
    const unsigned failed_allocations = otter_mbedtls_failed_allocations;
    enum otter_result result = OTTER_ERR_ARGUMENT;
    mbedtls_x509_crt parsed;

    mbedtls_x509_crt_init(&parsed);
    if (mbedtls_x509_crt_parse(&parsed, certificate->bytes, certificate->size) == 0) {
        result = copy_key(&parsed.pk_raw, der, size, key);
    } else if (otter_mbedtls_failed_allocations != failed_allocations) {
        result = OTTER_ERR_CRYPTO;
    }
    mbedtls_x509_crt_free(&parsed);
    return result;
}
