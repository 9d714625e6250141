/* SPDX-License-Identifier: Apache-2.0 */

#include "console.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_SIZE 256

static void print(void *context, const char *line)
{
    (void)context;
    (void)puts(line);
    (void)fflush(stdout); /* a reader waits for each line, and a cut must not swallow any */
}

static void (*writer)(void *context, const char *line) = print;
static void *writer_context;

void console_direct(void (*write)(void *context, const char *line), void *context)
{
    writer = write;
    writer_context = context;
}

void console_say(const char *who, const char *format, ...)
{
    char line[LINE_SIZE];
    int begin = snprintf(line, sizeof line, "%s: ", who);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line + begin, sizeof line - (size_t)begin, format, arguments);
    va_end(arguments);
    writer(writer_context, line);
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

void console_say_event(const struct otter_agent_event *event)
{
    static uint8_t said_percent;
    char line[LINE_SIZE];

    if (otter_agent_event_is_news(event, &said_percent)) {
        console_say("app", "%s", otter_agent_event_text(event, line, sizeof line));
    }
}
