/* SPDX-License-Identifier: Apache-2.0 */

/* The keys that images must be signed with, made by `otter key public --format c`. */
#ifndef OTTER_FIRMWARE_TRUSTED_KEYS_H
#define OTTER_FIRMWARE_TRUSTED_KEYS_H

#include "otter/crypto.h"

extern const struct otter_public_key otter_trusted_keys[];
extern const uint8_t otter_trusted_key_count;

#endif
