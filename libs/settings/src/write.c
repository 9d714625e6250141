/* SPDX-License-Identifier: Apache-2.0 */

/* Composing settings in memory. The first thing that goes wrong is remembered, so that a composer
 * adds everything and checks once. */

#include <string.h>

#include "format.h"
#include "otter/bytes.h"
#include "otter/settings.h"

void otter_settings_writer_init(struct otter_settings_writer *writer, uint8_t *bytes, size_t size)
{
    *writer = (struct otter_settings_writer){
        .bytes = bytes,
        .size = size,
        .length = OTTER_SETTINGS_HEADER_SIZE,
        .result = size < OTTER_SETTINGS_HEADER_SIZE ? OTTER_ERR_NO_SPACE : OTTER_OK,
    };
}

/* A name that came twice would be read as the first and edited as the second. */
static bool is_taken(const struct otter_settings_writer *writer, const char *name)
{
    const struct otter_settings so_far = {
        .bytes = writer->bytes + OTTER_SETTINGS_HEADER_SIZE,
        .size = writer->length - OTTER_SETTINGS_HEADER_SIZE,
    };

    return otter_settings_get(&so_far, name, NULL) != NULL;
}

static enum otter_result check(const struct otter_settings_writer *writer, const char *name,
                               size_t len)
{
    const size_t room = writer->size - writer->length;
    const size_t name_length = strlen(name);

    if (!otter_settings_is_name(name, name_length) || is_taken(writer, name)) {
        return OTTER_ERR_ARGUMENT;
    }
    if (len > UINT16_MAX || ENTRY_OVERHEAD + name_length + len > room
        || writer->count == UINT16_MAX) {
        return OTTER_ERR_NO_SPACE;
    }
    return OTTER_OK;
}

void otter_settings_writer_add(struct otter_settings_writer *writer, const char *name,
                               const void *value, size_t len)
{
    const size_t name_length = strlen(name);
    uint8_t *entry;

    if (writer->result == OTTER_OK) {
        writer->result = check(writer, name, len);
    }
    if (writer->result != OTTER_OK) {
        return;
    }
    entry = writer->bytes + writer->length;
    memset(entry, 0, ENTRY_OVERHEAD + name_length + len);
    entry[ENTRY_AT_NAME_LENGTH] = (uint8_t)name_length;
    otter_store_le16(entry + ENTRY_AT_VALUE_LENGTH, (uint16_t)len);
    memcpy(entry + ENTRY_AT_NAME, name, name_length);
    if (len > 0) {
        memcpy(entry + ENTRY_AT_NAME + name_length + 1, value, len);
    }
    writer->length += ENTRY_OVERHEAD + name_length + len;
    writer->count++;
}

enum otter_result otter_settings_writer_finish(struct otter_settings_writer *writer)
{
    uint8_t *header = writer->bytes;
    const size_t length = writer->length - OTTER_SETTINGS_HEADER_SIZE;

    if (writer->result != OTTER_OK) {
        return writer->result;
    }
    otter_store_le32(header + AT_MAGIC, MAGIC);
    otter_store_le16(header + AT_FORMAT, FORMAT);
    otter_store_le16(header + AT_COUNT, writer->count);
    otter_store_le32(header + AT_LENGTH, (uint32_t)length);
    otter_store_le32(header + AT_CRC,
                     otter_settings_crc(header, header + OTTER_SETTINGS_HEADER_SIZE, length));
    return OTTER_OK;
}
