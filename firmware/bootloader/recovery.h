/* SPDX-License-Identifier: Apache-2.0 */

/* How a bootloader comes to its program: recovery_golden.c is linked by one that can go back to a golden
 * image, short_path.c by one that does not validate after every reset, recovery_none.c by all others
 * (CMakeLists.txt). */
#ifndef OTTER_BOOTLOADER_RECOVERY_H
#define OTTER_BOOTLOADER_RECOVERY_H

#include "otter/boot.h"
#include "otter/mps2/reset.h"

/* As otter_boot_go(). */
enum otter_result find_program(const struct otter_boot_config *config,
                               const struct otter_mps2_reset *reset,
                               struct otter_boot_outcome *outcome);

#endif
