/* SPDX-License-Identifier: Apache-2.0 */

/* What the device sends. Keys and their order are those of the AnyCloud library's own messages, and
 * every value is a string, numbers included; all values are escaped. */

#include "messages.h"

static void write_topic_start(struct otter_text *text, const char *prefix, const char *board)
{
    otter_text_append(text, prefix);
    otter_text_append(text, "/");
    otter_text_append(text, board);
}

void otter_mqtt_write_request_topic(struct otter_text *text, const char *prefix, const char *board)
{
    write_topic_start(text, prefix, board);
    otter_text_append(text, "/publish_notify");
}

void otter_mqtt_write_fixed_topic(struct otter_text *text, const char *prefix, const char *board)
{
    write_topic_start(text, prefix, board);
    otter_text_append(text, "/OTAImage");
}

void otter_mqtt_write_unique_topic(struct otter_text *text, const char *prefix, const char *board,
                                   const uint8_t unique[UNIQUE_SIZE])
{
    write_topic_start(text, prefix, board);
    otter_text_append(text, "/OTAImage/");
    otter_text_append_hex(text, unique, UNIQUE_SIZE);
}

static void write_key(struct otter_text *text, const char *key)
{
    otter_text_append(text, text->length == 0 ? "{" : ",");
    otter_text_append_json(text, key);
    otter_text_append(text, ":");
}

static void write_string(struct otter_text *text, const char *key, const char *value)
{
    write_key(text, key);
    otter_text_append_json(text, value);
}

static void write_number(struct otter_text *text, const char *key, const char *sign, uint32_t value)
{
    write_key(text, key);
    otter_text_append(text, "\"");
    otter_text_append(text, sign);
    otter_text_append_u32(text, value);
    otter_text_append(text, "\"");
}

static void write_version(struct otter_text *text, const struct otter_version *version)
{
    const struct otter_version three_numbers = { version->major, version->minor, version->revision,
                                                 0 };
    char version_text[OTTER_VERSION_TEXT_SIZE];

    otter_version_format(&three_numbers, version_text);
    write_string(text, "Version", version_text);
}

static void write_identity(struct otter_text *text, const char *message,
                           const struct otter_identity *identity, const char *topic)
{
    write_string(text, "Message", message);
    write_string(text, "Manufacturer", identity->manufacturer);
    write_string(text, "ManufacturerID", identity->manufacturer_id);
    write_string(text, "ProductID", identity->product);
    write_string(text, "SerialNumber", identity->serial_number);
    write_string(text, "BoardName", identity->board);
    write_version(text, &identity->version);
    write_string(text, "UniqueTopicName", topic);
}

void otter_mqtt_write_request(struct otter_text *text, const char *message,
                              const struct otter_identity *identity, const char *topic)
{
    write_identity(text, message, identity, topic);
    otter_text_append(text, "}");
}

void otter_mqtt_write_chunk_request(struct otter_text *text, const struct otter_identity *identity,
                                    const char *topic, const char *file, uint32_t offset,
                                    uint32_t size)
{
    write_identity(text, "Request Data Chunk", identity, topic);
    write_string(text, "Filename", file);
    write_number(text, "Offset", "", offset);
    write_number(text, "Size", "", size);
    otter_text_append(text, "}");
}

static bool is_success(enum otter_report_stage stage)
{
    return stage == OTTER_REPORT_PENDING || stage == OTTER_REPORT_CONFIRMED;
}

void otter_mqtt_write_report(struct otter_text *text, const struct otter_identity *identity,
                             const char *topic, const struct otter_report *report)
{
    const int code = report->result;

    write_string(text, "Message", is_success(report->stage) ? "Success" : "Failure");
    write_string(text, "UniqueTopicName", topic);
    write_string(text, "BoardName", identity->board);
    write_string(text, "SerialNumber", identity->serial_number);
    write_version(text, &report->version);
    write_string(text, "Stage", otter_report_stage_name(report->stage));
    write_number(text, "Code", code < 0 ? "-" : "", (uint32_t)(code < 0 ? -code : code));
    write_string(text, "Reason", otter_result_meaning(report->result));
    otter_text_append(text, "}");
}
