/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS for a bootloader: hash, signatures, and the decryption of images. What the bootloader's
 * struct otter_crypto does not name, the linker leaves out.
 *
 * Chosen for size: a bootloader checks one or two signatures a boot. A larger window or the comb
 * table of MBEDTLS_ECP_FIXED_POINT_OPTIM would buy tens of milliseconds for kilobytes of memory. */
#ifndef OTTER_MBEDTLS_BOOTLOADER_H
#define OTTER_MBEDTLS_BOOTLOADER_H

#include <stddef.h>

#define MBEDTLS_HAVE_ASM

/* Memory comes from the pool that the program hands to otter_mbedtls_use_pool() and from nowhere
 * else, on the host too: the unit tests then fail where a device would. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_MEMORY_DEBUG          /* the high-water mark */
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE 8
#define MBEDTLS_PLATFORM_STD_CALLOC   otter_mbedtls_no_calloc
#define MBEDTLS_PLATFORM_STD_FREE     otter_mbedtls_no_free
void *otter_mbedtls_no_calloc(size_t count, size_t size);
void otter_mbedtls_no_free(void *pointer);

/* No stdio in a bootloader; a corrupted pool ends in a fault, which the watchdog or the fault
 * handler turns into a reset. */
#define MBEDTLS_PLATFORM_FPRINTF_MACRO(...) ((void)0)
#define MBEDTLS_PLATFORM_EXIT_MACRO(status) __builtin_trap()

#define MBEDTLS_SHA256_C

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_WINDOW_SIZE       2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECP_NO_INTERNAL_RNG   /* checking has no secret; unwrapping brings its own blinding */
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C /* ECDSA_C asks for it; the linker drops it */

/* RSA-PSS; its buffers are on the stack and as large as the largest modulus */
#define MBEDTLS_MD_C
#define MBEDTLS_OID_C /* RSA_C asks for it; nothing uses it without PKCS1_V15 */
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_MPI_MAX_SIZE    384 /* bytes: RSA-3072 */
#define MBEDTLS_MPI_WINDOW_SIZE 2   /* RSA-OAEP only; 65537 is too short for windows */

/* encrypted images */
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_CIPHER_MODE_CTR
#define MBEDTLS_ECDH_C
#define MBEDTLS_HKDF_C
#define MBEDTLS_HMAC_DRBG_C

#include "mbedtls/check_config.h"

#endif
