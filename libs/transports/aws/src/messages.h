/* SPDX-License-Identifier: Apache-2.0 */

/** What the device says to the jobs service (docs/formats/aws.md). */
#ifndef OTTER_AWS_MESSAGES_H
#define OTTER_AWS_MESSAGES_H

#include "otter/aws_transport.h"
#include "otter/text.h"

/** What an update of an execution tells. */
enum aws_moment {
    AWS_MOMENT_PROGRESS, /**< it is being fetched; the first one starts the execution */
    AWS_MOMENT_ACTIVE,   /**< the new program runs, on trial */
    AWS_MOMENT_REPORT,   /**< what the agent reports */
};

/** A client token: the connection's nonce and a number. */
void otter_aws_write_token(struct otter_text *text, uint32_t nonce, uint32_t number);

/** The question for the next execution. */
void otter_aws_write_get(struct otter_text *text, const struct otter_aws_transport *transport);

/** An update of the present execution. */
void otter_aws_write_update(struct otter_text *text, const struct otter_aws_transport *transport);

/** The status that an update asks for, as the service writes it. */
const char *otter_aws_status(const struct otter_aws_transport *transport);

#endif
