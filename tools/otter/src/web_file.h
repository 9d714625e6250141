/* SPDX-License-Identifier: Apache-2.0 */

/** A file as an answer over HTTP: whole, in parts, or under conditions (RFC 9110, sections 13 and 14). */
#ifndef OTTER_TOOL_WEB_FILE_H
#define OTTER_TOOL_WEB_FILE_H

#include <sys/stat.h>

#include "web_host.h"

/** Open a file to be sent. @return -1: there is no such file, or it is something else */
int web_file_open(const char *path, struct stat *status);

/** Answer with an open file, which is taken over.
 *  @return false if the answer says that nothing of it can be sent */
bool web_file_answer(const struct web_request *request, int file, const struct stat *status,
                     struct web_answer *answer);

#endif
