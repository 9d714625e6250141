/* SPDX-License-Identifier: Apache-2.0 */

/** What firmware is built with, generated from a layout file: a C table and linker regions. */
#ifndef OTTER_TOOL_LAYOUT_GENERATE_H
#define OTTER_TOOL_LAYOUT_GENERATE_H

#include <stdio.h>

#include "layout_file.h"

/** Write a C file that defines otter_board_layout (otter/board_layout.h). */
void layout_generate_c(FILE *out, const struct layout_file *file);

/** Whom a linker script is for. */
enum layout_program { LAYOUT_BOOTLOADER, LAYOUT_APPLICATION };

/** Why there can be no linker regions for a program, or NULL if there can: for example that the
 * layout has no memory of its name.
 *
 *  @param image  whose program it is; 0 for a bootloader */
const char *layout_generate_obstacle(const struct layout_file *file, enum layout_program program,
                                     uint8_t image);

/** Write the regions FLASH, RAM and HANDOVER, and symbols for them, as a linker script to INCLUDE.
 * There must be no obstacle. */
void layout_generate_ld(FILE *out, const struct layout_file *file, enum layout_program program,
                        uint8_t image);

#endif
