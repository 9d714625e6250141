/* SPDX-License-Identifier: Apache-2.0 */

/** Time and chance of a POSIX host. */
#ifndef OTTER_POSIX_H
#define OTTER_POSIX_H

#include <stddef.h>
#include <stdint.h>

#include "otter/result.h"

/** Monotonic milliseconds; wraps after 49 days, as the agent allows. */
uint32_t otter_posix_now_ms(void);

void otter_posix_sleep_ms(uint32_t duration_ms);

/** Fill @p bytes with random bytes fit for keys. @p context is not used.
 *
 *  @return OTTER_OK, OTTER_ERR_CRYPTO if the kernel has none to give */
enum otter_result otter_posix_random(void *context, uint8_t *bytes, size_t len);

/** A random number, for jitter. @p context is not used. */
uint32_t otter_posix_random_u32(void *context);

#endif
