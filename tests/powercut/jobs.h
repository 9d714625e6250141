/* SPDX-License-Identifier: Apache-2.0 */

/* Stories shared out among processes, with a bar that shows how far they are. */
#ifndef OTTER_POWERCUT_JOBS_H
#define OTTER_POWERCUT_JOBS_H

#include "explore.h"

/** @return what came of story @p number */
typedef struct tally (*job_function)(void *context, uint32_t number);

/** Do the jobs 0 to @p count - 1 in @p workers processes, in whatever order.
 *
 *  @param tallies  room for @p count; filled in
 *  @return false if a process broke down: what it did is missing */
bool jobs_run(job_function job, void *context, uint32_t count, uint32_t workers,
              struct tally *tallies);

#endif
