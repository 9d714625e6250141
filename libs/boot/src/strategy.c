/* SPDX-License-Identifier: Apache-2.0 */

/* What a program may ask about a strategy before anything runs; host tools check layouts with it. */

#include "strategy.h"

const char *otter_strategy_name(const struct otter_strategy *strategy)
{
    return strategy->name;
}

uint32_t otter_strategy_max_image_size(const struct otter_strategy *strategy,
                                       const struct otter_layout *layout, uint8_t image,
                                       const char **because)
{
    const struct otter_boot_geometry *geometry = strategy->geometry;
    const char *misfit = geometry->misfit(layout, image);

    if (misfit == NULL && layout->staging_offset != 0 && !geometry->stages_above) {
        misfit = "staging_offset is for swap-offset only";
    }
    if (because != NULL) {
        *because = misfit;
    }
    return misfit == NULL ? geometry->max_image_size(layout, image) : 0;
}

bool otter_boot_plan_area(const struct otter_layout *layout, enum otter_area_role role,
                          uint8_t image, struct otter_flash *flash, struct otter_area *area)
{
    const struct otter_layout_area *row = otter_layout_find(layout, role, image);

    if (row == NULL) {
        return false;
    }
    *flash = (struct otter_flash){ .geometry = &layout->devices[row->device] };
    *area = (struct otter_area){ .flash = flash, .offset = row->offset, .size = row->size };
    return true;
}
