/* SPDX-License-Identifier: Apache-2.0 */

/* Signature checks that need not be made twice (struct otter_signature_memory). */
#ifndef OTTER_IMAGE_REMEMBER_H
#define OTTER_IMAGE_REMEMBER_H

#include "otter/image.h"

/* What a signature check is about. */
struct otter_signed {
    const struct otter_public_key *key;
    const uint8_t *digest;
    const uint8_t *signature;
    size_t signature_size;
};

/* As the algorithm's verify(), unless just this is known to be good. */
enum otter_verdict otter_check_or_recall(const struct otter_trust *trust,
                                         const struct otter_signature_ops *algorithm,
                                         const struct otter_signed *claim);

#endif
