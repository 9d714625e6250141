/* SPDX-License-Identifier: Apache-2.0 */

/* A program that refuses encrypted images. */

#include "decryption.h"
#include "otter/mbedtls_crypto.h"

const struct decryption decryption = { .crypto = &otter_mbedtls_crypto };
