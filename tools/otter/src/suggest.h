/* SPDX-License-Identifier: Apache-2.0 */

/** What somebody may have meant who typed a word that does not exist. */
#ifndef OTTER_TOOL_SUGGEST_H
#define OTTER_TOOL_SUGGEST_H

/** The word of @p words (ended by NULL) that is closest to @p typed, or NULL if none is close. */
const char *suggest(const char *const words[], const char *typed);

#endif
