/* SPDX-License-Identifier: Apache-2.0 */

/** Random bytes from Mbed TLS: a CTR_DRBG, seeded from the platform's entropy. */
#ifndef OTTER_MBEDTLS_RANDOM_H
#define OTTER_MBEDTLS_RANDOM_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/result.h"

/** A generator. Do not move it after init: Mbed TLS keeps a pointer from one part to the other.
 * One serves any number of links and transports of one thread. */
struct otter_mbedtls_random {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
};

/** Seed the generator.
 *
 *  @param personalization  what tells this device from others, for example its serial number; it
 *                          adds to the entropy and does not replace it
 *  @return OTTER_OK
 *          OTTER_ERR_CRYPTO  the platform gave no entropy; the generator stays unusable */
enum otter_result otter_mbedtls_random_init(struct otter_mbedtls_random *random,
                                            const char *personalization);

/** Fill @p bytes with @p len random bytes.
 *
 *  @param context  a struct otter_mbedtls_random; untyped to fit the hooks that ask for randomness
 *  @return OTTER_OK
 *          OTTER_ERR_CRYPTO  it was not seeded, or reseeding failed; do not use @p bytes */
enum otter_result otter_mbedtls_random(void *context, uint8_t *bytes, size_t len);

#endif
