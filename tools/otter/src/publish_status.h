/* SPDX-License-Identifier: Apache-2.0 */

/** The work behind "otter publish status". */
#ifndef OTTER_TOOL_PUBLISH_STATUS_H
#define OTTER_TOOL_PUBLISH_STATUS_H

#include <stdbool.h>

#include "command.h"

struct publish_status_options {
    const char *board; /* NULL: all */
    bool failed;
    bool watch;
    bool json;
};

/** Show the devices of a publisher's record: what they run, what they were offered, how far they
 * are, and how their last update ended. */
enum command_status publish_status(const struct publish_status_options *options, const char *path);

#endif
