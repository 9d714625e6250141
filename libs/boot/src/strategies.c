/* SPDX-License-Identifier: Apache-2.0 */

/* The list of all strategies, alone in its file: a firmware that names one strategy does not link
 * the others. */

#include "otter/boot.h"

const struct otter_strategy *const otter_strategies[] = {
    &otter_direct_xip, &otter_direct_xip_revert, &otter_overwrite,   &otter_swap_scratch,
    &otter_swap_move,  &otter_swap_offset,       &otter_swap_status, NULL,
};
