/* SPDX-License-Identifier: Apache-2.0 */

/** Questions to the jobs service, one at a time, each with its answer. */
#ifndef OTTER_AWS_EXCHANGE_H
#define OTTER_AWS_EXCHANGE_H

#include "messages.h"
#include "otter/aws_transport.h"

/** Ask which execution is the next one. */
void otter_aws_ask(struct otter_aws_transport *transport);

/** Tell something about the present execution. */
void otter_aws_tell(struct otter_aws_transport *transport, enum aws_moment moment);

/** Is there a question that is not answered, or whose answer was not taken? */
bool otter_aws_has_question(const struct otter_aws_transport *transport);

/** Is it for the next execution? */
bool otter_aws_is_asking(const struct otter_aws_transport *transport);

/** Send what is to be sent, and look at the clock. Converse before.
 *
 *  @return OTTER_OK                 it is answered well. After asking, `execution` is what the service
 *                                   has, `document` what is wrong with it, and `is_same` says whether
 *                                   it is the one that was there before
 *          OTTER_ERR_JOB_CANCELLED  the execution that was told about is over
 *          OTTER_AGAIN
 *          anything else            it cannot be had; the transport's detail says why */
enum otter_result otter_aws_pursue(struct otter_aws_transport *transport, uint32_t now_ms);

/** Nobody waits for the answer any more. */
void otter_aws_forget_question(struct otter_aws_transport *transport);

/** Messages of the service, in the buffer. */
void otter_aws_take_notification(struct otter_aws_transport *transport, uint32_t now_ms);
void otter_aws_take_answer(struct otter_aws_transport *transport, uint32_t now_ms);

/** The message that begins does not fit the buffer. */
void otter_aws_note_too_long(struct otter_aws_transport *transport);

#endif
