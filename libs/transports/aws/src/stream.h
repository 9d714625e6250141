/* SPDX-License-Identifier: Apache-2.0 */

/** MQTT file streams: blocks are asked for by their numbers, and come one a message
 * (docs/formats/aws.md). */
#ifndef OTTER_AWS_STREAM_H
#define OTTER_AWS_STREAM_H

#include "otter/aws_transport.h"
#include "otter/source.h"

/** Begin with the present file: nothing is on its way. */
void otter_aws_open_window(struct otter_aws_transport *transport, uint32_t now_ms);

/** Ask for what is missing of the present file, and again for what was lost.
 *
 *  @param missing  in the file
 *  @return OTTER_OK, OTTER_ERR_TIMEOUT, or why nothing can be asked */
enum otter_result otter_aws_ask_blocks(struct otter_aws_transport *transport,
                                       const struct otter_range *missing, uint32_t now_ms);

/** Messages of the stream, in the buffer. A block that is wanted is in `bytes` afterwards. */
void otter_aws_take_block(struct otter_aws_transport *transport, uint32_t now_ms);
void otter_aws_take_refusal(struct otter_aws_transport *transport, uint32_t now_ms);

#endif
