/* SPDX-License-Identifier: Apache-2.0 */

/** The files that TLS needs, looked at before a broker is: what it says of them helps nobody. */
#ifndef OTTER_TOOL_TLS_FILES_H
#define OTTER_TOOL_TLS_FILES_H

#include <stdbool.h>

/** @param ca    the authority's certificate; NULL: none
 *  @param cert  ours, and @p key its private key; NULL: none
 *  @return false after telling the user which file is not what it should be */
bool tls_files_check(const char *ca, const char *cert, const char *key);

#endif
