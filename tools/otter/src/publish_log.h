/* SPDX-License-Identifier: Apache-2.0 */

/** What a publisher tells people and scripts: a line for each event on stdout, and a bar on stderr
 * where that is a terminal. */
#ifndef OTTER_TOOL_PUBLISH_LOG_H
#define OTTER_TOOL_PUBLISH_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "progress.h"
#include "publisher.h"

struct publish_log {
    bool json;
    bool verbose; /* a line for each chunk */
    /* the present second */
    uint64_t period_ms;
    unsigned problems;  /* lines about them */
    unsigned unwritten; /* problems without a line */
    /* the one download that the bar shows */
    char shown[2 * SESSION_BOARD_SIZE];
    uint64_t shown_at_ms;
    struct progress bar;
};

void publish_log_init(struct publish_log *log, bool json, bool verbose);

/** Tell about one event. */
void publish_log_event(struct publish_log *log, const struct publisher_event *event);

/** Say how many problems there were besides those that were told; call it a few times a second. */
void publish_log_step(struct publish_log *log);

/** Tell that the publisher listens now. */
void publish_log_ready(struct publish_log *log, const char *where, const char *folder, int images);

/** Take the bar away. */
void publish_log_end(struct publish_log *log);

#endif
