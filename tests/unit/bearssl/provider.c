/* SPDX-License-Identifier: Apache-2.0 */

/* BearSSL, which needs nothing before a test. */

#include "../crypto/provider.h"

#include "otter/bearssl_crypto.h"

static void prepare_nothing(void)
{
}

const struct provider provider = { .crypto = &otter_bearssl_crypto, .prepare = prepare_nothing };
