/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS for applications and host programs: what the bootloader's has, and a TLS 1.2 client.
 *
 * Servers may have EC (P-256) or RSA certificates; the device's own certificate too. AES-128-GCM
 * with ECDHE only. Records may be as long as TLS allows: this Mbed TLS cannot put a chain of
 * certificates together from several, and those of cloud services have 5 KB and more. OTTER_MBEDTLS_BARE is set by CMake for devices without an operating
 * system; it changes where memory, entropy and time come from, never what is verified. */
#ifndef OTTER_MBEDTLS_APPLICATION_H
#define OTTER_MBEDTLS_APPLICATION_H

#include <stddef.h>
#include <time.h>

#define MBEDTLS_HAVE_ASM

/* platform: memory and clock can be set (otter/mbedtls_platform.h) */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_MEMORY_DEBUG                /* the high-water mark */
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE       8
#define MBEDTLS_PLATFORM_FPRINTF_MACRO(...) ((void)0)
#define MBEDTLS_PLATFORM_EXIT_MACRO(status) __builtin_trap()
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_TIME_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT /* the default allocates on newlib-nano */

#if defined(OTTER_MBEDTLS_BARE)
#define MBEDTLS_PLATFORM_STD_CALLOC otter_mbedtls_no_calloc
#define MBEDTLS_PLATFORM_STD_FREE   otter_mbedtls_no_free
#define MBEDTLS_PLATFORM_STD_TIME   otter_mbedtls_no_time
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_ENTROPY_HARDWARE_ALT /* the board provides mbedtls_hardware_poll() */
#endif
void *otter_mbedtls_no_calloc(size_t count, size_t size);
void otter_mbedtls_no_free(void *pointer);
time_t otter_mbedtls_no_time(time_t *timer);

/* random numbers */
#define MBEDTLS_ENTROPY_C
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_CTR_DRBG_USE_128_BIT_KEY
#define MBEDTLS_HMAC_DRBG_C

/* hashes, ciphers */
#define MBEDTLS_SHA256_C
#define MBEDTLS_MD_C
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_CIPHER_C
#define MBEDTLS_CIPHER_MODE_CTR /* encrypted images */
#define MBEDTLS_GCM_C
#define MBEDTLS_HKDF_C

/* elliptic curves; deterministic signatures survive a poor entropy source */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_WINDOW_SIZE       4
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 1
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECDSA_DETERMINISTIC

/* RSA, for servers such as those of AWS IoT, and for images */
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21

/* keys and certificates */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_CHECK_KEY_USAGE
#define MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE

/* TLS 1.2, client only */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_ALPN
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_SSL_CIPHERSUITES                                                                   \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
#define MBEDTLS_SSL_IN_CONTENT_LEN  16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

#include "mbedtls/check_config.h"

#endif
