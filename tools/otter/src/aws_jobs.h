/* SPDX-License-Identifier: Apache-2.0 */

/** AWS IoT Jobs as things see it: requests in, answers and notifications out. */
#ifndef OTTER_TOOL_AWS_JOBS_H
#define OTTER_TOOL_AWS_JOBS_H

#include "aws_answer.h"
#include "aws_cloud.h"
#include "aws_topic.h"

/** Executions of one thing in one state that are told apart. */
#define AWS_PENDING_MAX 256

struct aws_jobs {
    struct aws_cloud *cloud;
    bool is_lenient;     /* a device may reject what it has begun */
    bool is_other_order; /* keys the other way round, with some that nobody knows */
    void (*send)(void *context, const char *topic, const char *text);
    /* Make the document of a job fit for delivery: fresh URLs. */
    void (*deliver)(void *context, const struct aws_job *job, cJSON *document);
    void (*tell)(void *context, const struct aws_event *event);
    void *context;
};

/** Answer a request whose topic was read.
 *
 *  @param forced  AWS_ACCEPTED, or what it is answered with whatever it says */
void aws_jobs_handle(const struct aws_jobs *jobs, const struct aws_topic *topic,
                     const void *payload, size_t len, enum aws_code forced, int64_t now_ms);

/** End what has timed out. */
void aws_jobs_step(const struct aws_jobs *jobs, int64_t now_ms);

/** When aws_jobs_step() is due next; 0: nothing runs. */
int64_t aws_jobs_deadline(const struct aws_jobs *jobs);

/** Notify the things whose pending jobs are other ones than they were told last. */
void aws_jobs_announce(const struct aws_jobs *jobs, int64_t now_ms);

#endif
