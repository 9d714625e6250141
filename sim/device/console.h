/* SPDX-License-Identifier: Apache-2.0 */

/* The console: lines as the board writes them to its UART; on stdout, unless somebody else takes them. */
#ifndef SIM_CONSOLE_H
#define SIM_CONSOLE_H

#include "otter/agent.h"
#include "otter/log.h"

/** From here on lines go to @p write. */
void console_direct(void (*write)(void *context, const char *line), void *context);

__attribute__((format(printf, 2, 3))) void console_say(const char *who, const char *format, ...);

/** "app: <what>: <meaning>; <hint>" */
void console_say_result(const char *who, const char *what, enum otter_result result);

/** The sink of otter_log(). */
void console_log(void *context, enum otter_log_level level, enum otter_log_facility facility,
                 const char *line);

/** An event of the agent; of a download's progress only each tenth. */
void console_say_event(const struct otter_agent_event *event);

#endif
