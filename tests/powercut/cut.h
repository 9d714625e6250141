/* SPDX-License-Identifier: Apache-2.0 */

/* What a loss of power leaves of a device. */
#ifndef OTTER_POWERCUT_CUT_H
#define OTTER_POWERCUT_CUT_H

#include "device.h"

/** Become what is left of @p from if the power is cut at the operation that it is about to do.
 *
 *  @param number  of the flash device it is on
 *  @param src     what is programmed; NULL: an erase */
void device_copy_cut(struct device *device, const struct device *from, uint8_t number,
                     const struct otter_sim_operation *operation, const uint8_t *src,
                     const struct cut *cut);

#endif
