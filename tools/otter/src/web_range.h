/* SPDX-License-Identifier: Apache-2.0 */

/** The Range field of a request (RFC 9110, section 14). */
#ifndef OTTER_TOOL_WEB_RANGE_H
#define OTTER_TOOL_WEB_RANGE_H

#include <stdint.h>

enum web_range_kind {
    WEB_RANGE_WHOLE,         /* none, several or a malformed one: everything is sent */
    WEB_RANGE_PART,          /* from first to last */
    WEB_RANGE_UNSATISFIABLE, /* there is nothing there */
};

/** What does @p text, "bytes=0-4095", mean for a file of @p size bytes?
 *
 *  @param first, last  set for a part; last is inclusive and lies within the file */
enum web_range_kind web_range_read(const char *text, uint64_t size, uint64_t *first,
                                   uint64_t *last);

#endif
