/* SPDX-License-Identifier: Apache-2.0 */

/** How much stack a program has needed. Running over its end is a fault, not silent damage. */
#ifndef OTTER_MPS2_STACK_H
#define OTTER_MPS2_STACK_H

#include <stdint.h>

/** The most bytes of stack that were in use at any moment since the start. */
uint32_t otter_mps2_stack_used(void);

/** Bytes from @p bottom on, up to @p top at most, that a program before this one never used of its
 * stack; the guard at its lowest end counts as such. */
uint32_t otter_mps2_stack_untouched(uint32_t bottom, uint32_t top);

#endif
