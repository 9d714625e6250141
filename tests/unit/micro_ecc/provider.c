/* SPDX-License-Identifier: Apache-2.0 */

/* micro-ecc, which needs nothing before a test. */

#include "../crypto/provider.h"

#include <stddef.h>

#include "otter/micro_ecc_crypto.h"

static const struct otter_signature_ops *const signatures[] = { &otter_micro_ecc_ecdsa_p256, NULL };
static const struct otter_crypto crypto = { .signatures = signatures };

static void prepare_nothing(void)
{
}

const struct provider provider = { .crypto = &crypto, .prepare = prepare_nothing };
