/* SPDX-License-Identifier: Apache-2.0 */

/** How much may travel to each thing: messages and bytes in a second, with a second's worth at once. */
#ifndef OTTER_TOOL_AWS_METER_H
#define OTTER_TOOL_AWS_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aws_allowance;

struct aws_meter {
    uint32_t messages_per_s; /* 0: no limit */
    uint32_t bytes_per_s;
    struct aws_allowance *things;
};

/** May a message go to @p thing now? If so, it is counted. One of 0 bytes, which answers a request, does not
 * wait for bytes that are owed. */
bool aws_meter_take(struct aws_meter *meter, const char *thing, size_t bytes, int64_t now_ms);

void aws_meter_free(struct aws_meter *meter);

#endif
