/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/log.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "otter/text.h"

/* The one global of the libraries: a logging hook that had to be handed through every call would
 * be used by none. The sink is set at start and read ever after; levels change while others log. */
static struct {
    otter_log_sink *sink;
    void *context;
    atomic_uchar levels[OTTER_LOG_FACILITIES];
} hook = {
    .levels = {
        [OTTER_LOG_AGENT] = OTTER_LOG_WARNING,
        [OTTER_LOG_SLOTWRITER] = OTTER_LOG_WARNING,
        [OTTER_LOG_MQTT] = OTTER_LOG_WARNING,
        [OTTER_LOG_TRANSPORT] = OTTER_LOG_WARNING,
        [OTTER_LOG_NET] = OTTER_LOG_WARNING,
    },
};

static const char *const level_names[] = {
    [OTTER_LOG_OFF] = "off",       [OTTER_LOG_ERROR] = "error", [OTTER_LOG_WARNING] = "warning",
    [OTTER_LOG_NOTICE] = "notice", [OTTER_LOG_INFO] = "info",   [OTTER_LOG_DEBUG] = "debug",
};

static const char *const facility_names[] = {
    [OTTER_LOG_AGENT] = "agent", [OTTER_LOG_SLOTWRITER] = "slotwriter",
    [OTTER_LOG_MQTT] = "mqtt",   [OTTER_LOG_TRANSPORT] = "transport",
    [OTTER_LOG_NET] = "net",     [OTTER_LOG_FACILITIES] = "all",
};

void otter_log_set_sink(otter_log_sink *sink, void *context)
{
    hook.sink = sink;
    hook.context = context;
}

void otter_log_set_level(enum otter_log_facility facility, enum otter_log_level level)
{
    atomic_store_explicit(&hook.levels[facility], (unsigned char)level, memory_order_relaxed);
}

const char *otter_log_level_name(enum otter_log_level level)
{
    return level_names[level];
}

const char *otter_log_facility_name(enum otter_log_facility facility)
{
    return facility_names[facility];
}

/* @return where @p word, of @p len characters, is among @p names; @p count: nowhere */
static size_t find(const char *word, size_t len, const char *const *names, size_t count)
{
    size_t i = 0;

    while (i < count && (strlen(names[i]) != len || memcmp(names[i], word, len) != 0)) {
        i++;
    }
    return i;
}

enum otter_result otter_log_configure(const char *words)
{
    const size_t length = strcspn(words, "=");
    const size_t facility = find(words, length, facility_names, OTTER_LOG_FACILITIES + 1);
    const char *level_name = words[length] == '\0' ? "" : words + length + 1;
    const size_t level = find(level_name, strlen(level_name), level_names, OTTER_LOG_DEBUG + 1);

    if (facility > OTTER_LOG_FACILITIES || level > OTTER_LOG_DEBUG) {
        return OTTER_ERR_NOT_FOUND;
    }
    for (size_t i = 0; i < OTTER_LOG_FACILITIES; i++) {
        if (facility == i || facility == OTTER_LOG_FACILITIES) {
            otter_log_set_level((enum otter_log_facility)i, (enum otter_log_level)level);
        }
    }
    return OTTER_OK;
}

static bool is_shown(enum otter_log_level level, enum otter_log_facility facility)
{
    return hook.sink != NULL
           && (unsigned char)level
                  <= atomic_load_explicit(&hook.levels[facility], memory_order_relaxed);
}

void otter_log(enum otter_log_level level, enum otter_log_facility facility, const char *line)
{
    if (is_shown(level, facility)) {
        hook.sink(hook.context, level, facility, line);
    }
}

void otter_log_number(enum otter_log_level level, enum otter_log_facility facility,
                      const char *before, uint32_t number, const char *after)
{
    char line[OTTER_LOG_LINE_SIZE];
    struct otter_text text;

    if (!is_shown(level, facility)) {
        return;
    }
    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, before);
    otter_text_append_u32(&text, number);
    otter_text_append(&text, after);
    hook.sink(hook.context, level, facility, line);
}
