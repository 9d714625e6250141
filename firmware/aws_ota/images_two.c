/* SPDX-License-Identifier: Apache-2.0 */

#include "images.h"
#include "product.h"
#include "program.h"

const struct otter_agent_bundles *images_open(void)
{
    static struct otter_agent_slots second = { .max_image_size = PRODUCT_MAX_SECOND_IMAGE_SIZE };
    static struct otter_agent_bundle state;
    static const struct otter_agent_bundles both = {
        .ops = &otter_agent_bundle_ops,
        .state = &state,
        .others = &second,
        .other_count = 1,
    };

    second.primary = program_open_slot(OTTER_AREA_PRIMARY, 1);
    second.secondary = program_open_slot(OTTER_AREA_SECONDARY, 1);
    return &both;
}
