/* SPDX-License-Identifier: Apache-2.0 */

/** Offsets that reading and writing share (docs/formats/settings.md). */
#ifndef OTTER_SETTINGS_FORMAT_H
#define OTTER_SETTINGS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The header. */
#define MAGIC     0x5453544Fu /* the bytes "OTST" */
#define FORMAT    1u
#define AT_MAGIC  0u
#define AT_FORMAT 4u
#define AT_COUNT  6u
#define AT_LENGTH 8u
#define AT_CRC    12u

/* An entry: the two lengths, then name and value, each followed by a zero. */
#define ENTRY_AT_NAME_LENGTH  0u
#define ENTRY_AT_ZERO         1u
#define ENTRY_AT_VALUE_LENGTH 2u
#define ENTRY_AT_NAME         4u
#define ENTRY_OVERHEAD        6u /* lengths and the two zeros */
#define NAME_MAX              63u

/** CRC over the header's bytes before it and over all entries. */
uint32_t otter_settings_crc(const uint8_t *header, const uint8_t *entries, size_t length);

/** Are these @p len bytes a name: 1..63 printable ASCII characters without a space? */
bool otter_settings_is_name(const char *name, size_t len);

#endif
