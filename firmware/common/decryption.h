/* SPDX-License-Identifier: Apache-2.0 */

/* Whether a program takes encrypted images. otter_decryption() of firmware/CMakeLists.txt decides it, and
 * defines what belongs into struct otter_trust:
 *
 *   DECRYPTION_CRYPTO  the algorithms, otter_ecies_crypto or otter_mbedtls_crypto; the latter decrypts
 *                      nothing, and a program that names it has no code for it
 *   DECRYPTION_KEY     a pointer to the device's key; NULL: encrypted images are refused */
#ifndef OTTER_FIRMWARE_DECRYPTION_H
#define OTTER_FIRMWARE_DECRYPTION_H

#include "otter/mbedtls_crypto.h"

extern const struct otter_crypto otter_ecies_crypto;

/* Made by `otter key private --format c`. */
extern const struct otter_private_key otter_decryption_key;

#endif
