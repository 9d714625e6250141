/* SPDX-License-Identifier: Apache-2.0 */

/* The tests of this folder run over every crypto port. Each port's folder has a provider.c that says
 * which one, and links those tests that concern it. */
#ifndef OTTER_TEST_PROVIDER_H
#define OTTER_TEST_PROVIDER_H

#include "otter/crypto.h"

struct provider {
    /** Only what the port has; the rest is NULL. */
    const struct otter_crypto *crypto;
    /** Called before each test, for example to hand over memory anew. */
    void (*prepare)(void);
};

extern const struct provider provider;

#endif
