/* SPDX-License-Identifier: Apache-2.0 */

#include "otter/message.h"

static void write_key(struct otter_text *text, const char *key)
{
    otter_text_append(text, text->length == 0 ? "{" : ",");
    otter_text_append_json(text, key);
    otter_text_append(text, ":");
}

void otter_message_string(struct otter_text *text, const char *key, const char *value)
{
    write_key(text, key);
    otter_text_append_json(text, value);
}

void otter_message_number(struct otter_text *text, const char *key, int64_t value)
{
    write_key(text, key);
    otter_text_append(text, value < 0 ? "\"-" : "\"");
    otter_text_append_u32(text, (uint32_t)(value < 0 ? -value : value));
    otter_text_append(text, "\"");
}

void otter_message_version(struct otter_text *text, const struct otter_version *version)
{
    const struct otter_version three_numbers = { version->major, version->minor, version->revision,
                                                 0 };
    char version_text[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&three_numbers, version_text);
    otter_message_string(text, "Version", version_text);
}

static bool is_success(enum otter_report_stage stage)
{
    return stage == OTTER_REPORT_PENDING || stage == OTTER_REPORT_CONFIRMED;
}

void otter_message_report(struct otter_text *text, const struct otter_identity *identity,
                          const char *key, const char *place, const struct otter_report *report)
{
    otter_message_string(text, "Message", is_success(report->stage) ? "Success" : "Failure");
    otter_message_string(text, key, place);
    otter_message_string(text, "BoardName", identity->board);
    otter_message_string(text, "SerialNumber", identity->serial_number);
    otter_message_version(text, &report->version);
    otter_message_string(text, "Stage", otter_report_stage_name(report->stage));
    otter_message_number(text, "Code", report->result);
    if (identity->meaning != NULL) {
        otter_message_string(text, "Reason", identity->meaning(report->result));
    }
    otter_text_append(text, "}");
}
