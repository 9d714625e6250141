/* SPDX-License-Identifier: Apache-2.0 */

/** The device's crypto, with every algorithm that any device may have: what a file says does not
 * depend on who asks. */
#ifndef OTTER_TOOL_HOST_CRYPTO_H
#define OTTER_TOOL_HOST_CRYPTO_H

#include "otter/crypto.h"

extern const struct otter_crypto host_crypto;

#endif
