/* SPDX-License-Identifier: Apache-2.0 */

/* Image 1: the LED's pace and pattern. part.ld puts the table first. */

#include "part.h"

#include "product.h"

const struct xip_part xip_part = {
    .magic = XIP_PART_MAGIC,
    .about = PRODUCT_IMAGE_TYPE " image, executed in place",
    .blink_interval_ms = PRODUCT_BLINK_INTERVAL_MS,
    .blinker_init = blinker_init,
    .blinker_step = blinker_step,
};
