/* SPDX-License-Identifier: Apache-2.0 */

/** What job source and data source share: the connection, where it leads, and what answers mean. */
#ifndef OTTER_HTTP_CONNECTION_H
#define OTTER_HTTP_CONNECTION_H

#include "otter/http_transport.h"

void otter_http_set_detail(struct otter_http_transport *transport, const char *detail);

/** Put a question to @p path, borrowed until the next one, at home or at the server that @p there names. A connection to the same
 * server is used if it is free; otherwise the next step makes one.
 *
 *  @param there  NULL: home; borrowed during the call
 *  @return OTTER_OK, OTTER_ERR_ARGUMENT (a name is too long) */
enum otter_result otter_http_turn_to(struct otter_http_transport *transport,
                                     const struct otter_job *there, const char *path);

/** Queue a request. @return OTTER_OK, OTTER_AGAIN, OTTER_ERR_NO_SPACE */
enum otter_result otter_http_ask(struct otter_http_transport *transport,
                                 const struct otter_http_request *request);

/** Connect if there is no connection, and go on talking.
 *
 *  @return OTTER_OK     `event` is NOTHING, RESPONSE or END; asked[0] is the request it is about
 *          OTTER_AGAIN  the connection ended between two answers: ask again; or the server asked
 *                       for patience
 *          anything else: why the connection failed */
enum otter_result otter_http_converse(struct otter_http_transport *transport, uint32_t now_ms,
                                      struct otter_http_event *event);

/** What does the status of an answer mean? Redirects are followed.
 *
 *  @return OTTER_OK     2xx: look at the status
 *          OTTER_AGAIN  a redirect: ask again
 *          OTTER_ERR_JOB_REDIRECT, OTTER_ERR_REFUSED, OTTER_ERR_NOT_FOUND, OTTER_ERR_SERVER,
 *          OTTER_ERR_PROTOCOL */
enum otter_result otter_http_judge(struct otter_http_transport *transport,
                                   const struct otter_http_response *response);

/** Fetch bytes of the present answer. */
size_t otter_http_read(struct otter_http_transport *transport, void *dst, size_t len);

void otter_http_disconnect(struct otter_http_transport *transport);

const char *otter_http_explain(void *self);

#endif
