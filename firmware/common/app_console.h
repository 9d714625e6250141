/* SPDX-License-Identifier: Apache-2.0 */

/* What programs that update themselves say on the console; firmware/README.md lists the phrases. */
#ifndef OTTER_FIRMWARE_APP_CONSOLE_H
#define OTTER_FIRMWARE_APP_CONSOLE_H

#include "otter/agent.h"
#include "otter/handover.h"
#include "otter/log.h"

void console_say(const char *line);

/* "<before><version><after>" */
void console_say_version(const char *before, const struct otter_version *version,
                         const char *after);

void console_say_text(const char *before, const char *text);

/* "<before><number><after>" */
void console_say_number(const char *before, uint32_t number, const char *after);

/* "<what>: <meaning of result>; <hint>" */
void console_say_result(const char *what, enum otter_result result);

/* The two layouts that do not agree. */
void console_say_mismatch(const struct otter_handover *bootloader,
                          const struct otter_layout *program);

void console_say_event(const struct otter_agent_event *event);

/* The sink of otter_log(). */
otter_log_sink console_log;

#endif
