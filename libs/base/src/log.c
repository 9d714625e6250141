/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The one global of the libraries: a logging hook that had to be handed through every call would
 * be used by none. Written at start, read ever after. */
static struct {
    otter_log_sink *sink;
    void *context;
    uint8_t levels[OTTER_LOG_FACILITIES];
} hook = {
    .levels = {
        [OTTER_LOG_AGENT] = OTTER_LOG_WARNING,
        [OTTER_LOG_SLOTWRITER] = OTTER_LOG_WARNING,
        [OTTER_LOG_MQTT] = OTTER_LOG_WARNING,
        [OTTER_LOG_TRANSPORT] = OTTER_LOG_WARNING,
        [OTTER_LOG_NET] = OTTER_LOG_WARNING,
    },
};

void otter_log_set_sink(otter_log_sink *sink, void *context)
{
    hook.sink = sink;
    hook.context = context;
}

void otter_log_set_level(enum otter_log_facility facility, enum otter_log_level level)
{
    hook.levels[facility] = (uint8_t)level;
}

const char *otter_log_level_name(enum otter_log_level level)
{
    static const char *const names[] = {
        [OTTER_LOG_OFF] = "off",       [OTTER_LOG_ERROR] = "error", [OTTER_LOG_WARNING] = "warning",
        [OTTER_LOG_NOTICE] = "notice", [OTTER_LOG_INFO] = "info",   [OTTER_LOG_DEBUG] = "debug",
    };
    return names[level];
}

const char *otter_log_facility_name(enum otter_log_facility facility)
{
    static const char *const names[OTTER_LOG_FACILITIES] = {
        [OTTER_LOG_AGENT] = "agent", [OTTER_LOG_SLOTWRITER] = "slotwriter",
        [OTTER_LOG_MQTT] = "mqtt",   [OTTER_LOG_TRANSPORT] = "transport",
        [OTTER_LOG_NET] = "net",
    };
    return names[facility];
}

void otter_log(enum otter_log_level level, enum otter_log_facility facility, const char *format,
               ...)
{
    char line[OTTER_LOG_LINE_SIZE];
    va_list arguments;

    if (hook.sink == NULL || (uint8_t)level > hook.levels[facility]) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    hook.sink(hook.context, level, facility, line);
}
