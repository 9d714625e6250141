/* SPDX-License-Identifier: Apache-2.0 */

/** How much stack a program has needed. Running over its end is a fault, not silent damage. */
#ifndef OTTER_MPS2_STACK_H
#define OTTER_MPS2_STACK_H

#include <stdint.h>

/** The most bytes of stack that were in use at any moment since the start. */
uint32_t otter_mps2_stack_used(void);

#endif
