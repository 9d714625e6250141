/* SPDX-License-Identifier: Apache-2.0 */

/** The one connection that asking, fetching and reporting share. */
#ifndef OTTER_MQTT_CONNECTION_H
#define OTTER_MQTT_CONNECTION_H

#include "otter/mqtt_transport.h"
#include "otter/text.h"

/** What is done with the message that is being received. */
enum message_use {
    MESSAGE_NONE,    /**< there is none */
    MESSAGE_NEW,     /**< it has begun; someone may want it */
    MESSAGE_READ,    /**< its data are being delivered */
    MESSAGE_SKIPPED, /**< nobody wants it; it is read away */
};

/** Connect, unless there is the wanted connection.
 *
 *  @param there  NULL: to the configured broker; else to the one that this job names, borrowed as
 *                long as the connection lives
 *  @return OTTER_OK, or why it cannot begin */
enum otter_result otter_mqtt_connect(struct otter_mqtt_transport *transport,
                                     const struct otter_identity *identity,
                                     const struct otter_job *there, uint32_t now_ms);

/** Go on connecting, subscribe, and take the events there are, up to the next message. When one
 * begins, `message` becomes MESSAGE_NEW; when the broker has the packet `sent`, `acknowledged`
 * becomes true.
 *
 *  @return OTTER_OK when requests may be sent, OTTER_AGAIN, or why the connection ended */
enum otter_result otter_mqtt_converse(struct otter_mqtt_transport *transport, uint32_t now_ms);

/** Publish a message on the request topic.
 *  @return > 0 its packet, 0: no room now, < 0 a result */
int otter_mqtt_send(struct otter_mqtt_transport *transport, const struct otter_text *message);

/** Gather up to @p len bytes of the message in the buffer.
 *  @return true if they are there, or the message is at its end */
bool otter_mqtt_gather(struct otter_mqtt_transport *transport, size_t len);

/** Gather a document.
 *  @return OTTER_OK: it is in the buffer, `have` bytes; OTTER_AGAIN; OTTER_ERR_JOB_TOO_BIG */
enum otter_result otter_mqtt_gather_document(struct otter_mqtt_transport *transport);

/** Nobody wants the rest of the message. */
void otter_mqtt_skip_message(struct otter_mqtt_transport *transport);

void otter_mqtt_disconnect(struct otter_mqtt_transport *transport);

/** Note why a call fails, for people. */
void otter_mqtt_set_detail(struct otter_mqtt_transport *transport, const char *detail);

const char *otter_mqtt_explain(void *self);

/** Has @p limit_ms passed since @p since_ms? 0 is no limit. */
bool otter_mqtt_has_passed(uint32_t now_ms, uint32_t since_ms, uint32_t limit_ms);

#endif
