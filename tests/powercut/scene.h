/* SPDX-License-Identifier: Apache-2.0 */

/* How a story begins. */
#ifndef OTTER_POWERCUT_SCENE_H
#define OTTER_POWERCUT_SCENE_H

#include "device.h"

/** Does the layout fit the strategy, and do the images fit the layout? */
bool scene_suits(const struct story *story);

/** The old program runs, the new one is staged, nothing is asked for yet. */
void scene_set(struct device *device);

/** Put an image of @p program where updates are staged, all in one go. */
void scene_stage_image(struct device *device, enum program program, uint8_t image);

/** The same of all images. */
void scene_stage(struct device *device, enum program program);

/** Ask for what lies in @p slots, one for each image. */
void scene_request(struct device *device, const struct otter_area slots[], bool permanent);

#endif
