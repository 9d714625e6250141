/* SPDX-License-Identifier: Apache-2.0 */

/* The images besides image 0 that an update may bring, as the layout has them. */
#ifndef OTTER_AWS_OTA_IMAGES_H
#define OTTER_AWS_OTA_IMAGES_H

#include "otter/agent_bundle.h"

/* @return for the agent's configuration; NULL: there is but one image */
const struct otter_agent_bundles *images_open(void);

#endif
