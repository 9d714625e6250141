/* SPDX-License-Identifier: Apache-2.0 */

/** The one MQTT session that asking, fetching and reporting share. */
#ifndef OTTER_AWS_CONNECTION_H
#define OTTER_AWS_CONNECTION_H

#include "otter/aws_transport.h"
#include "otter/text.h"

/** Connect, unless there is a session. @return OTTER_OK, or why it cannot begin */
enum otter_result otter_aws_connect(struct otter_aws_transport *transport, uint32_t now_ms);

/** Go on connecting and subscribing, and take the messages that are here, up to the next block of a
 * stream; its bytes are in the transport then.
 *
 *  @return OTTER_OK when questions may be put, OTTER_AGAIN, or why the session ended */
enum otter_result otter_aws_converse(struct otter_aws_transport *transport, uint32_t now_ms);

/** Publish. @return > 0 its packet, 0: no room now, < 0 a result */
int otter_aws_publish(struct otter_aws_transport *transport, const struct otter_text *topic,
                      const void *payload, size_t len);

void otter_aws_disconnect(struct otter_aws_transport *transport);

/** The present execution is another one now: topics of the one before mean nothing any more. */
void otter_aws_forget_topics(struct otter_aws_transport *transport);

/** Is there a session, or one that begins? */
bool otter_aws_is_online(const struct otter_aws_transport *transport);

/** Note why a call fails, for people. */
void otter_aws_set_detail(struct otter_aws_transport *transport, const char *detail,
                          const char *more);

const char *otter_aws_explain(void *self);

/** Nothing is expected of the session; blocks that still come are dropped. */
void otter_aws_rest(struct otter_aws_transport *transport);

#endif
