/* SPDX-License-Identifier: Apache-2.0 */

/* What was looked at, as tables. */
#ifndef OTTER_POWERCUT_COUNTS_H
#define OTTER_POWERCUT_COUNTS_H

#include "explore.h"

/** Print one line a strategy; @p tallies are those of the matrix.
 *
 *  @return failures in all */
uint64_t counts_print(const struct tally *tallies);

/** Print the tables of docs/TESTING.md: strategies by scenarios, and geometries. */
void counts_print_tables(const struct tally *tallies);

/** A harness that was narrowed by accident finds nothing, and looks as if all were well.
 *
 *  @return whether the strategy has at least the cuts that are recorded for the quick set */
bool counts_are_enough(const struct subject *subject, const struct tally *tallies);

#endif
