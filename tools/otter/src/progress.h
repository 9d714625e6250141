/* SPDX-License-Identifier: Apache-2.0 */

/** A progress bar on stderr while work is long; nothing at all where stderr is no terminal. */
#ifndef OTTER_TOOL_PROGRESS_H
#define OTTER_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* the caller's; lives as long as the bar */
    uint64_t total;
    uint64_t started_ms;
    uint64_t drawn_ms;
    bool visible;
};

/** Begin. @param total  bytes, or whatever is counted; 0: not known */
void progress_start(struct progress *progress, const char *what, uint64_t total);

/** Redraw, at most some twenty times a second; cheap to call for every piece. */
void progress_update(struct progress *progress, uint64_t done);

/** Take the bar away, so that a result can be printed in its place. */
void progress_finish(struct progress *progress);

#endif
