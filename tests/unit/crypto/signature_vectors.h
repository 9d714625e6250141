/* SPDX-License-Identifier: Apache-2.0 */

/* Known good signatures, for tests and fuzzing. */
#ifndef OTTER_TEST_SIGNATURE_VECTORS_H
#define OTTER_TEST_SIGNATURE_VECTORS_H

#include "otter/crypto.h"
#include "otter/image.h"

#define KEY_SIZE_MAX       398u
#define SIGNATURE_SIZE_MAX 384u

struct signature_vector {
    uint16_t tlv_type; /* the algorithm */
    struct otter_public_key key;
    const uint8_t *digest;
    const uint8_t *signature;
    size_t signature_size;
};

extern const struct signature_vector signature_vectors[];
extern const size_t signature_vector_count;

#endif
