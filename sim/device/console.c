/* SPDX-License-Identifier: Apache-2.0 */

#include "console.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_SIZE 256

void console_say(const char *who, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    (void)printf("%s: %s\n", who, line);
    (void)fflush(stdout); /* a reader waits for each line, and a cut must not swallow any */
}

void console_say_result(const char *who, const char *what, enum otter_result result)
{
    console_say(who, "%s: %s; %s", what, otter_result_meaning(result), otter_result_hint(result));
}

void console_log(void *context, enum otter_log_level level, enum otter_log_facility facility,
                 const char *line)
{
    (void)context;
    console_say("app", "%s %s: %s", otter_log_facility_name(facility), otter_log_level_name(level),
                line);
}

static bool is_worth_a_line(const struct otter_agent_event *event)
{
    static uint8_t said_percent;

    if (event->reason != OTTER_REASON_PROGRESS) {
        said_percent = 0;
        return true;
    }
    if (event->percent < said_percent + 10) {
        return false;
    }
    said_percent = (uint8_t)(event->percent / 10 * 10);
    return true;
}

void console_say_event(const struct otter_agent_event *event)
{
    char line[LINE_SIZE];

    if (is_worth_a_line(event)) {
        console_say("app", "%s", otter_agent_event_text(event, line, sizeof line));
    }
}
