/* SPDX-License-Identifier: Apache-2.0 */

/* How often Mbed TLS asked for memory in vain. It does not always say so itself: a signature that it
 * had no memory to check is a wrong signature to it. */
#ifndef OTTER_MBEDTLS_MEMORY_H
#define OTTER_MBEDTLS_MEMORY_H

extern unsigned otter_mbedtls_failed_allocations;

#endif
