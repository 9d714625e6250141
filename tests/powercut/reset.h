/* SPDX-License-Identifier: Apache-2.0 */

/* What happens from one reset to the next, and what must hold then. */
#ifndef OTTER_POWERCUT_RESET_H
#define OTTER_POWERCUT_RESET_H

#include "device.h"

/** One reset: the bootloader runs, and then the program that it starts. The invariants are checked.
 *
 *  @return false if nothing was written, or if one was broken: there is nothing to wait for */
bool device_reset(struct device *device);

/** Check what must hold when nothing changes any more. Installs another update: the device is not
 * good for anything afterwards. */
void device_check_end(struct device *device);

#endif
