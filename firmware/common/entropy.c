/* SPDX-License-Identifier: Apache-2.0 */

/* Entropy for Mbed TLS, which asks for it by this name (MBEDTLS_ENTROPY_HARDWARE_ALT). It is the
 * host's: see otter/mps2/semihosting.h. */

#include <stddef.h>
#include <stdint.h>

#include "otter/mps2/semihosting.h"

/* mbedtls/entropy.h calls it so, and expects MBEDTLS_ERR_ENTROPY_SOURCE_FAILED for a failure. */
int mbedtls_hardware_poll(void *context, unsigned char *bytes, size_t len, size_t *given);

#define ENTROPY_SOURCE_FAILED (-0x003C)

int mbedtls_hardware_poll(void *context, unsigned char *bytes, size_t len, size_t *given)
{
    const enum otter_result result = otter_mps2_host_random(context, bytes, len);

    *given = result == OTTER_OK ? len : 0;
    return result == OTTER_OK ? 0 : ENTROPY_SOURCE_FAILED;
}
