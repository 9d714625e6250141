/* SPDX-License-Identifier: Apache-2.0 */

/** What OpenSSL has to say. */
#ifndef OTTER_TOOL_OPENSSL_ERROR_H
#define OTTER_TOOL_OPENSSL_ERROR_H

/** A whole message: what could not be done, and OpenSSL's reason for it. */
void message_openssl(const char *what);

#endif
