/* SPDX-License-Identifier: Apache-2.0 */

/** Messages to servers: flat JSON objects, put together pair by pair. Every value is a string,
 * numbers included, as the AnyCloud library has it; all values are escaped. The caller appends the
 * closing brace. */
#ifndef OTTER_MESSAGE_H
#define OTTER_MESSAGE_H

#include <stdint.h>

#include "otter/source.h"
#include "otter/text.h"

void otter_message_string(struct otter_text *text, const char *key, const char *value);
void otter_message_number(struct otter_text *text, const char *key, int64_t value);

/** "Version", without what stands behind "+" */
void otter_message_version(struct otter_text *text, const struct otter_version *version);

/** A whole report, closing brace included (docs/formats/mqtt-protocol.md, "Messages of the device").
 *  @param key, place  how the transport says which download it is about: a topic, a file */
void otter_message_report(struct otter_text *text, const struct otter_identity *identity,
                          const char *key, const char *place, const struct otter_report *report);

#endif
