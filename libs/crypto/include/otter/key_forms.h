/* SPDX-License-Identifier: Apache-2.0 */

/** The encodings of elliptic curve keys and signatures, for the ports.
 *
 * A key has one or two legal forms here, so it is recognised by comparing its fixed bytes instead of
 * parsing ASN.1: a bootloader then needs no key parser, and a hostile key meets no code. */
#ifndef OTTER_KEY_FORMS_H
#define OTTER_KEY_FORMS_H

#include <stdbool.h>

#include "otter/crypto.h"

#define OTTER_P256_SCALAR_SIZE   32u
#define OTTER_P256_POINT_SIZE    65u /**< 0x04, x, y */
#define OTTER_P256_UNCOMPRESSED  0x04u
#define OTTER_P256_SIGNATURE_MAX 72u
#define OTTER_P256_NUMBERS_SIZE  64u /**< r, s */
#define OTTER_ED25519_KEY_SIZE   32u

/** The uncompressed point in a SubjectPublicKeyInfo for P-256 of 91 bytes; NULL if it is none. Whether
 * the point is on the curve is not looked at. */
const uint8_t *otter_p256_point(const struct otter_public_key *key);

/** The number in a PKCS#8 key for P-256, with its public key (138 bytes) or without it (67 bytes); NULL
 * if it is none. */
const uint8_t *otter_p256_scalar(const struct otter_private_key *key);

/** Bytes of a DER signature without the zero bytes that old signing tools appended; 0 if it can be
 * none. The integers inside are not looked at. */
size_t otter_p256_signature_size(const uint8_t *signature, size_t size);

/** The two numbers of a DER signature, each in 32 bytes; zero bytes may follow the signature. For
 * libraries that know no DER. Whether the numbers can be a signature is not looked at.
 *
 *  @return whether they are there and fit */
bool otter_p256_signature_numbers(const uint8_t *signature, size_t size,
                                  uint8_t numbers[OTTER_P256_NUMBERS_SIZE]);

/** The DER form of a signature that comes as two bare numbers of 32 bytes, big-endian.
 *  @return its bytes */
size_t otter_p256_signature_der(const uint8_t numbers[OTTER_P256_NUMBERS_SIZE],
                                uint8_t der[OTTER_P256_SIGNATURE_MAX]);

/** The key in a SubjectPublicKeyInfo for Ed25519 of 44 bytes; NULL if it is none. */
const uint8_t *otter_ed25519_key(const struct otter_public_key *key);

#endif
