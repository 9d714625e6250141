/* SPDX-License-Identifier: Apache-2.0 */

/* How the three images made from this program differ; CMakeLists.txt has the list. */
#ifndef OTTER_MQTT_OTA_VARIANT_H
#define OTTER_MQTT_OTA_VARIANT_H

#include <stdbool.h>
#include <stdint.h>

struct variant {
    uint32_t blink_interval_ms;
    bool hangs; /* the deliberately bad one */
};

extern const struct variant variant;

#endif
