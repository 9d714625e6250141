/* SPDX-License-Identifier: Apache-2.0 */

/* What a boot would find, for hosts that look at the flash of a device. No firmware links it. */

#include <string.h>

#include "course.h"

const struct otter_strategy *otter_strategy_find(const char *name)
{
    const struct otter_strategy *const *each = otter_strategies;

    while (*each != NULL && strcmp((*each)->name, name) != 0) {
        each++;
    }
    return *each;
}

enum otter_result otter_boot_find_unfinished(const struct otter_boot_config *config, uint8_t image,
                                             struct otter_boot_unfinished *unfinished)
{
    struct otter_boot_outcome outcome;
    struct otter_boot_course course;
    enum otter_result result = otter_course_open(&course, config, image, &outcome);

    *unfinished = (struct otter_boot_unfinished){ .type = OTTER_SWAP_NONE };
    if (result != OTTER_OK || config->strategy->moves == NULL) {
        return result;
    }
    result = otter_course_find(&course);
    if (result == OTTER_OK) {
        unfinished->type = course.move.type;
        unfinished->is_begun = otter_course_is_interrupted(&course);
    }
    return result;
}
