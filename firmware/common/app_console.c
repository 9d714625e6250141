/* SPDX-License-Identifier: Apache-2.0 */

#include "app_console.h"

#include "otter/mps2/console.h"
#include "otter/text.h"

#define LINE_SIZE        200
#define FINGERPRINT_SIZE 4 /* bytes of a digest that tell people enough */

void console_say(const char *line)
{
    otter_mps2_console_line("app: ", line);
}

void console_say_version(const char *before, const struct otter_version *version, const char *after)
{
    char line[LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, before);
    otter_text_append_version(&text, version);
    otter_text_append(&text, after);
    console_say(line);
}

void console_say_text(const char *before, const char *more)
{
    char line[LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, before);
    otter_text_append(&text, more);
    console_say(line);
}

void console_say_number(const char *before, uint32_t number, const char *after)
{
    char line[LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, before);
    otter_text_append_u32(&text, number);
    otter_text_append(&text, after);
    console_say(line);
}

void console_say_result(const char *what, enum otter_result result)
{
    char line[LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, what);
    otter_text_append(&text, ": ");
    otter_text_append(&text, otter_result_meaning(result));
    otter_text_append(&text, "; ");
    otter_text_append(&text, otter_result_hint(result));
    console_say(line);
}

static void append_layout(struct otter_text *text, const char *name, const uint8_t *digest)
{
    otter_text_append(text, name);
    otter_text_append(text, " (digest ");
    otter_text_append_hex(text, digest, FINGERPRINT_SIZE);
    otter_text_append(text, ")");
}

void console_say_mismatch(const struct otter_handover *bootloader,
                          const struct otter_layout *program)
{
    char line[LINE_SIZE];
    struct otter_text text;

    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, "layout mismatch: bootloader has ");
    append_layout(&text, bootloader->layout_name, bootloader->layout_digest);
    otter_text_append(&text, ", this program was built for ");
    append_layout(&text, program->name, program->digest);
    console_say(line);
}

void console_say_event(const struct otter_agent_event *event)
{
    static uint8_t said_percent;
    char line[LINE_SIZE];

    if (otter_agent_event_is_news(event, &said_percent)) {
        console_say(otter_agent_event_text(event, line, sizeof line));
    }
}

void console_log(void *context, enum otter_log_level level, enum otter_log_facility facility,
                 const char *log_line)
{
    char line[OTTER_LOG_LINE_SIZE + 32];
    struct otter_text text;

    (void)context;
    otter_text_init(&text, line, sizeof line);
    otter_text_append(&text, otter_log_facility_name(facility));
    otter_text_append(&text, " ");
    otter_text_append(&text, otter_log_level_name(level));
    otter_text_append(&text, ": ");
    otter_text_append(&text, log_line);
    console_say(line);
}
