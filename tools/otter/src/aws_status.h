/* SPDX-License-Identifier: Apache-2.0 */

/** What became of each job on each thing, for people and for scripts. */
#ifndef OTTER_TOOL_AWS_STATUS_H
#define OTTER_TOOL_AWS_STATUS_H

#include "aws_cloud.h"

struct aws_status_options {
    const char *thing; /* NULL: all */
    const char *job;
    bool json;
};

/** Print it, in the order in which it was queued. */
void aws_status_print(const struct aws_cloud *cloud, const struct aws_status_options *options);

#endif
