/* SPDX-License-Identifier: Apache-2.0 */

/** AWS IoT streams: requests in, blocks of files out, as fast as a thing may get them. */
#ifndef OTTER_TOOL_AWS_STREAMS_H
#define OTTER_TOOL_AWS_STREAMS_H

#include "aws_answer.h"
#include "aws_faults.h"
#include "aws_meter.h"
#include "aws_store.h"
#include "aws_topic.h"
#include "aws_wire.h"

/** Bytes that one request brings at most, and the blocks that these can be. */
#define AWS_REQUEST_BYTES_MAX  131072u
#define AWS_REQUEST_BLOCKS_MAX (AWS_REQUEST_BYTES_MAX / 256u)

/** Requests of one thing that wait for their turn; more are not answered. */
#define AWS_WAITING_MAX 64

struct aws_batch;

struct aws_streams {
    const struct aws_store *store;
    struct aws_faults *faults;
    struct aws_meter *meter;
    void (*send)(void *context, const char *topic, const void *bytes, size_t len);
    void (*tell)(void *context, const struct aws_event *event);
    void *context;

    /* its own */
    struct aws_batch *batches; /* what was asked for and is not sent yet, in its order */
    uint32_t blocks_sent;
    uint32_t requests;
};

/** Which blocks of a file of @p file_size bytes does a valid request bring?
 *
 *  @param blocks  set to their numbers
 *  @param count  set to how many there are
 *  @return AWS_ACCEPTED, or what is wrong with the request */
enum aws_code aws_streams_choose(const struct aws_request *request, uint64_t file_size,
                                 uint32_t blocks[AWS_REQUEST_BLOCKS_MAX], size_t *count);

/** Answer a request whose topic was read. Blocks are sent by aws_streams_step(). */
void aws_streams_handle(struct aws_streams *streams, const struct aws_topic *topic,
                        const void *payload, size_t len);

/** Send what may be sent now. @return true: there is more, which has to wait */
bool aws_streams_step(struct aws_streams *streams, int64_t now_ms);

/** Forget what was asked for. */
void aws_streams_free(struct aws_streams *streams);

#endif
