/* SPDX-License-Identifier: Apache-2.0 */

/* The stories that are told, and the finders for the command line. */

#include <string.h>

#include "powercut.h"

const struct scenario scenarios[] = {
    { .name = "overwrite",
      .strategy = &otter_overwrite,
      .permanent = true,
      .ends_with_update = true },
    { .name = "overwrite-forged",
      .strategy = &otter_overwrite,
      .permanent = true,
      .update_is_forged = true },
    { .name = "install",
      .strategy = &otter_swap_scratch,
      .permanent = true,
      .ends_with_update = true },
    { .name = "trial-then-confirm",
      .strategy = &otter_swap_scratch,
      .confirms = true,
      .ends_with_update = true },
    { .name = "trial-then-revert", .strategy = &otter_swap_scratch },
    { .name = "revert-of-padded", .strategy = &otter_swap_scratch, .padded = true },
    { .name = "confirm-after-revert",
      .strategy = &otter_swap_scratch,
      .confirms = true,
      .after_revert = true,
      .ends_with_update = true },
    { .name = "revert-after-revert", .strategy = &otter_swap_scratch, .after_revert = true },
    { .name = "forged", .strategy = &otter_swap_scratch, .update_is_forged = true },
    { .name = "overwrite-encrypted",
      .strategy = &otter_overwrite,
      .permanent = true,
      .old_key_size = 16,
      .new_key_size = 32,
      .ends_with_update = true },
    { .name = "install-encrypted",
      .strategy = &otter_swap_scratch,
      .permanent = true,
      .old_key_size = 32,
      .new_key_size = 16,
      .ends_with_update = true },
    { .name = "confirm-encrypted",
      .strategy = &otter_swap_scratch,
      .confirms = true,
      .old_key_size = 16,
      .new_key_size = 16,
      .ends_with_update = true },
    { .name = "revert-encrypted",
      .strategy = &otter_swap_scratch,
      .old_key_size = 16,
      .new_key_size = 32 },
    { .name = "revert-to-plain", .strategy = &otter_swap_scratch, .new_key_size = 16 },
    { .name = "revert-to-encrypted", .strategy = &otter_swap_scratch, .old_key_size = 16 },
    { .name = NULL },
};

const struct sizes all_sizes[] = {
    { "full", 4, 4 }, { "growing", 0, 4 }, { "shrinking", 4, 0 },
    { "half", 2, 2 }, { .name = NULL },
};

const struct scenario *scenario_find(const char *name)
{
    const struct scenario *scenario = scenarios;

    while (scenario->name != NULL && strcmp(scenario->name, name) != 0) {
        scenario++;
    }
    return scenario->name == NULL ? NULL : scenario;
}

const struct sizes *sizes_find(const char *name)
{
    const struct sizes *sizes = all_sizes;

    while (sizes->name != NULL && strcmp(sizes->name, name) != 0) {
        sizes++;
    }
    return sizes->name == NULL ? NULL : sizes;
}
