/* SPDX-License-Identifier: Apache-2.0 */

/** What the verbs of "otter device" share; each verb is a file device_<verb>.c. */
#ifndef OTTER_TOOL_DEVICE_H
#define OTTER_TOOL_DEVICE_H

#include "command.h"
#include "layout_check.h"
#include "layout_file.h"

extern const struct option_row device_create_options[];
enum command_status device_create(int operand_count, char **operands);

extern const struct option_row device_program_options[];
enum command_status device_program(int operand_count, char **operands);

extern const struct option_row device_inspect_options[];
enum command_status device_inspect(int operand_count, char **operands);

extern const struct option_row device_run_options[];
enum command_status device_run(int operand_count, char **operands);

/** Load a layout that can work; complain if it cannot be read or cannot work.
 *
 *  @return NULL after a complaint; free it with layout_file_free() */
struct layout_file *device_load_layout(const char *path, struct layout_report *report);

#endif
