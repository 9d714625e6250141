/* SPDX-License-Identifier: Apache-2.0 */

/* Reading settings: everything is checked once, when it is loaded. Looking a value up afterwards is
 * a walk over entries that are known to be whole. */

#include <string.h>

#include "format.h"
#include "otter/bytes.h"
#include "otter/settings.h"

/* One entry, in place. */
struct entry {
    const char *name;
    const char *value;
    size_t name_length;
    size_t value_length;
    size_t size; /* all of it: where the next one begins */
};

/* Take the entry at the start of @p room bytes apart; false if it is not whole. */
static bool take_apart(const uint8_t *bytes, size_t room, struct entry *entry)
{
    if (room < ENTRY_OVERHEAD) {
        return false;
    }
    entry->name_length = bytes[ENTRY_AT_NAME_LENGTH];
    entry->value_length = otter_load_le16(bytes + ENTRY_AT_VALUE_LENGTH);
    entry->size = ENTRY_OVERHEAD + entry->name_length + entry->value_length;
    if (entry->size > room) {
        return false;
    }
    entry->name = (const char *)bytes + ENTRY_AT_NAME;
    entry->value = entry->name + entry->name_length + 1;
    return bytes[ENTRY_AT_ZERO] == 0 && entry->name[entry->name_length] == '\0'
           && entry->value[entry->value_length] == '\0'
           && otter_settings_is_name(entry->name, entry->name_length);
}

static bool all_whole(const uint8_t *bytes, size_t size, uint16_t expected)
{
    uint32_t count = 0;
    struct entry entry;

    while (size > 0) {
        if (!take_apart(bytes, size, &entry)) {
            return false;
        }
        bytes += entry.size;
        size -= entry.size;
        count++;
    }
    return count == expected;
}

static bool all_erased(const uint8_t *bytes, size_t len, uint8_t erased_byte)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != erased_byte) {
            return false;
        }
    }
    return true;
}

static enum otter_result load_header(const struct otter_area *area,
                                     uint8_t header[OTTER_SETTINGS_HEADER_SIZE])
{
    const enum otter_result result = otter_area_read(area, 0, header, OTTER_SETTINGS_HEADER_SIZE);

    if (result != OTTER_OK) {
        return result;
    }
    if (all_erased(header, OTTER_SETTINGS_HEADER_SIZE, otter_area_erased_byte(area))) {
        return OTTER_ERR_NOT_FOUND;
    }
    if (otter_load_le32(header + AT_MAGIC) != MAGIC || otter_load_le16(header + AT_FORMAT) != FORMAT
        || otter_load_le32(header + AT_LENGTH) > area->size - OTTER_SETTINGS_HEADER_SIZE) {
        return OTTER_ERR_PROTOCOL;
    }
    return OTTER_OK;
}

enum otter_result otter_settings_load(const struct otter_area *area, uint8_t *buffer, size_t size,
                                      struct otter_settings *settings)
{
    uint8_t header[OTTER_SETTINGS_HEADER_SIZE];
    enum otter_result result = load_header(area, header);
    uint32_t length;

    if (result != OTTER_OK) {
        return result;
    }
    length = otter_load_le32(header + AT_LENGTH);
    if (length > size) {
        return OTTER_ERR_NO_SPACE;
    }
    result = otter_area_read(area, OTTER_SETTINGS_HEADER_SIZE, buffer, length);
    if (result != OTTER_OK) {
        return result;
    }
    if (otter_settings_crc(header, buffer, length) != otter_load_le32(header + AT_CRC)
        || !all_whole(buffer, length, otter_load_le16(header + AT_COUNT))) {
        return OTTER_ERR_PROTOCOL;
    }
    *settings = (struct otter_settings){ .bytes = buffer, .size = length };
    return OTTER_OK;
}

const char *otter_settings_get(const struct otter_settings *settings, const char *name, size_t *len)
{
    const uint8_t *bytes = settings->bytes;
    size_t left = settings->size;
    struct entry entry;

    while (left > 0 && take_apart(bytes, left, &entry)) {
        if (strcmp(entry.name, name) == 0) {
            if (len != NULL) {
                *len = entry.value_length;
            }
            return entry.value;
        }
        bytes += entry.size;
        left -= entry.size;
    }
    return NULL;
}

static bool parse_u32(const char *text, size_t len, uint32_t *value)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        const uint32_t digit = (uint32_t)text[i] - '0';

        if (digit > 9 || sum > (UINT32_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return len > 0;
}

const char *otter_settings_next_name(const struct otter_settings *settings, const char *name)
{
    const uint8_t *bytes = settings->bytes;
    size_t left = settings->size;
    bool is_next = name == NULL;
    struct entry entry;

    while (left > 0 && take_apart(bytes, left, &entry)) {
        if (is_next) {
            return entry.name;
        }
        is_next = entry.name == name;
        bytes += entry.size;
        left -= entry.size;
    }
    return NULL;
}

uint32_t otter_settings_get_u32(const struct otter_settings *settings, const char *name,
                                uint32_t otherwise)
{
    size_t len = 0;
    uint32_t value = 0;
    const char *text = otter_settings_get(settings, name, &len);

    return text != NULL && parse_u32(text, len, &value) ? value : otherwise;
}
