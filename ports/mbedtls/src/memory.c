/* SPDX-License-Identifier: Apache-2.0 */

/* Part of Mbed TLS's library: what stands before its pool.
 *
 * Until the program hands over a pool, the no_ functions stand where libc's would, so that a program
 * that forgot it fails with a clear error instead of linking a heap that grows into the stack. Then
 * the pool installs itself here (cmake/third_party.cmake), and its failures are counted. */

#include "memory.h"

#include <mbedtls/platform.h>
#include <stddef.h>

int otter_mbedtls_install_pool(void *(*allocate)(size_t count, size_t size),
                               void (*release)(void *pointer));

unsigned otter_mbedtls_failed_allocations;

static void *(*pool_calloc)(size_t count, size_t size);

void *otter_mbedtls_no_calloc(size_t count, size_t size)
{
    (void)count;
    (void)size;
    otter_mbedtls_failed_allocations++;
    return NULL;
}

void otter_mbedtls_no_free(void *pointer)
{
    (void)pointer;
}

static void *counting_calloc(size_t count, size_t size)
{
    void *memory = pool_calloc(count, size);

    if (memory == NULL && count > 0 && size > 0) {
        otter_mbedtls_failed_allocations++;
    }
    return memory;
}

int otter_mbedtls_install_pool(void *(*allocate)(size_t count, size_t size),
                               void (*release)(void *pointer))
{
    pool_calloc = allocate;
    return mbedtls_platform_set_calloc_free(counting_calloc, release);
}
