/* SPDX-License-Identifier: Apache-2.0 */

/* What the bootloader says on the console; firmware/README.md lists the phrases. */
#ifndef OTTER_BOOTLOADER_CONSOLE_H
#define OTTER_BOOTLOADER_CONSOLE_H

#include "otter/boot.h"
#include "otter/mps2/reset.h"
#include "otter/text.h"

#define CONSOLE_LINE_SIZE 160

/* Write the line that was built in @p text. */
void console_say(const struct otter_text *text);

void console_banner(const struct otter_boot_config *config);
void console_reset_cause(const struct otter_mps2_reset *reset);

/* The bootloader's report hook. */
void console_report(void *context, const struct otter_boot_event *event);

#endif
