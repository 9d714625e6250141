/* SPDX-License-Identifier: Apache-2.0 */

/* Random numbers that hide a private key's arithmetic from who measures current or time.
 *
 * A bootloader may have no source of randomness. Blinding needs numbers that the attacker cannot
 * know, not ones that nobody can repeat: they are drawn from the private key and the message, the
 * way that RFC 6979 draws the secret of a signature. */
#ifndef OTTER_MBEDTLS_BLINDING_H
#define OTTER_MBEDTLS_BLINDING_H

#include <mbedtls/hmac_drbg.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/crypto.h"

/** Seed @p drbg, which was initialized. @return Mbed TLS's error, 0 if there is none */
int otter_mbedtls_seed_blinding(mbedtls_hmac_drbg_context *drbg,
                                const struct otter_private_key *key, const uint8_t *message,
                                size_t message_size);

#endif
