/* SPDX-License-Identifier: Apache-2.0 */

/** Base64 with padding (RFC 4648, section 4), in which jobs carry signatures. */
#ifndef OTTER_AWS_BASE64_H
#define OTTER_AWS_BASE64_H

#include <stddef.h>
#include <stdint.h>

/** Decode a text. @return bytes; 0: it is empty, malformed, or too long for @p bytes */
size_t otter_base64_decode(const char *text, uint8_t *bytes, size_t size);

#endif
