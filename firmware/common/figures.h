/* SPDX-License-Identifier: Apache-2.0 */

/* What a program has needed so far, for benchmarks. */
#ifndef OTTER_FIRMWARE_FIGURES_H
#define OTTER_FIRMWARE_FIGURES_H

#include <stdbool.h>

#include "otter/text.h"

/* Did whoever started QEMU ask for figures? */
bool figures_are_wanted(void);

/* Append "stack <n> bytes, flash <n> erases <n> programs". */
void figures_append(struct otter_text *text);

#endif
