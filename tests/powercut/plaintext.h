/* SPDX-License-Identifier: Apache-2.0 */

/* Looks for the plain text of encrypted programs where only cipher text may be. */
#ifndef OTTER_POWERCUT_PLAINTEXT_H
#define OTTER_POWERCUT_PLAINTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Forget all blocks. */
void plaintext_clear(void);

/** Learn the blocks of a program, all whole 16 bytes of it. */
void plaintext_learn(const uint8_t *program, size_t size);

/** All that is to be learnt is. */
void plaintext_ready(void);

/** Is one of the learnt blocks anywhere in @p bytes, at whatever alignment? */
bool plaintext_is_in(const uint8_t *bytes, size_t size);

#endif
