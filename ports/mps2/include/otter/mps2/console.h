/* SPDX-License-Identifier: Apache-2.0 */

/** The console on UART0, text out; and the push button on UART1, where each byte is a press. */
#ifndef OTTER_MPS2_CONSOLE_H
#define OTTER_MPS2_CONSOLE_H

#include <stdbool.h>

/** Switch both UARTs on. */
void otter_mps2_console_start(void);

/** Write @p text; waits until the UART has taken it. */
void otter_mps2_console_write(const char *text);

/** Write a prefix, @p text and a line end. */
void otter_mps2_console_line(const char *prefix, const char *text);

/** Was the button pressed since the last call? */
bool otter_mps2_button_pressed(void);

#endif
