/* SPDX-License-Identifier: Apache-2.0 */

/** The help texts, made from the rows of command.h. */
#ifndef OTTER_TOOL_HELP_H
#define OTTER_TOOL_HELP_H

#include <stdio.h>

#include "command.h"

void help_of_tool(const struct noun *const nouns[], FILE *out);
void help_of_noun(const struct noun *noun, FILE *out);
void help_of_command(const struct noun *noun, const struct command *command);

#endif
