/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a request to the stand-in for AWS IoT; the first one says to which operation. Each request
 * to Jobs is answered once, in JSON; of a stream never more is sent than the service would send. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws_jobs.h"
#include "aws_streams.h"

#define FILE_SIZE 100000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned answers;

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void take(void *context, const char *topic, const char *text)
{
    cJSON *json = cJSON_Parse(text);

    (void)context;
    demand(strncmp(topic, "$aws/things/T/jobs/", 19) == 0);
    demand(cJSON_HasObjectItem(json, "timestamp"));
    cJSON_Delete(json);
    answers++;
}

static void deliver(void *context, const struct aws_job *job, cJSON *document)
{
    (void)context;
    (void)job;
    (void)document;
}

static void ignore(void *context, const struct aws_event *event)
{
    (void)context;
    (void)event;
}

static void try_job(const char *topic_text, const uint8_t *payload, size_t size)
{
    struct aws_thing thing = { .file.name = "T" };
    struct aws_job *job = calloc(1, sizeof *job);
    struct aws_cloud cloud = { .things = &thing.file, .minute_ms = 60000 };
    const struct aws_jobs jobs = {
        .cloud = &cloud, .send = take, .deliver = deliver, .tell = ignore
    };
    struct aws_topic topic;

    demand(job != NULL);
    (void)strcpy(job->file.name, "J");
    job->document = cJSON_CreateObject();
    cloud.jobs = &job->file;
    demand(aws_queue(job, "T", 1, 1000) && aws_topic_read(topic_text, &topic));
    answers = 0;
    aws_jobs_handle(&jobs, &topic, payload, size, AWS_ACCEPTED, 2000);
    demand(answers == 1);
    demand(job->executions->version <= 2);
    aws_job_free(&job->file);
}

static void try_stream(enum aws_format format, const uint8_t *payload, size_t size)
{
    static struct aws_request request;
    uint32_t blocks[AWS_REQUEST_BLOCKS_MAX];
    size_t count = 0;

    if (aws_wire_read(format, payload, size, &request) != AWS_ACCEPTED) {
        return;
    }
    demand(memchr(request.token, '\0', sizeof request.token) != NULL);
    if (aws_streams_choose(&request, FILE_SIZE, blocks, &count) != AWS_ACCEPTED) {
        return;
    }
    demand(count * request.size <= AWS_REQUEST_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        demand(blocks[i] * request.size < FILE_SIZE);
    }
}

static void try_topic(const uint8_t *bytes, size_t size)
{
    char text[AWS_TOPIC_SIZE];
    char answer[AWS_TOPIC_SIZE];
    struct aws_topic topic;

    (void)snprintf(text, sizeof text, "%.*s", (int)size, (const char *)bytes);
    if (aws_topic_read(text, &topic)) {
        aws_topic_answer(&topic, "rejected", answer);
        demand(strncmp(answer, "$aws/things/", 12) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const job_topics[] = {
        "$aws/things/T/jobs/get",       "$aws/things/T/jobs/start-next", "$aws/things/T/jobs/J/get",
        "$aws/things/T/jobs/$next/get", "$aws/things/T/jobs/J/update",
    };
    const unsigned topics = sizeof job_topics / sizeof job_topics[0];
    unsigned which;

    if (size == 0) {
        return 0;
    }
    which = data[0] % (topics + 3);
    if (which < topics) {
        try_job(job_topics[which], data + 1, size - 1);
    } else if (which == topics + 2) {
        try_topic(data + 1, size - 1);
    } else {
        try_stream(which == topics ? AWS_CBOR : AWS_JSON, data + 1, size - 1);
    }
    return 0;
}
