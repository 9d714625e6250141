/* SPDX-License-Identifier: Apache-2.0 */

/* Mbed TLS's memory: a pool of the program's, or none.
 *
 * The no_ functions stand where libc's would, so that a device that forgot its pool fails with a
 * clear error instead of linking a heap that grows into the stack. */

#include "otter/mbedtls_platform.h"

#include <mbedtls/memory_buffer_alloc.h>
#include <mbedtls/platform.h>

void *otter_mbedtls_no_calloc(size_t count, size_t size);
void otter_mbedtls_no_free(void *pointer);

void *otter_mbedtls_no_calloc(size_t count, size_t size)
{
    (void)count;
    (void)size;
    return NULL;
}

void otter_mbedtls_no_free(void *pointer)
{
    (void)pointer;
}

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
