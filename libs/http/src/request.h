/* SPDX-License-Identifier: Apache-2.0 */

/** Requests as bytes. */
#ifndef OTTER_HTTP_REQUEST_H
#define OTTER_HTTP_REQUEST_H

#include "otter/http_client.h"
#include "otter/text.h"

/** Append a request, body included; text->truncated if it does not fit. */
void otter_http_write_request(struct otter_text *text, const struct otter_http_session *session,
                              bool secure, const struct otter_http_request *request);

#endif
