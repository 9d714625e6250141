/* SPDX-License-Identifier: Apache-2.0 */

/* Settings as a factory composes them, read back as a device does. */
#ifndef OTTER_TEST_COMPOSED_H
#define OTTER_TEST_COMPOSED_H

#include <stddef.h>

#include "otter/settings.h"

struct setting {
    const char *name;
    const char *value;
};

/** @p settings up to @p count or to the first one without a name. They are valid until the next call. */
struct otter_settings composed_settings(const struct setting settings[], size_t count);

#endif
