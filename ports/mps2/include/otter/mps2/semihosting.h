/* SPDX-License-Identifier: Apache-2.0 */

/** What the emulated board borrows from the host that runs QEMU, through semihosting.
 *
 * The board has no clock that survives power-off and no source of randomness. A product has both
 * in hardware; here the host stands in for them, which is fine for an emulated device and is
 * nothing to copy into a product. Semihosting must be on (-semihosting-config enable=on): these
 * calls fault otherwise. */
#ifndef OTTER_MPS2_SEMIHOSTING_H
#define OTTER_MPS2_SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/result.h"

/** The host's clock: seconds since 1970, UTC. */
int64_t otter_mps2_host_time(void);

/** Random bytes of the host's /dev/urandom.
 *
 *  @return OTTER_OK, OTTER_ERR_CRYPTO if the host gives none */
enum otter_result otter_mps2_host_random(void *context, uint8_t *bytes, size_t len);

/** Is @p word one of the words that QEMU was given as arg=...? Used by tests and benchmarks. */
bool otter_mps2_host_argument(const char *word);

/** End QEMU with @p status, 0 to 255. */
_Noreturn void otter_mps2_host_exit(uint32_t status);

#endif
