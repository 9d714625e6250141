/* SPDX-License-Identifier: Apache-2.0 */

/* Whether a program takes encrypted images. CMake links one of decryption_none.c and
 * decryption_ecies.c, so that a program that takes none has no code for them. */
#ifndef OTTER_FIRMWARE_DECRYPTION_H
#define OTTER_FIRMWARE_DECRYPTION_H

#include "otter/crypto.h"

/* Both for struct otter_trust. */
struct decryption {
    const struct otter_crypto *crypto;
    const struct otter_private_key *key; /* NULL: encrypted images are refused */
};

extern const struct decryption decryption;

/* Made by `otter key private --format c`; only in programs that link decryption_ecies.c. */
extern const struct otter_private_key otter_decryption_key;

#endif
