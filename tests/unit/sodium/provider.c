/* SPDX-License-Identifier: Apache-2.0 */

/* libsodium, with signatures and nothing else. */

#include "../crypto/provider.h"

#include <stddef.h>

#include "otter/sodium_crypto.h"

static void prepare_nothing(void)
{
}

static const struct otter_signature_ops *const signatures[] = { &otter_sodium_ed25519, NULL };

static const struct otter_crypto only_signatures = { .signatures = signatures };

const struct provider provider = { .crypto = &only_signatures, .prepare = prepare_nothing };
