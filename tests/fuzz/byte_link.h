/* SPDX-License-Identifier: Apache-2.0 */

/* A link whose peer sends given bytes, in pieces, and then hangs up. It takes what it is sent, though
 * not always all at once. */
#ifndef BYTE_LINK_H
#define BYTE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "otter/link.h"

struct byte_link {
    const uint8_t *bytes;
    size_t size;
    size_t piece; /* most bytes that come at a time */
    bool is_dry;  /* every other receive finds nothing */
};

/* The bytes go on over connections that are closed and opened again. */
extern const struct otter_link_ops byte_link_ops;

size_t smaller_size(size_t a, size_t b);

/* What a target is sure of; anything else is a finding. */
void demand(bool condition);

#endif
