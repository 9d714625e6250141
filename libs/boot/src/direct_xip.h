/* SPDX-License-Identifier: Apache-2.0 */

/* What direct-XIP with and without revert have in common: the choice between two slots. */
#ifndef OTTER_BOOT_DIRECT_XIP_H
#define OTTER_BOOT_DIRECT_XIP_H

#include "course.h"

/** `choose` of a strategy that starts programs where they lie.
 *
 *  @param admit  what the trailers have to say about the program in @p slot: OTTER_OK, or what speaks
 *                against starting it
 *  @return OTTER_OK, or what keeps the better of the two from being started */
enum otter_result
otter_direct_xip_choose(struct otter_boot_course *course, unsigned spurned,
                        enum otter_result (*admit)(const struct otter_boot_course *course,
                                                   const struct otter_area *slot));

#endif
