/* SPDX-License-Identifier: Apache-2.0 */

/* What the device sends. Keys and their order are those of the AnyCloud library's own messages. */

#include "messages.h"

#include "otter/message.h"

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

static void write_identity(struct otter_text *text, const char *message,
                           const struct otter_identity *identity, const char *topic)
{
    otter_message_string(text, "Message", message);
    otter_message_string(text, "Manufacturer", identity->manufacturer);
    otter_message_string(text, "ManufacturerID", identity->manufacturer_id);
    otter_message_string(text, "ProductID", identity->product);
    otter_message_string(text, "SerialNumber", identity->serial_number);
    otter_message_string(text, "BoardName", identity->board);
    otter_message_version(text, &identity->version);
    otter_message_string(text, "UniqueTopicName", topic);
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
    otter_message_string(text, "Filename", file);
    otter_message_number(text, "Offset", offset);
    otter_message_number(text, "Size", size);
    otter_text_append(text, "}");
}
