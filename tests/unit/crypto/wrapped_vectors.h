/* SPDX-License-Identifier: Apache-2.0 */

/* Wrapped image keys, and what was encrypted with them. */
#ifndef OTTER_TEST_WRAPPED_VECTORS_H
#define OTTER_TEST_WRAPPED_VECTORS_H

#include "otter/crypto.h"
#include "otter/image.h"

#define PAYLOAD_SIZE   80u
#define VALUE_SIZE_MAX 256u

struct wrapped_value {
    const uint8_t *bytes;
    size_t size;
};

struct wrapped_vector {
    uint16_t tlv_type; /* the way it is wrapped */
    size_t key_size;   /* of the image key */
    struct otter_private_key private_key;
    struct wrapped_value value;
    const uint8_t *payload; /* PAYLOAD_SIZE encrypted bytes; decrypted, byte i is 7i + 3 */
};

extern const struct wrapped_vector wrapped_vectors[];
extern const size_t wrapped_vector_count;

#endif
