/* SPDX-License-Identifier: Apache-2.0 */

/* Whether a bootloader can go back to a golden image: recovery_golden.c is linked by one that can,
 * recovery_none.c by all others (CMakeLists.txt). */
#ifndef OTTER_BOOTLOADER_RECOVERY_H
#define OTTER_BOOTLOADER_RECOVERY_H

#include "otter/boot.h"
#include "otter/mps2/reset.h"

/* As otter_boot_go(). */
enum otter_result find_program(const struct otter_boot_config *config,
                               const struct otter_mps2_reset *reset,
                               struct otter_boot_outcome *outcome);

#endif
