/* SPDX-License-Identifier: Apache-2.0 */

/** What a program hands to Mbed TLS once, at its start: memory and a clock.
 *
 * Both are global, because Mbed TLS keeps them so. On the host neither is needed: libc serves. */
#ifndef OTTER_MBEDTLS_PLATFORM_H
#define OTTER_MBEDTLS_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

/** A pool for checking signatures with the bootloader's configuration on a 32-bit device, in bytes;
 * 3.5 KiB were enough when measured (ports/mbedtls/README.md). */
#define OTTER_MBEDTLS_BOOT_POOL_SIZE 5120u

/** The same with RSA among the algorithms. */
#define OTTER_MBEDTLS_RSA_POOL_SIZE 12288u

/** A pool for one TLS link on a 32-bit device, in bytes. RSA on both sides takes 38 KB,
 * P-256 30 KB; the rest is for longer chains. */
#define OTTER_MBEDTLS_TLS_POOL_SIZE 53248u

/** Let Mbed TLS allocate from @p pool and from nowhere else. Not for use from several threads.
 * Call it before anything else of this port; the pool is Mbed TLS's from then on. */
void otter_mbedtls_use_pool(void *pool, size_t size);

/** Bytes of the pool that were in use at the worst moment, the allocator's own headers not
 * counted; 0 without a pool. */
size_t otter_mbedtls_pool_high_water(void);

/** Let @p unix_time_s say the seconds since 1970, for the dates of certificates. Applications only.
 * A device whose clock was not set believes that it is 1970 and refuses every certificate. */
void otter_mbedtls_use_clock(int64_t (*unix_time_s)(void));

#endif
