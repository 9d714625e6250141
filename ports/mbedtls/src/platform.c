/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS's memory: a pool of the program's. */

#include "otter/mbedtls_platform.h"

#include <mbedtls/memory_buffer_alloc.h>

void otter_mbedtls_use_pool(void *pool, size_t size)
{
    mbedtls_memory_buffer_alloc_init(pool, size);
}

size_t otter_mbedtls_pool_high_water(void)
{
    size_t bytes = 0;
    size_t blocks = 0;

    mbedtls_memory_buffer_alloc_max_get(&bytes, &blocks);
    return bytes;
}
