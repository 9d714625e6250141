/* SPDX-License-Identifier: Apache-2.0 */

#include "recovery.h"

enum otter_result find_program(const struct otter_boot_config *config,
                               const struct otter_mps2_reset *reset,
                               struct otter_boot_outcome *outcome)
{
    (void)reset;
    return otter_boot_go(config, outcome);
}
