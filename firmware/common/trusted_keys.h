/* SPDX-License-Identifier: Apache-2.0 */

/* The keys that images must be signed with, made by `otter key public --format c`. CMake defines how many
 * there are, so that a program's trust is a constant and lies in ROM. */
#ifndef OTTER_FIRMWARE_TRUSTED_KEYS_H
#define OTTER_FIRMWARE_TRUSTED_KEYS_H

#include "otter/crypto.h"

extern const struct otter_public_key otter_trusted_keys[OTTER_TRUSTED_KEY_COUNT];

#endif
