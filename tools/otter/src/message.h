/* SPDX-License-Identifier: Apache-2.0 */

/** Messages to people, on stderr: what happened to which thing, the facts in aligned rows, and what
 * to do next.
 *
 *     image sign: app.bin does not fit the slot
 *       image         263,104 bytes
 *       room          258,048 bytes
 *       Shrink the program by 5,056 bytes, or enlarge the slots in the layout.
 */
#ifndef OTTER_TOOL_MESSAGE_H
#define OTTER_TOOL_MESSAGE_H

#include <stdint.h>

#include "otter/result.h"

/** Whose messages these are: "image sign". Set once, by the frame. */
void message_set_subject(const char *noun, const char *verb);

/** The first line: which thing, and what is wrong with it. */
__attribute__((format(printf, 1, 2))) void message_error(const char *format, ...);

/** The first line of something that is worth knowing but stops nothing. */
__attribute__((format(printf, 1, 2))) void message_warning(const char *format, ...);

/** A row below it: a name of at most 13 characters, and a fact. */
__attribute__((format(printf, 2, 3))) void message_fact(const char *name, const char *format, ...);

/** The last line: the next step, a whole sentence. */
__attribute__((format(printf, 1, 2))) void message_next(const char *format, ...);

/** A whole message about @p thing from a result code: its meaning and its hint. */
void message_result(const char *thing, enum otter_result result);

/** A whole message about a file that the system refused: "cannot <verb> <path>", errno, advice. */
void message_system(const char *verb, const char *path);

/** Room for the longest text of thousands(). */
#define THOUSANDS_TEXT_SIZE 27

/** Write @p value with a comma before each group of three digits. @return @p text */
const char *thousands(uint64_t value, char text[THOUSANDS_TEXT_SIZE]);

#endif
