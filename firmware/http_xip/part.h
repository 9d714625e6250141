/* SPDX-License-Identifier: Apache-2.0 */

/* What image 1 offers to image 0: a table at its beginning, right behind the image's header.
 *
 * Nothing but code and constants, executed and read in external flash. Functions have no memory of their
 * own; what they need is handed to them. They must not be called while that flash is written to, as a
 * real one cannot be read then: the launcher calls them from its loop alone, and flash operations are
 * over when they return. */
#ifndef OTTER_HTTP_XIP_PART_H
#define OTTER_HTTP_XIP_PART_H

#include "blinker.h"

/* Changes with the table: a launcher and a part that understand it differently do not meet. */
#define XIP_PART_MAGIC 0x31504958u /* "XIP1" */

struct xip_part {
    uint32_t magic;
    const char *about;
    uint32_t blink_interval_ms;
    void (*blinker_init)(struct blinker *blinker, uint32_t interval_ms, uint32_t now_ms);
    uint32_t (*blinker_step)(struct blinker *blinker, uint32_t now_ms);
};

/* In the part; the launcher knows only where it lies. */
extern const struct xip_part xip_part;

#endif
