/* SPDX-License-Identifier: Apache-2.0 */

/** Topics: which are listened to, and which one a message came on (docs/formats/aws.md). */
#ifndef OTTER_AWS_TOPICS_H
#define OTTER_AWS_TOPICS_H

#include "otter/aws_transport.h"
#include "otter/text.h"

/** What a message is, by its topic. */
enum aws_message {
    AWS_FOREIGN,
    AWS_NOTIFICATION, /**< another execution is the next one */
    AWS_GET_ACCEPTED,
    AWS_GET_REJECTED,
    AWS_UPDATE_ACCEPTED,
    AWS_UPDATE_REJECTED,
    AWS_BLOCK,
    AWS_STREAM_REJECTED,
    AWS_MESSAGES,
};

/** Filters in their order: those that every conversation needs, those of an execution, those of its
 * stream. */
enum {
    AWS_FILTERS_GENERAL = 3,
    AWS_FILTERS_EXECUTION = 5,
    AWS_FILTERS_STREAM = 7,
};

/** Write filter number @p number, from 0; all are topics without wildcards. */
void otter_aws_write_filter(struct otter_text *text, const struct otter_aws_transport *transport,
                            uint8_t number);

/** Where the next execution is asked for, the present one is updated, and its stream is asked. */
void otter_aws_write_get_topic(struct otter_text *text,
                               const struct otter_aws_transport *transport);
void otter_aws_write_update_topic(struct otter_text *text,
                                  const struct otter_aws_transport *transport);
void otter_aws_write_stream_topic(struct otter_text *text,
                                  const struct otter_aws_transport *transport);

/** What came on this topic? */
enum aws_message otter_aws_recognise(const struct otter_aws_transport *transport,
                                     const char *topic);

#endif
