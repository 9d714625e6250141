/* SPDX-License-Identifier: Apache-2.0 */

/* Going back to the golden image: who asks for it in a story, and what must hold then. */
#ifndef OTTER_POWERCUT_GOLDEN_H
#define OTTER_POWERCUT_GOLDEN_H

#include "device.h"

/** The device has a golden image, and leaves the factory with it. Nothing if it has none. */
void golden_set_scene(struct device *device);

/** The bootloader that can go back. */
enum otter_result golden_go(struct device *device, struct otter_boot_outcome *outcome);

/** Will the next reset be different, though nothing was written in this one? */
bool golden_goes_on(const struct device *device);

/** The power was cut at @p operation of @p flash. */
void golden_note_cut(struct device *device, const struct otter_sim_flash *flash,
                     const struct otter_sim_operation *operation);

/** What must hold after each boot: nothing writes to the golden area, and its program stays once it was
 * seen.
 *
 *  @return NULL, or which rule was broken */
const char *golden_check(struct device *device);

/** Does the story end well with what runs now? */
bool golden_ends_well(const struct device *device);

#endif
