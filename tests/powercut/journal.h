/* SPDX-License-Identifier: Apache-2.0 */

/* Which stories a long campaign has behind it, kept in a file, so that it can be stopped and go on. */
#ifndef OTTER_POWERCUT_JOURNAL_H
#define OTTER_POWERCUT_JOURNAL_H

#include "explore.h"

/** Read the journal at @p path, which need not exist yet. What another build of this program wrote, or
 * a run with another seed, does not count. */
void journal_open(const char *path, uint64_t seed);

/** @return whether the story was found to be good before; @p tally is what was looked at then */
bool journal_has(const struct story *story, struct tally *tally);

/** Add a story that is good; nothing if no journal is open. Several processes may. */
void journal_add(const struct story *story, const struct tally *tally);

#endif
