/* SPDX-License-Identifier: Apache-2.0 */

/** Text from outside. */
#ifndef OTTER_TOOL_UTF8_H
#define OTTER_TOOL_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** Strict enough that what we echo is accepted by a broker and by JSON readers: no overlong forms, no
 * surrogates, nothing above U+10FFFF, no zero byte. */
bool utf8_is_valid(const void *text, size_t len);

#endif
