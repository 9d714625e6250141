/* SPDX-License-Identifier: Apache-2.0 */

/* Part of Mbed TLS's library: its memory before the program hands it a pool. It stands where libc's
 * would, so that a program that forgot its pool fails with a clear error instead of linking a heap
 * that grows into the stack. */

#include <stddef.h>

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
