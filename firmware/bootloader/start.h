/* SPDX-License-Identifier: Apache-2.0 */

/* The two ways in which the bootloader ends. */
#ifndef OTTER_BOOTLOADER_START_H
#define OTTER_BOOTLOADER_START_H

#include "otter/boot.h"
#include "otter/mps2/reset.h"

/* Leave the handover record, start the watchdog and jump to the program of @p outcome. */
_Noreturn void start_program(const struct otter_boot_config *config,
                             const struct otter_boot_outcome *outcome,
                             const struct otter_mps2_reset *reset);

/* There is no program to start: say why and wait for somebody to help. */
_Noreturn void stay_here(enum otter_result why);

#endif
