/* SPDX-License-Identifier: Apache-2.0 */

/** Settings: what was provisioned into one device, as named values in a flash area.
 *
 * Names, servers and certificates are no part of an image, so that one image serves a fleet. The
 * host composes the area (`otter device create`), the device reads it at start. Values are bytes
 * followed by a zero, so that text can be used in place. docs/formats/settings.md has the bytes and
 * the names in use. */
#ifndef OTTER_SETTINGS_H
#define OTTER_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "otter/flash.h"
#include "otter/result.h"

#define OTTER_SETTINGS_HEADER_SIZE 16u

/** Loaded settings; borrow the buffer they were loaded into. */
struct otter_settings {
    const uint8_t *bytes;
    size_t size;
};

/** Load and check the settings of @p area into @p buffer.
 *
 *  @return OTTER_OK, OTTER_ERR_NOT_FOUND (never provisioned), OTTER_ERR_NO_SPACE,
 *          OTTER_ERR_PROTOCOL (damaged: wrong CRC or malformed), OTTER_ERR_FLASH */
enum otter_result otter_settings_load(const struct otter_area *area, uint8_t *buffer, size_t size,
                                      struct otter_settings *settings);

/** A value by its name.
 *
 *  @param len  set to its bytes, without the zero that follows; may be NULL
 *  @return the value, or NULL if there is none */
const char *otter_settings_get(const struct otter_settings *settings, const char *name,
                               size_t *len);

/** Walk the names, in the order in which they were added.
 *
 *  @param name  what the last call returned; NULL for the first name
 *  @return NULL after the last one */
const char *otter_settings_next_name(const struct otter_settings *settings, const char *name);

/** A decimal value by its name, or @p otherwise if it is absent or no number up to UINT32_MAX. */
uint32_t otter_settings_get_u32(const struct otter_settings *settings, const char *name,
                                uint32_t otherwise);

/** Settings being composed in the caller's memory: init, add..., finish. */
struct otter_settings_writer {
    uint8_t *bytes;
    size_t size;
    size_t length;
    uint16_t count;
    enum otter_result result; /* the first thing that went wrong */
};

void otter_settings_writer_init(struct otter_settings_writer *writer, uint8_t *bytes, size_t size);

/** Add a value of at most 65535 bytes. A name is 1..63 printable ASCII characters without a space,
 * and comes once. */
void otter_settings_writer_add(struct otter_settings_writer *writer, const char *name,
                               const void *value, size_t len);

/** Fill in the header. @return OTTER_OK with writer->length bytes to program, OTTER_ERR_NO_SPACE,
 *  OTTER_ERR_ARGUMENT (a bad name, or one that came twice) */
enum otter_result otter_settings_writer_finish(struct otter_settings_writer *writer);

#endif
