/* SPDX-License-Identifier: Apache-2.0 */

/* A stand-in for AES in counter mode: what it encrypts is unreadable to a test that looks for plain
 * text, and with the wrong key, or at the wrong offset, it stays so. */
#ifndef OTTER_POWERCUT_QUICK_CIPHER_H
#define OTTER_POWERCUT_QUICK_CIPHER_H

#include "otter/crypto.h"

extern const struct otter_cipher_ops quick_cipher;

#endif
