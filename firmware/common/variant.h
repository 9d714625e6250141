/* SPDX-License-Identifier: Apache-2.0 */

/* How the images made from one program differ; ../mqtt_ota/CMakeLists.txt and others have the
 * lists. */
#ifndef OTTER_FIRMWARE_VARIANT_H
#define OTTER_FIRMWARE_VARIANT_H

#include <stdbool.h>
#include <stdint.h>

struct variant {
    const char *title;
    uint32_t blink_interval_ms;
    bool hangs;            /* the deliberately bad one */
    bool waits_for_button; /* the agent, and what it needs, starts when the button is pressed */
};

extern const struct variant variant;

#endif
